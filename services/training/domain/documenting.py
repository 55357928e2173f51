"""Documents that show what a programme asks for in one of several ways."""

from datetime import datetime

from services.training.domain.enrolled import Enrolled
from services.training.domain.evidence import Document, DocumentState, DocumentText
from services.training.domain.programme import Programme
from services.training.domain.reason import ReasonText, sealed
from services.training.domain.wording import listed
from shared.domain.errors import Conflict, Forbidden, Invalid, NotFound
from shared.domain.sealed import Sealed


class Documenting(Enrolled):
    """The rules of `Enrolment` about documents."""

    def submit_document(
        self, code: str, way: str, reference: str, *, by: str, programme: Programme, now: datetime
    ) -> Document:
        """The person says in which way they show it, and where it can be seen.

        Raises:
            Forbidden: `document_not_own`.
            Invalid: `document_unknown`, `document_way_unknown`.
            Conflict: `person_erased`, `document_waiting`, `document_accepted`.
        """
        if by != self.person:
            raise Forbidden("document_not_own", "Only the person themself submits their documents.")
        self.must_not_be_erased()
        rules = {rule.code: rule for rule in programme.certification.documents}
        if code not in rules:
            there = listed(rules) or "none"
            raise Invalid("document_unknown", f"No document {code!r} is asked for. There is {there}.")
        rule = rules[code]
        if way not in rule.any_of:
            raise Invalid(
                "document_way_unknown", f"{rule.title} is shown by {listed(rule.any_of)}; choose one of them."
            )
        self._must_take_another(code, rule.title)
        document = Document(
            number=len(self.evidence.documents) + 1,
            code=code,
            way=way,
            submitted=now,
            text=Sealed.of(DocumentText(reference=reference)),
        )
        self.evidence = self.evidence.with_document(document)
        return document

    def accept_document(self, number: int, *, by: str, programme: Programme, now: datetime) -> None:
        """A trainer or certifier has seen it and it shows what is asked for.

        Raises:
            Forbidden: `document_own_decision`.
            NotFound: `document_number_unknown`.
            Conflict: `document_decided`.
        """
        self._decide(number, DocumentState.ACCEPTED, by=by, why=None, now=now)
        self._see_what_is_complete(programme, now)

    def return_document(self, number: int, *, reason: str, by: str, now: datetime) -> None:
        """It does not show it yet, for a reason the person can do something about. Another can be submitted.

        Raises:
            Invalid: `reason_missing`.
            Forbidden, NotFound, Conflict: what `accept_document` raises.
        """
        self._decide(number, DocumentState.RETURNED, by=by, why=sealed(reason), now=now)

    def _must_take_another(self, code: str, title: str) -> None:
        states = {document.state for document in self.evidence.documents if document.code == code}
        if DocumentState.ACCEPTED in states:
            raise Conflict("document_accepted", f"{title} is shown already. Nothing needs to be done.")
        if DocumentState.WAITING in states:
            raise Conflict(
                "document_waiting",
                f"A document for {title} is waiting to be looked at. Wait for the answer, then send another.",
            )

    def _decide(
        self, number: int, state: DocumentState, *, by: str, why: Sealed[ReasonText] | None, now: datetime
    ) -> None:
        if by == self.person:
            raise Forbidden(
                "document_own_decision", "Nobody decides about their own document. A colleague does."
            )
        found = next((one for one in self.evidence.documents if one.number == number), None)
        if found is None:
            raise NotFound(
                "document_number_unknown",
                f"There is no document {number}; {len(self.evidence.documents)} were submitted. Choose one of them.",
            )
        if found.state is not DocumentState.WAITING:
            raise Conflict(
                "document_decided",
                f"Document {number} is {found.state.value} already. The person can submit another.",
            )
        decided = {"state": state, "decided": now, "decided_by": by, "why": why}
        self.evidence = self.evidence.with_document(found.model_copy(update=decided))
