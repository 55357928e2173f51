"""An application goes on at another site."""

from datetime import datetime

from services.recruitment.domain.deferring import Deferring
from services.recruitment.domain.interviewing import Interviewing
from services.recruitment.domain.move import Move, MoveText
from services.recruitment.domain.person import KnownActor
from services.recruitment.domain.placing import Placing
from services.recruitment.domain.site import Site
from services.recruitment.domain.stage import Stage
from services.recruitment.domain.terms import Terms
from shared.contracts.recruitment import CalledOff, CandidateMoved, CandidateMovedAway
from shared.domain.errors import Conflict, Invalid
from shared.domain.sealed import Sealed


class Moving(Interviewing, Placing, Deferring):
    """The rules of `Candidate` about moving.

    Checks and scorecards stay with the record. Who may read them follows from the site it is at: the coordinators
    there see it all, and those of the site before, its panel included, nothing any more.
    """

    def move(
        self, to: Site, *, by: KnownActor, consent: str | None, terms: Terms | None, now: datetime
    ) -> None:
        """The person goes on at another site, by their own wish or as a coordinator knows from them.

        Raises:
            Conflict: `move_after_acceptance`, `appeal_open`, `application_closed` or `programme_closed`.
            Forbidden: `own_application`.
            Invalid: `already_at_site`, `move_needs_consent` or `programme_not_offered`.
        """
        self._must_be_movable()
        self._must_be_agreed(by, consent)
        if to.id == self.site:
            raise Invalid("already_at_site", f"This application is at {to.id} already; name another site.")
        to.must_take_applications(self.programme)
        self._leave_line(terms)
        self._now_at(to.id, by=by, consent=consent, now=now)

    def _must_be_movable(self) -> None:
        if self.stage is Stage.ACCEPTED:
            raise Conflict(
                "move_after_acceptance",
                f"This person is accepted, and trains at {self.site}. Agree between the sites where the training "
                "goes on; an application moves only before it is accepted.",
            )
        if self.stage is Stage.APPEALED:
            raise Conflict(
                "appeal_open",
                f"An appeal is open; have it decided at {self.site} before the application moves.",
            )
        self._must_be_open()

    def _must_be_agreed(self, by: KnownActor, consent: str | None) -> None:
        if by.person == self.person:
            return
        self._must_not_be_about(by, doing="move")
        if not (consent or "").strip():
            raise Invalid(
                "move_needs_consent",
                "Say how you know that the person agrees; only they themself move without a note.",
            )

    def _now_at(self, site: str, *, by: KnownActor, consent: str | None, now: datetime) -> None:
        left, text = self.site, Sealed.of(MoveText(consent=consent)) if consent else None
        self.moves = (*self.moves, Move(by=by.person, at=now, from_site=left, to_site=site, text=text))
        self._drop_interview(CalledOff.ASKED, by=by, now=now)
        self.record(CandidateMovedAway(**self._about(), by=by.person))
        self.site = site
        if self.stage is Stage.DEFERRED:
            self._remember_until(self.decisions[-1].deferred_until)
        else:
            # Who waited did so for a place at the other site.
            self._now_in(self.progress, now)
        self.record(CandidateMoved(**self._about(), by=by.person, from_site=left))
