"""Prior learning by evidence: asked by the person, recognised or returned by a trainer."""

from datetime import datetime

from services.training.domain.entries import find
from services.training.domain.module import Module
from services.training.domain.programme import Programme
from services.training.domain.recognition import Recognition, RecognitionState, RecognitionText
from services.training.domain.studying import Studying
from shared.contracts.training import RecognitionGranted, RecognitionReturned
from shared.domain.errors import Conflict, Forbidden, Invalid
from shared.domain.sealed import Sealed

MOST_HOURS = 500


class Recognising(Studying):
    """The rules of `Enrolment` about what was learnt before. No other module has to be completed first."""

    def ask_for_recognition(
        self,
        module: str,
        part: str | None,
        *,
        id: str,
        evidence: str,
        documents: tuple[str, ...],
        programme: Programme,
        now: datetime,
    ) -> None:
        """The person describes what they learnt elsewhere; a trainer looks at it.

        Raises:
            NotFound: `module_unknown`, `part_unknown`.
            Conflict: `enrolment_paused`, `module_already_completed`, `recognition_asked`.
            Invalid: `recognition_evidence_missing`.
        """
        rule = programme.module(module)
        self._must_not_pause()
        self.learning.must_not_have_completed(rule)
        if part is not None:
            rule.part(part)
        if not evidence.strip():
            raise Invalid(
                "recognition_evidence_missing", "Please describe in a few words where and how you learnt it."
            )
        self._must_not_have_asked(module, part)
        asked = Recognition(
            id=id,
            module=module,
            part=part,
            documents=documents,
            asked=now,
            text=Sealed.of(RecognitionText(evidence=evidence.strip())),
        )
        self._keep_recognition(asked)

    def recognise(
        self, recognition: str, *, hours: float, by: str, programme: Programme, now: datetime
    ) -> None:
        """A trainer recognises it with the hours it counts for; a whole module is completed by that.

        Raises:
            Forbidden: `recognition_own_decision`.
            NotFound: `recognition_unknown`.
            Conflict: `recognition_already_decided`, `module_already_completed`, `part_already_finished`.
            Invalid: `module_hours_short`, `recognition_hours_out_of_range`.
        """
        asked = self._to_decide(recognition, by=by)
        rule, progress = programme.module(asked.module), self.learning.module(asked.module)
        decided = asked.recognised(hours, by=by, now=now)
        self._must_be_recognisable(asked, hours, rule)
        self._keep_recognition(decided)
        self._tell_recognised(decided, by)
        if asked.part is None:
            self._completes(progress.recognised(asked.id, hours, by=by, now=now), programme, now)
        else:
            done = progress.part_recognised(asked.part, hours, module=rule)
            self.learning = self.learning.with_module(done)

    def return_recognition(
        self, recognition: str, *, reason: str, would_help: str, by: str, now: datetime
    ) -> None:
        """A trainer returns it: why, and what would help.

        Raises:
            Forbidden: `recognition_own_decision`.
            NotFound: `recognition_unknown`.
            Conflict: `recognition_already_decided`.
            Invalid: `reason_missing`.
        """
        asked = self._to_decide(recognition, by=by)
        self._keep_recognition(asked.returned(by=by, reason=reason, would_help=would_help, now=now))
        about = asked.model_dump(include={"module", "part"})
        self.record(RecognitionReturned(**self._about(), **about, recognition=asked.id, decided_by=by))

    def take_back_recognition(self, recognition: str, *, now: datetime) -> None:
        """The person would rather take the module.

        Raises NotFound `recognition_unknown`, Conflict `recognition_already_decided`.
        """
        asked = self._recognition(recognition)
        self._keep_recognition(asked.taken_back(by=self.person, now=now))

    def _to_decide(self, recognition: str, *, by: str) -> Recognition:
        if by == self.person:
            raise Forbidden(
                "recognition_own_decision",
                "Nobody recognises their own learning. A trainer of the site does.",
            )
        return self._recognition(recognition)

    def _recognition(self, id: str) -> Recognition:
        return find(self.learning.recognitions, id, code="recognition_unknown", what="request")

    def _must_be_recognisable(self, asked: Recognition, hours: float, rule: Module) -> None:
        progress = self.learning.module(asked.module)
        self.learning.must_not_have_completed(rule)
        if not 0 < hours <= MOST_HOURS:
            raise Invalid(
                "recognition_hours_out_of_range", f"Please give more than 0 and at most {MOST_HOURS} hours."
            )
        if asked.part is None:
            self._must_take(hours + progress.recognised_hours, rule)
        elif asked.part in progress.finished_parts(rule):
            raise Conflict(
                "part_already_finished",
                f"The person has finished “{rule.part(asked.part).title}” meanwhile; there is nothing to recognise.",
            )

    def _must_not_have_asked(self, module: str, part: str | None) -> None:
        for one in self.learning.recognitions:
            same = one.module == module and one.part in (None, part)
            if same and one.state is RecognitionState.ASKED:
                raise Conflict(
                    "recognition_asked",
                    "You have asked for this already, and a trainer looks at it. You can take it back and ask anew.",
                )

    def _keep_recognition(self, one: Recognition) -> None:
        self.learning = self.learning.with_recognition(one)
        self._see_who_is_awaited()

    def _tell_recognised(self, one: Recognition, by: str) -> None:
        about = one.model_dump(include={"module", "part", "hours"})
        self.record(RecognitionGranted(**self._about(), **about, recognition=one.id, decided_by=by))
