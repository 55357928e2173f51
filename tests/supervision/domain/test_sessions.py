"""Writing sessions down, and the cadence that follows from them."""

from datetime import timedelta

import pytest

from services.supervision.domain.placement import Placement
from services.supervision.domain.practice import Phase
from services.supervision.domain.session import SessionDraft, SessionText
from shared.contracts.supervision import CadenceDeadline, SupervisionLogged, SupervisionOverdue
from shared.domain.aggregate import Timer
from shared.domain.errors import Forbidden, Invalid, NotFound
from tests.supervision.builders import (
    OPENED,
    PRACTICE,
    SUPERVISOR,
    after,
    new,
    session,
    supervised_placement,
    waiting_placement,
)


def log(placement: Placement, draft: SessionDraft) -> None:
    placement.log_session(new("session"), draft, by=SUPERVISOR, practice=PRACTICE, now=after(days=60))


def timer(placement: Placement) -> Timer:
    found = placement.timers["cadence"]
    assert found is not None
    return found


def overdues(placement: Placement) -> list[SupervisionOverdue]:
    return [said for said in placement.raised if isinstance(said, SupervisionOverdue)]


def test_logging() -> None:
    """A session is announced in codes and numbers, with the date the next one is due."""
    placement = supervised_placement()

    placement.log_session(
        "session-1",
        session(held=after(days=2), topics=("ethics", "skill", "ethics")),
        by=SUPERVISOR,
        practice=PRACTICE,
        now=after(days=3),
    )

    assert placement.raised[-1] == SupervisionLogged(
        site=placement.site,
        person=placement.person,
        placement=placement.id,
        programme="core",
        session="session-1",
        supervisor=SUPERVISOR,
        kind=session().kind,
        held=after(days=2),
        minutes=50,
        topics=("ethics", "skill"),
        next_due=after(days=9),
    )


def test_notes_stay_here() -> None:
    """What was said in a session, and what follows from it, is in no event."""
    placement = supervised_placement()
    draft = session().model_copy(
        update={"text": SessionText(notes="a hard week", follow_ups=("call the clinic",))}
    )

    log(placement, draft)

    announced = "".join(said.model_dump_json() for said in placement.raised)
    assert "hard week" not in announced
    assert "clinic" not in announced
    assert placement.sessions.entries[0].text.notes == "a hard week"


@pytest.mark.parametrize(
    ("draft", "code"),
    [
        (session(held=after(days=3, hours=0.01)), "session_in_future"),
        (session(held=OPENED - timedelta(seconds=1)), "session_before_opening"),
        (session(minutes=0), "session_minutes_out_of_range"),
        (session(minutes=481), "session_minutes_out_of_range"),
        (session(topics=("wellbeing", "gossip")), "session_topic_unknown"),
    ],
)
def test_what_can_not_be_logged(draft: SessionDraft, code: str) -> None:
    """A session to come, before the opening, of no believable length or on an unknown topic is refused."""
    placement = supervised_placement()

    with pytest.raises(Invalid) as refused:
        placement.log_session("s", draft, by=SUPERVISOR, practice=PRACTICE, now=after(days=3))

    assert refused.value.code == code
    assert placement.sessions.entries == ()


@pytest.mark.parametrize("minutes", [1, 480])
def test_shortest_and_longest(minutes: int) -> None:
    """Sessions of one minute and of eight hours are both allowed."""
    placement = supervised_placement()

    log(placement, session(minutes=minutes))

    assert placement.sessions.entries[0].minutes == minutes


def test_unknown_topic_lists_the_topics() -> None:
    """Who uses an unknown topic reads which topics there are."""
    with pytest.raises(Invalid) as refused:
        log(supervised_placement(), session(topics=("gossip",)))

    assert "gossip" in refused.value.message
    assert "difficult_case, ethics, wellbeing" in refused.value.message


def test_first_due() -> None:
    """The first session is due a week after a supervisor was assigned, overdue three days later."""
    placement = supervised_placement()

    assert placement.next_due == after(days=7, hours=1)
    assert timer(placement).due == after(days=10, hours=1)
    assert isinstance(timer(placement).event, CadenceDeadline)


def test_next_due() -> None:
    """Each session moves the due date and its timer to a week after it."""
    placement = supervised_placement()

    log(placement, session(held=after(days=5)))

    assert placement.next_due == after(days=12)
    assert timer(placement).due == after(days=15)


def test_older_session_written_down_later() -> None:
    """A session written down late, older than the latest, leaves the due date where it was."""
    placement = supervised_placement()
    log(placement, session(held=after(days=5)))

    log(placement, session(held=after(days=3)))

    assert placement.next_due == after(days=12)


def test_session_before_the_assignment() -> None:
    """A first meeting before the assignment was recorded does not shorten the first week."""
    placement = supervised_placement()

    log(placement, session(held=after(hours=0.5)))

    assert placement.next_due == after(days=7, hours=1)


def test_overdue() -> None:
    """When the deadline comes and no session was held, supervision is overdue; who supervises is named."""
    placement = supervised_placement()

    placement.notice_missed_session(after(days=7, hours=1))

    [said] = overdues(placement)
    assert (said.due, said.supervisor) == (after(days=7, hours=1), SUPERVISOR)
    assert placement.is_overdue


def test_overdue_once() -> None:
    """A missed due date is announced once, however often its deadline comes."""
    placement = supervised_placement()

    placement.notice_missed_session(after(days=7, hours=1))
    placement.notice_missed_session(after(days=7, hours=1))

    assert len(overdues(placement)) == 1


def test_met_in_time() -> None:
    """The deadline of an obligation that was met is ignored."""
    placement = supervised_placement()
    log(placement, session(held=after(days=6)))

    placement.notice_missed_session(after(days=7, hours=1))

    assert overdues(placement) == []
    assert not placement.is_overdue


def test_held_in_the_grace_time() -> None:
    """A session in the grace time is in time: the next due date counts from it."""
    placement = supervised_placement()
    log(placement, session(held=after(days=9)))

    placement.notice_missed_session(after(days=7, hours=1))

    assert overdues(placement) == []
    assert placement.next_due == after(days=16)


def test_each_missed_date_is_announced() -> None:
    """After a session ends one miss, the next missed date is announced again."""
    placement = supervised_placement()
    placement.notice_missed_session(after(days=7, hours=1))
    log(placement, session(held=after(days=12)))
    assert not placement.is_overdue

    placement.notice_missed_session(after(days=19))

    assert [said.due for said in overdues(placement)] == [after(days=7, hours=1), after(days=19)]


def test_deadline_survives_storage() -> None:
    """The due date a timer brings back equals the stored one, though MongoDB keeps milliseconds only."""
    placement = supervised_placement()

    log(placement, session(held=after(days=5) + timedelta(microseconds=123_456)))

    due = placement.next_due
    assert due is not None
    assert due.microsecond == 123_000
    assert due == CadenceDeadline.model_validate_json(timer(placement).event.model_dump_json()).due


def test_certified_is_monthly() -> None:
    """With the certificate the placement stays open, and supervision is due monthly from the last session."""
    placement = supervised_placement()
    log(placement, session(held=after(days=5)))

    placement.continue_certified(practice=PRACTICE)

    assert placement.phase is Phase.CERTIFIED
    assert placement.next_due == after(days=35)
    assert timer(placement).due == after(days=42)


def test_certified_before_the_weekly_deadline() -> None:
    """A weekly deadline that is still on its way when the certificate is granted is ignored."""
    placement = supervised_placement()
    placement.continue_certified(practice=PRACTICE)

    placement.notice_missed_session(after(days=7, hours=1))

    assert overdues(placement) == []


def test_certified_twice() -> None:
    """A renewed certificate changes nothing in a placement that is certified already."""
    placement = supervised_placement()
    placement.continue_certified(practice=PRACTICE)
    before = placement.document()

    placement.continue_certified(practice=PRACTICE)

    assert placement.document() == before


def test_certified_while_waiting() -> None:
    """A certificate owes nobody a session while no supervisor is assigned."""
    placement = waiting_placement()

    placement.continue_certified(practice=PRACTICE)

    assert placement.next_due is None
    assert not placement.timers


def test_rewriting() -> None:
    """Who wrote a session down can replace its text, such as to take a client's name out."""
    placement = supervised_placement()
    placement.log_session(
        "s", session(notes="saw Maria"), by=SUPERVISOR, practice=PRACTICE, now=after(days=1)
    )
    announced = placement.raised

    placement.rewrite_session("s", SessionText(notes="saw a client"), by=SUPERVISOR)

    assert placement.sessions.entries[0].text.notes == "saw a client"
    assert placement.raised == announced


def test_rewriting_somebody_elses() -> None:
    """Nobody but the author changes the text of a session."""
    placement = supervised_placement()
    placement.log_session("s", session(), by=SUPERVISOR, practice=PRACTICE, now=after(days=1))

    with pytest.raises(Forbidden) as refused:
        placement.rewrite_session("s", SessionText(), by="supervisor-lee")

    assert refused.value.code == "session_not_yours"


def test_rewriting_what_is_not_there() -> None:
    """A session that was never written down can't be rewritten."""
    with pytest.raises(NotFound) as refused:
        supervised_placement().rewrite_session("s", SessionText(), by=SUPERVISOR)

    assert refused.value.code == "session_unknown"
