"""No sequence of decisions about a certificate breaks what always holds."""

from datetime import datetime, timedelta
from itertools import pairwise

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from services.training.domain.appeal import Appeal, Outcome
from services.training.domain.appealing import appeal_against_standing, decide_on_standing
from services.training.domain.certificate import Certificate
from services.training.domain.enrolment import Enrolment
from services.training.domain.history import SPANS, CertificateStatus, Entry
from services.training.domain.renewing import extend, renew
from shared.contracts.training import CertificateDeadline
from shared.domain.errors import Refusal
from shared.domain.people import Actor
from tests.training.builders import CORE, MENTOR, granted, ready
from tests.training.domain.test_certificate import GRANTED, certifier
from tests.training.domain.test_renewing import prepare

PEOPLE = st.sampled_from([certifier("certifier-cem"), certifier("certifier-col"), certifier(MENTOR)])
DAYS = st.integers(min_value=0, max_value=200)


class Deciding(RuleBasedStateMachine):
    """Random people decide at random times; what is refused is refused, and changes nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.now: datetime = GRANTED
        self.enrolment: Enrolment = ready()
        self.certificate: Certificate = granted(self.enrolment, now=GRANTED)
        self.before: tuple[Entry, ...] = self.certificate.history.entries
        self.told: dict[tuple[datetime, datetime], CertificateStatus] = {}
        self.appeal: Appeal | None = None

    @initialize()
    def begin(self) -> None:
        self.remember()

    @rule(days=DAYS)
    def time_goes_by(self, days: int) -> None:
        self.now += timedelta(days=days)
        for timer in self.certificate.timers.values():
            if timer and timer.due <= self.now and isinstance(timer.event, CertificateDeadline):
                self.certificate.meet_deadline(timer.event, now=self.now)

    @rule(by=PEOPLE)
    def suspends(self, by: Actor) -> None:
        self.tries(lambda: self.certificate.suspend(by=by, reason="r", now=self.now), by)

    @rule(by=PEOPLE)
    def reinstates(self, by: Actor) -> None:
        self.tries(lambda: self.certificate.reinstate(by=by, reason="r", now=self.now), by)

    @rule(by=PEOPLE, back=DAYS)
    def revokes(self, by: Actor, back: int) -> None:
        since = self.now - timedelta(days=back)
        self.tries(lambda: self.certificate.revoke(by=by, reason="r", now=self.now, effective_from=since), by)

    @rule(by=PEOPLE)
    def extends(self, by: Actor) -> None:
        self.tries(
            lambda: extend(self.certificate, self.enrolment, programme=CORE, by=by, reason="r", now=self.now),
            by,
        )

    @rule(by=PEOPLE, prepared=st.booleans())
    def renews(self, by: Actor, prepared: bool) -> None:
        if prepared:
            prepare(self.enrolment, at=self.now)
        self.tries(
            lambda: renew(self.certificate, self.enrolment, programme=CORE, by=by, reason="r", now=self.now),
            by,
        )

    @precondition(lambda self: self.appeal is None or self.appeal.outcome is not None)
    @rule()
    def appeals(self) -> None:
        me = Actor(person=MENTOR)
        try:
            self.appeal = appeal_against_standing(
                self.certificate, words="w", by=me, clocks=CORE.certification.clocks, now=self.now
            )
        except Refusal:
            return

    @precondition(lambda self: self.appeal is not None and self.appeal.outcome is None)
    @rule(by=PEOPLE, outcome=st.sampled_from(Outcome))
    def decides_the_appeal(self, by: Actor, outcome: Outcome) -> None:
        appeal = self.appeal
        assert appeal
        self.tries(
            lambda: decide_on_standing(appeal, self.certificate, outcome, by=by, reason="r", now=self.now),
            by,
        )
        assert appeal.decided_by not in (MENTOR, appeal.against.by)

    def tries(self, decide: object, by: Actor) -> None:
        was = self.certificate.history
        try:
            decide()  # type: ignore[operator]
        except Refusal:
            assert self.certificate.history == was
        else:
            assert by.person != MENTOR
        # Two decisions are never made at the very same moment: the document has one version at a time.
        self.now += timedelta(seconds=1)

    def remember(self) -> None:
        for days in (0, 40, 400, 800):
            on = GRANTED + timedelta(days=days)
            self.told[on, self.now] = self.certificate.history.status_on(on, known=self.now)

    @invariant()
    def entries_are_only_added(self) -> None:
        entries = self.certificate.history.entries
        assert entries[: len(self.before)] == self.before
        self.before = entries

    @invariant()
    def what_was_known_stays_what_was_known(self) -> None:
        for (on, known), status in self.told.items():
            assert self.certificate.history.status_on(on, known=known) is status
        self.remember()
        self.now += timedelta(seconds=1)

    @invariant()
    def spans_follow_one_another(self) -> None:
        spans = self.certificate.history.spans
        for earlier, later in pairwise(spans):
            assert earlier.holds_until
            assert later.holds_from >= earlier.holds_until
        assert self.certificate.ends == spans[-1].holds_until

    @invariant()
    def somebody_else_decided(self) -> None:
        for entry in self.certificate.history.entries:
            if entry.kind in SPANS:
                assert entry.decided_by not in (None, MENTOR)
                assert entry.text

    @invariant()
    def it_is_kept_as_it_is(self) -> None:
        kept = Certificate.rebuild(self.certificate.document())
        assert kept.document() == self.certificate.document()


TestDeciding = Deciding.TestCase
TestDeciding.settings = settings(max_examples=40, stateful_step_count=25, deadline=None)
