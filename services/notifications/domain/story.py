"""Who is beside a person on their way: supervisors and interview panels."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import ClassVar, Self

from pydantic import Field

from services.notifications.domain.audience import Audience
from services.notifications.domain.recipient import SETTLING
from shared.contracts.envelope import Id, Moment, PersonEvent
from shared.contracts.recruitment import (
    CandidateInterviewCancelled,
    CandidateInterviewerSteppedBack,
    CandidateInterviewMissed,
    CandidateInterviewScheduled,
    CandidateScreened,
    CandidateWithdrawn,
    ScreeningOutcome,
)
from shared.contracts.supervision import PlacementClosed, SupervisorAssigned
from shared.domain.aggregate import Aggregate, Value, stable_id

CHANGES_THE_STORY = (
    SupervisorAssigned,
    PlacementClosed,
    CandidateInterviewScheduled,
    CandidateInterviewCancelled,
    CandidateInterviewMissed,
    CandidateInterviewerSteppedBack,
    CandidateScreened,
    CandidateWithdrawn,
)
_ENDS_THE_PANEL = (CandidateInterviewCancelled, CandidateInterviewMissed, CandidateWithdrawn)
_CLOSES = frozenset({ScreeningOutcome.ACCEPTED, ScreeningOutcome.DECLINED})


def story_id(person: str) -> str:
    """One story per person, for life."""
    return stable_id("story", person)


def spares_the_interview(event: CandidateScreened) -> bool:
    """Is an interview still ahead not needed after this decision?

    Somebody who waits, or is deferred, may still be met; who was accepted has been, whatever the time it was set for.
    """
    return event.outcome is ScreeningOutcome.DECLINED


class Supervision(Value):
    """Who supervises one placement, where, and since when."""

    supervisor: Id
    site: Id
    since: Moment


class Panel(Value):
    """Who interviews one candidate, and when that is over; `released` were on it before the last change."""

    people: tuple[Id, ...]
    released: tuple[Id, ...] = ()
    ends: Moment


class Story(Aggregate):
    """A projection of one person. `supervisions` are by placement, `panels` by candidate."""

    collection: ClassVar[str] = "stories"

    person: Id
    supervisions: dict[Id, Supervision] = Field(default_factory=dict)
    panels: dict[Id, Panel] = Field(default_factory=dict)
    settling_until: Moment | None = None

    @classmethod
    def begin(cls, person: str, *, site: str) -> Self:
        """A story in which nobody is known yet."""
        return cls(id=story_id(person), site=site, person=person)

    @classmethod
    def told_of(cls, found: Self | None, event: PersonEvent, *, at: datetime, now: datetime) -> Self | None:
        """The story with this event in it; None where there is none and the event begins none."""
        if isinstance(event, SupervisorAssigned):
            story = found or cls.begin(event.person, site=event.site)
            story.supervisor_came(event, at=at, now=now)
            return story
        if isinstance(event, CandidateInterviewScheduled):
            story = found or cls.begin(event.person, site=event.site)
            story.interview_set(event, now=now)
            return story
        return found

    def supervisor_came(self, event: SupervisorAssigned, *, at: datetime, now: datetime) -> None:
        """Note who supervises the placement from `at` on."""
        supervision = Supervision(supervisor=event.supervisor, site=event.site, since=at)
        self.supervisions = {**self.supervisions, event.placement: supervision}
        self.settling_until = now + SETTLING

    def interview_set(self, event: CandidateInterviewScheduled, *, now: datetime) -> None:
        """Note the panel; a later one for the same candidate replaces it."""
        released = tuple(who for who in self.panel_ahead(event.candidate, now=now) if who not in event.panel)
        ends = event.starts + timedelta(minutes=event.minutes)
        self.panels = {
            **self.panels,
            event.candidate: Panel(people=event.panel, released=released, ends=ends),
        }

    def ends_with(self, event: PersonEvent) -> None:
        """Forget who is beside the person no longer. Only once they are told: the news is still theirs."""
        if isinstance(event, PlacementClosed):
            self.supervisions = {key: one for key, one in self.supervisions.items() if key != event.placement}
        elif isinstance(event, CandidateInterviewerSteppedBack):
            self._loses(event)
        elif isinstance(event, _ENDS_THE_PANEL) or (
            isinstance(event, CandidateScreened) and event.outcome in _CLOSES
        ):
            self.panels = {key: panel for key, panel in self.panels.items() if key != event.candidate}

    def _loses(self, event: CandidateInterviewerSteppedBack) -> None:
        panel = self.panels.get(event.candidate)
        if panel is not None:
            left = tuple(who for who in panel.people if who != event.interviewer)
            self.panels = {**self.panels, event.candidate: panel.model_copy(update={"people": left})}

    def has_settled(self, *, looked: datetime) -> None:
        """Nobody was missed by a look that began at `looked`; after the settling time nobody can be."""
        if self.settling_until and looked > self.settling_until:
            self.settling_until = None

    def still_has(self, who: str, audience: Audience, *, site: str, facts: Mapping[str, object]) -> bool:
        """Is somebody still beside the person in this capacity? Of other capacities the story knows nothing."""
        if audience is Audience.SUPERVISOR:
            return who in self.supervisors(site=site, placement=facts.get("placement"))
        if audience is Audience.PANEL:
            return any(who in panel.people for key, panel in self.panels.items() if key == facts["candidate"])
        return True

    def supervisors(self, *, site: str, placement: object = None) -> tuple[str, ...]:
        """Those of this placement, or of every placement, at the site; each person once."""
        chosen = [
            one.supervisor
            for key, one in self.supervisions.items()
            if one.site == site and placement in (None, key)
        ]
        return tuple(dict.fromkeys(chosen))

    def panel_ahead(self, candidate: str, *, now: datetime) -> tuple[str, ...]:
        """The panel of an interview that is not over yet."""
        panel = self.panels.get(candidate)
        return panel.people if panel and panel.ends > now else ()

    def released(self, candidate: str) -> tuple[str, ...]:
        """Who was taken off the panel when the interview was last set anew."""
        panel = self.panels.get(candidate)
        return panel.released if panel else ()
