"""Who is beside a person on their way: supervisors and interview panels."""

from datetime import datetime, timedelta
from typing import ClassVar, Self

from pydantic import Field

from services.notifications.domain.recipient import SETTLING
from shared.contracts.envelope import Id, Moment, PersonEvent
from shared.contracts.recruitment import CandidateInterviewScheduled
from shared.contracts.supervision import PlacementClosed, SupervisorAssigned
from shared.domain.aggregate import Aggregate, Value, stable_id

CHANGES_THE_STORY = (SupervisorAssigned, PlacementClosed, CandidateInterviewScheduled)


def story_id(person: str) -> str:
    """One story per person, for life."""
    return stable_id("story", person)


class Supervision(Value):
    """Who supervises one placement, and since when."""

    supervisor: Id
    since: Moment


class Panel(Value):
    """Who interviews one candidate, and when that is over."""

    people: tuple[Id, ...]
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
            story.interview_set(event)
            return story
        return found

    def supervisor_came(self, event: SupervisorAssigned, *, at: datetime, now: datetime) -> None:
        """Note who supervises the placement from `at` on."""
        supervision = Supervision(supervisor=event.supervisor, since=at)
        self.supervisions = {**self.supervisions, event.placement: supervision}
        self.settling_until = now + SETTLING

    def placement_ended(self, event: PlacementClosed) -> None:
        """Forget who supervised it: later news of the person is no longer theirs."""
        self.supervisions = {key: value for key, value in self.supervisions.items() if key != event.placement}

    def interview_set(self, event: CandidateInterviewScheduled) -> None:
        """Note the panel; a later one for the same candidate replaces it."""
        panel = Panel(people=event.panel, ends=event.starts + timedelta(minutes=event.minutes))
        self.panels = {**self.panels, event.candidate: panel}

    def supervisors(self, placement: str | None = None) -> tuple[str, ...]:
        """Those of this placement, or of every placement; each person once."""
        chosen = [value for key, value in self.supervisions.items() if placement in (None, key)]
        return tuple(dict.fromkeys(supervision.supervisor for supervision in chosen))

    def panel_ahead(self, candidate: str, *, now: datetime) -> tuple[str, ...]:
        """The panel of an interview that is not over yet."""
        panel = self.panels.get(candidate)
        return panel.people if panel and panel.ends > now else ()
