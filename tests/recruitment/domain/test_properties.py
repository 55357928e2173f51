"""Whatever anybody asks for, in whatever order: what is always true of candidates, places and the line."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from services.recruitment.domain.candidate import Candidate
from services.recruitment.domain.checks import CheckKind, CheckResult
from services.recruitment.domain.intake import Intake
from services.recruitment.domain.offer import ProgrammeOffer
from services.recruitment.domain.person import Contact, KnownActor, Person
from services.recruitment.domain.site import Description, Site
from services.recruitment.domain.stage import Stage
from services.recruitment.domain.terms import Terms
from shared.contracts.envelope import EventData
from shared.contracts.recruitment import (
    AppealOutcome,
    CandidateAppealDeadline,
    CandidateAppealDecided,
    CandidateDeferralDeadline,
    CandidateEvent,
    CandidateMoved,
    CandidateScreened,
    PlaceFreed,
    ScreeningOutcome,
)
from shared.domain.errors import Refusal
from tests.recruitment.builders import CONSENTS, CRITERIA, NOW, application, said, scores

SITES = ("leeds", "york")
APPLICANTS = ("ana", "ben")
CONTACTS = {name: f"{name}@example.org" for name in APPLICANTS}
STAFF = ("cora", "chris", "sam", "ivy", "ian")
EVERYBODY = (
    *(KnownActor(person=name) for name in (*STAFF, *APPLICANTS)),
    # Ana again, under another id: only the address she is known by tells.
    KnownActor(person="ana-at-work", email_key=CONTACTS["ana"]),
)

who = st.sampled_from(EVERYBODY)
whom = st.sampled_from(APPLICANTS)
reasons = st.sampled_from(("a reason", "another", "a third", " "))
outcomes = st.sampled_from(ScreeningOutcome)
LIMITS = st.sampled_from((None, 0, 1, 2))


def somebody_is(*stages: Stage) -> Callable[[Any], bool]:
    """For rules that lead nowhere unless somebody is at one of these stages; the others are refused it."""
    return lambda machine: any(one.stage in stages for one in machine.candidates.values())


class Recruiting(RuleBasedStateMachine):
    """Two people and five of staff at two sites with few places; rights of roles are the routes' business."""

    @initialize(limit=LIMITS, ready=st.lists(whom, unique=True))
    def begin(self, limit: int | None, ready: Sequence[str]) -> None:
        """Everybody has applied at Leeds, and some are ready to be decided about."""
        self.now = NOW
        self.published: dict[str, list[EventData]] = {}
        self.refused: Refusal | None = None
        self.sites = {site: _described(site, capacity=limit) for site in SITES}
        self.intakes = {site: Intake.begin(site, "core") for site in SITES}
        self.candidates = {name: self._applies(name) for name in APPLICANTS}
        self.timers: list[EventData] = []
        for name in ready:
            self.everything_comes_in(name)

    def _applies(self, name: str) -> Candidate:
        contact = Contact(name=name, email=CONTACTS[name])
        return Candidate.apply(
            id=f"c-{name}",
            person=Person.applying(None, name, site="leeds", contact=contact),
            site="leeds",
            programme="core",
            application=application(),
            anonymous=False,
            consents=CONSENTS,
            now=self.now,
        )

    def _act(self, name: str, do: Callable[[Candidate, Terms], object]) -> None:
        """As a command does: on what is stored; saved together, or, where it is refused, not at all."""
        candidate = Candidate.rebuild(self.candidates[name].document())
        site = candidate.site
        intake = Intake.rebuild(self.intakes[site].document())
        terms = Terms.of(self.sites[site], "core", intake)
        try:
            do(candidate, terms)
        except Refusal as refusal:
            self.refused = refusal
            return
        self.candidates[name], self.intakes[site] = candidate, intake
        self._publish(candidate)
        self._publish(intake)

    def _publish(self, aggregate: Candidate | Intake) -> None:
        events, timers = aggregate.take_raised()
        self.published.setdefault(aggregate.id, []).extend(events)
        aggregate.version += len(events)
        # One that was cancelled may be on its way already, so none is ever taken out.
        self.timers += [timer.event for timer in timers.values() if timer]

    @rule(days=st.integers(min_value=1, max_value=45))
    def time_passes(self, days: int) -> None:
        """Days later."""
        self.now += timedelta(days=days)

    @rule(site=st.sampled_from(SITES), limit=LIMITS, open=st.booleans())
    def a_site_is_described_anew(self, site: str, limit: int | None, open: bool) -> None:
        """More places, fewer, or none; open or closed."""
        before = dict(self.sites[site].programmes)
        self.sites[site].is_now(_description(site, capacity=limit, open=open))
        for code in self.sites[site].roomier_than(before):
            self.intakes[site].see_room(self.sites[site].offer(code))
        self._publish(self.intakes[site])

    @rule(name=whom, by=who, check=st.sampled_from(CheckKind), result=st.sampled_from(CheckResult))
    def a_check_is_noted(self, name: str, by: KnownActor, check: CheckKind, result: CheckResult) -> None:
        """By anybody, with any result."""
        self._act(name, lambda it, _: it.note_check(check, result, by=by, now=self.now))

    @rule(name=whom, by=who, panel=st.lists(who, min_size=1, max_size=3), days=st.integers(-3, 10))
    def an_interview_is_set(self, name: str, by: KnownActor, panel: Sequence[KnownActor], days: int) -> None:
        """Ahead, or held in the last days."""
        self._act(name, lambda it, _: _set(it, panel, by, self.now + timedelta(days=days), self.now))

    @rule(name=whom)
    def everything_comes_in(self, name: str) -> None:
        """An interview was held just now, all have scored, every check is cleared: as far as it may."""
        panel = EVERYBODY[3:5]
        self._act(name, lambda it, _: _set(it, panel, EVERYBODY[0], self.now, self.now))
        for one in panel:
            self.a_card_comes_in(name, one)
        for check in CheckKind:
            self.a_check_is_noted(name, EVERYBODY[0], check, CheckResult.CLEARED)

    @rule(name=whom, by=who)
    def a_card_comes_in(self, name: str, by: KnownActor) -> None:
        """By anybody, on the panel or not."""
        self._act(name, lambda it, _: it.submit_scorecard(by=by, scores=scores(), notes=None, now=self.now))

    @rule(name=whom, by=who, outcome=outcomes, reason=reasons, days=st.integers(-1, 60), beyond=st.booleans())
    def it_is_decided(
        self, *, name: str, by: KnownActor, outcome: ScreeningOutcome, reason: str, days: int, beyond: bool
    ) -> None:
        """By anybody, with a reason or none, within the places or beyond."""
        more: dict[str, Any] = {}
        if outcome is ScreeningOutcome.DEFERRED:
            more = {"deferred_until": self.now + timedelta(days=days), "support_contacts": ("Line 1",)}
        beyond = beyond and outcome is ScreeningOutcome.ACCEPTED

        def decide(candidate: Candidate, terms: Terms) -> None:
            full = terms.intake.is_full(terms.offer)
            candidate.decide(
                outcome, terms=terms, by=by, reason=reason, now=self.now, beyond_capacity=beyond, **more
            )
            if outcome is ScreeningOutcome.ACCEPTED:
                assert not full or beyond
                assert candidate.decisions[-1].beyond_capacity is (full and beyond)

        self._act(name, decide)

    @rule(name=whom, by=who)
    def a_decline_is_appealed_at_once(self, name: str, by: KnownActor) -> None:
        """By whoever declines, with words."""
        decline = ScreeningOutcome.DECLINED
        self._act(name, lambda it, at: it.decide(decline, terms=at, by=by, reason="not now", now=self.now))
        self.the_person_appeals(name, "I see it so.")

    @precondition(somebody_is(Stage.DECLINED, Stage.APPEALED))
    @rule(name=whom, reason=reasons)
    def the_person_appeals(self, name: str, reason: str) -> None:
        """In words, or none."""
        self._act(name, lambda it, terms: it.appeal(words=reason, offer=terms.offer, now=self.now))

    @precondition(somebody_is(Stage.APPEALED))
    @rule(name=whom, by=who, outcome=st.sampled_from(AppealOutcome), reason=reasons)
    def an_appeal_is_decided(self, name: str, by: KnownActor, outcome: AppealOutcome, reason: str) -> None:
        """By anybody, with a reason or none."""
        self._act(name, lambda it, _: it.decide_appeal(outcome, by=by, reason=reason, now=self.now))

    @precondition(somebody_is(Stage.DEFERRED))
    @rule(name=whom, by=who)
    def the_person_comes_back(self, name: str, by: KnownActor) -> None:
        """From a deferral, if there is one."""
        self._act(name, lambda it, _: it.come_back(by=by, now=self.now))

    @rule(name=whom, by=who, reason=reasons)
    def it_is_withdrawn(self, name: str, by: KnownActor, reason: str) -> None:
        """By anybody, with a reason or none."""
        self._act(name, lambda it, at: it.withdraw(by=by, reason=reason, terms=at, now=self.now))

    @rule(name=whom, by=who, to=st.sampled_from(SITES), consent=reasons)
    def it_moves(self, name: str, by: KnownActor, to: str, consent: str) -> None:
        """To either site, agreed or not."""
        self._act(
            name,
            lambda it, at: it.move(self.sites[to], by=by, consent=consent, terms=at, now=self.now),
        )

    @precondition(somebody_is(Stage.WAITING))
    @rule(name=whom, by=who, position=st.integers(0, 3), reason=reasons)
    def the_line_is_changed(self, name: str, by: KnownActor, position: int, reason: str) -> None:
        """To any position, there or not."""
        self._act(
            name,
            lambda it, at: it.put_in_line(position, by=by, reason=reason, intake=at.intake, now=self.now),
        )

    @precondition(somebody_is(Stage.ACCEPTED))
    @rule(name=whom, by=who, reason=reasons)
    def a_place_is_given_up(self, name: str, by: KnownActor, reason: str) -> None:
        """By whoever was accepted, and by others."""
        self._act(name, lambda it, at: it.give_up_place(by=by, reason=reason, terms=at, now=self.now))

    @precondition(lambda machine: machine.timers)
    @rule(which=st.integers(min_value=0, max_value=50))
    def a_timer_arrives(self, which: int) -> None:
        """Any there ever was: late, twice, or after it was taken back."""
        event = self.timers[which % len(self.timers)]
        if isinstance(event, CandidateDeferralDeadline):
            self._act(event.person, lambda it, _: it.meet_deferral_deadline(event, now=self.now))
        elif isinstance(event, CandidateAppealDeadline):
            self._act(event.person, lambda it, _: it.meet_appeal_deadline(event, now=self.now))

    @precondition(lambda machine: any(machine.published.get(one.id) for one in machine.intakes.values()))
    @rule(site=st.sampled_from(SITES))
    def a_freed_place_is_heard_of(self, site: str) -> None:
        """Once more, whatever has happened since."""
        freed = self.published.get(self.intakes[site].id)
        if freed and isinstance(event := freed[-1], PlaceFreed):
            self._act(event.first.removeprefix("c-"), lambda it, _: it.may_have_place(event))

    @invariant()
    def a_refusal_has_a_code_and_a_sentence(self) -> None:
        """Whatever was refused last."""
        assert self.refused is None or (self.refused.code and self.refused.message.endswith("."))

    @invariant()
    def a_place_in_the_programme_is_held_as_the_stage_says(self) -> None:
        """Open, accepted and appealed hold it, declined and withdrawn do not."""
        for one in self.candidates.values():
            ended = one.stage in (Stage.DECLINED, Stage.WITHDRAWN)
            assert one.holds_place is one.stage.holds_place is not ended
            assert one.stage.undecided is False or one.stage is one.progress

    @invariant()
    def every_decision_has_a_named_human_and_a_reason(self) -> None:
        """Neither the applicant, under whatever id, nor nobody."""
        for one in self.candidates.values():
            themselves = {one.person, f"{one.person}-at-work"}
            rulings = [appeal.ruling for appeal in one.appeals if appeal.ruling]
            for by, reason in (
                *((made.by, said(made.text).reason) for made in one.decisions),
                *((made.by, said(made.text).reason) for made in rulings),
            ):
                assert by
                assert by not in themselves
                assert reason.strip()

    @invariant()
    def an_appeal_is_open_once_and_decided_by_somebody_else(self) -> None:
        """Each against a decline of its own; by nobody who declined the person before it, or interviewed them."""
        for one in self.candidates.values():
            open_ones = [appeal for appeal in one.appeals if appeal.ruling is None]
            assert len(open_ones) <= 1
            assert (one.stage is Stage.APPEALED) is (bool(open_ones) and one.withdrawal is None)
            assert len({appeal.decision for appeal in one.appeals}) == len(one.appeals)
            for appeal in one.appeals:
                decision = one.decisions[appeal.decision - 1]
                assert decision.outcome is ScreeningOutcome.DECLINED
                assert _within(appeal.at, decision.appeal_until)
                assert appeal.ruling is None or appeal.ruling.by != decision.by

    @invariant()
    def the_line_and_the_places_are_those_of_the_candidates(self) -> None:
        """Who waits is in the line of their site, once; a place is held by who was accepted there."""
        for site, intake in self.intakes.items():
            waits = {
                one.id for one in self.candidates.values() if one.site == site and one.stage is Stage.WAITING
            }
            assert {*intake.waiting} == waits
            assert len(intake.waiting) == len(waits)
            accepted = {
                one.person
                for one in self.candidates.values()
                if one.site == site and one.stage is Stage.ACCEPTED and one.released is None
            }
            assert [place.person for place in intake.places] == sorted(
                accepted, key=[place.person for place in intake.places].index
            )

    @invariant()
    def what_is_announced_tells_the_story(self) -> None:
        """Every decision, ruling and move has its event, in order, and each says the site it happened at."""
        for one in self.candidates.values():
            told = self.published.get(one.id, [])
            screened = [event for event in told if isinstance(event, CandidateScreened)]
            assert [(event.outcome, event.decided_by) for event in screened] == [
                (made.outcome, made.by) for made in one.decisions
            ]
            ruled = [event.decided_by for event in told if isinstance(event, CandidateAppealDecided)]
            assert ruled == [appeal.ruling.by for appeal in one.appeals if appeal.ruling]
            moved = [(event.from_site, event.site) for event in told if isinstance(event, CandidateMoved)]
            assert moved == [(move.from_site, move.to_site) for move in one.moves]
            assert one.version == len(told)
            if told:
                assert told[-1].site == one.site
            assert all(isinstance(event, CandidateEvent) and event.person == one.person for event in told)

    @invariant()
    def what_is_stored_is_read_again_as_it_was(self) -> None:
        """Every state that can be reached survives storage."""
        for one in self.candidates.values():
            assert Candidate.rebuild(one.document()).document() == one.document()


def _within(at: datetime, until: datetime | None) -> bool:
    return until is not None and at < until


def _set(it: Candidate, panel: Sequence[KnownActor], by: KnownActor, starts: datetime, now: datetime) -> None:
    it.schedule_interview(starts=starts, minutes=45, panel=tuple(panel), criteria=CRITERIA, by=by, now=now)


def _description(site: str, **offer: Any) -> Description:
    return Description(
        name=site,
        time_zone="Europe/London",
        languages=("en",),
        programmes={"core": ProgrammeOffer(**offer)},
    )


def _described(site: str, **offer: Any) -> Site:
    return Site.described(None, site, _description(site, **offer))


SETTINGS = settings(
    max_examples=60,
    stateful_step_count=30,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)


def test_whatever_is_asked_for_in_whatever_order_what_is_always_true_stays_true() -> None:
    """Over sequences of commands, timers and changes of the site no rule above is broken."""
    run_state_machine_as_test(Recruiting, settings=SETTINGS)
