"""Whatever is tried with a cohort, in whatever order: places, turns and attendance stay what they are."""

from datetime import datetime, timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from services.training.domain.cohort import Cohort
from services.training.domain.enrolment import Enrolment
from services.training.domain.joining import join, leave
from shared.contracts.training import (
    CancellationReason,
    CohortJoined,
    CohortLeft,
    CohortPlaceGiven,
    CohortWaiting,
    SeatReturned,
)
from shared.domain.errors import Refusal
from tests.training.builders import CORE, TRAINER, opened
from tests.training.cohorts import ABSENT, COORDINATOR, NOW, TWO, cohort, people, present, session

PEOPLE = [f"person-{letter}" for letter in "abcdef"]
SESSIONS = st.sampled_from(["s1", "s2"])
WHO = st.sampled_from(PEOPLE)


class Places(RuleBasedStateMachine):
    """Six people, a cohort with few places, and time that passes."""

    cohort: Cohort

    @initialize(capacity=st.integers(1, 3))
    def begin(self, capacity: int) -> None:
        """A cohort, and everybody enrolled."""
        self.cohort = cohort(capacity=capacity)
        self.enrolments = {person: opened(person=person) for person in PEOPLE}
        self.now: datetime = NOW
        self.returned: list[SeatReturned] = []
        self.asked: list[str] = []
        self.keys: dict[str, str] = {}
        self.seated: dict[str, bool] = {}

    @rule(hours=st.sampled_from([1, 24, 24 * 9]))
    def time_passes(self, hours: int) -> None:
        """Sessions begin and end."""
        self.now += timedelta(hours=hours)

    @rule(who=WHO)
    def somebody_joins(self, who: str) -> None:
        """Who has no place, and no turn, asks for one."""
        self.tries(lambda: join(self.enrolments[who], self.cohort, programme=CORE, now=self.now))

    @rule(who=WHO)
    def somebody_leaves(self, who: str) -> None:
        """Place or turn are given up."""
        self.tries(lambda: leave(self.enrolments[who], self.cohort, now=self.now))

    @rule(who=WHO)
    def somebody_pauses(self, who: str) -> None:
        """The cohort hears of it later."""
        enrolment = self.enrolments[who]
        self.tries(lambda: enrolment.pause(by=who, now=self.now))
        events, _ = enrolment.take_raised()
        self.returned += [event for event in events if isinstance(event, SeatReturned)]

    @rule(who=WHO)
    def somebody_resumes(self, who: str) -> None:
        """They may join again."""
        self.tries(lambda: self.enrolments[who].resume(by=who))

    @precondition(lambda self: self.returned)
    @rule()
    def the_cohort_hears_of_a_pause(self) -> None:
        """In the order of the pauses."""
        self.tries(lambda: self.cohort.take_back(self.returned.pop(0), now=self.now))

    @rule(capacity=st.integers(1, 4))
    def the_capacity_changes(self, capacity: int) -> None:
        """Up or down."""
        self.tries(lambda: self.cohort.change_capacity(capacity, by=COORDINATOR, now=self.now))

    @rule(code=SESSIONS, days=st.integers(0, 12))
    def a_session_moves(self, code: str, days: int) -> None:
        """To a later date."""
        plan = session(starts=TWO[0].starts + timedelta(days=days))
        self.tries(
            lambda: self.cohort.change_session(
                code, plan, programme=CORE, certified=(), by=COORDINATOR, now=self.now
            )
        )

    @rule(code=SESSIONS, who=WHO, there=st.booleans())
    def a_sheet_is_filled_in(self, code: str, who: str, there: bool) -> None:
        """For one person at a time, whether or not they have a place."""
        entry = present(60) if there else ABSENT
        self.tries(lambda: self.cohort.fill_in(code, {who: entry}, by=TRAINER, now=self.now))

    @rule(code=SESSIONS, who=WHO)
    def something_is_made_up(self, code: str, who: str) -> None:
        """Likewise."""
        self.tries(lambda: self.cohort.note_made_up(code, who, minutes=30, by=TRAINER, now=self.now))

    @rule(sure=st.integers(0, 9))
    def it_may_be_cancelled(self, sure: int) -> None:
        """Now and then."""
        if sure == 0:
            self.tries(
                lambda: self.cohort.call_off(CancellationReason.WEATHER, "", by=COORDINATOR, now=self.now)
            )

    def tries(self, step: object) -> None:
        """Whatever the rules say; a refusal changes nothing."""
        assert callable(step)
        before = self.cohort.document()
        try:
            step()
        except Refusal:
            assert self.cohort.document() == before
        self._note_what_was_announced()

    def _note_what_was_announced(self) -> None:
        events, _ = self.cohort.take_raised()
        for event in events:
            subject, key = event.subject_of(self.cohort.id), event.partition_key()
            assert self.keys.setdefault(subject, key) == key, "events of one subject lie on one partition"
            match event:
                case CohortJoined() | CohortPlaceGiven():
                    if isinstance(event, CohortPlaceGiven):
                        assert self.asked.pop(0) == event.person, "first come, first served"
                    self.seated[event.person] = True
                case CohortWaiting():
                    self.asked.append(event.person)
                case CohortLeft():
                    self.seated[event.person] = False
                    self.asked = [one for one in self.asked if one != event.person]

    @invariant()
    def places_are_what_they_are(self) -> None:
        """The capacity holds, nobody has two, nobody is let down while there is room, and what was told is true."""
        it = self.cohort
        seats, waiting = people(it.seats), people(it.waiting)
        assert len(seats) <= it.capacity
        assert it.places_left == it.capacity - len(seats)
        assert len({*seats, *waiting}) == len(seats) + len(waiting)
        assert waiting == self.asked
        assert {who for who, has in self.seated.items() if has} == set(seats)
        assert not waiting or not it.places_left or it.cancelled or not it.sessions_ahead(self.now)
        for enrolment in self.enrolments.values():
            self._books_what_is_there(enrolment)

    def _books_what_is_there(self, enrolment: Enrolment) -> None:
        booked, there = (
            enrolment.has_booked(self.cohort.id),
            enrolment.person
            in {
                *people(self.cohort.seats),
                *people(self.cohort.waiting),
            },
        )
        on_its_way = any(event.person == enrolment.person for event in self.returned)
        assert there or not booked
        assert booked or not there or on_its_way or self.cohort.cancelled or self.now >= self.cohort.starts

    @invariant()
    def attendance_is_of_participants(self) -> None:
        """Only whoever has, or had, a place and was in a session is on a sheet; nobody says so of themself."""
        known = {*people(self.cohort.learners), *people(self.cohort.waiting)}
        assert {mark.person for mark in self.cohort.marks} <= known
        assert all(mark.by != mark.person for mark in self.cohort.marks)
        assert not {*people(self.cohort.gone)} & {*people(self.cohort.seats)}


Places.TestCase.settings = settings(max_examples=40, stateful_step_count=40, deadline=None)
TestPlaces = Places.TestCase
