"""Writing sessions down, and the cadence that follows from them."""

from datetime import datetime, timedelta

import pytest

from services.supervision.domain.placement import Placement
from services.supervision.domain.practice import Phase
from services.supervision.domain.session import SessionDraft, SessionText
from shared.contracts.supervision import CadenceDeadline, SupervisionLogged, SupervisionOverdue
from shared.domain.aggregate import Timer
from shared.domain.errors import Forbidden, Invalid, NotFound
from tests.supervision.builders import (
    OPENED,
    OTHER,
    PRACTICE,
    SUPERVISOR,
    after,
    give,
    log,
    session,
    supervised_placement,
    supervisor,
    waiting_placement,
    words,
)


def timer(placement: Placement) -> Timer:
    found = placement.timers["cadence"]
    assert found is not None
    return found


def watched(placement: Placement) -> datetime:
    """The due date that the timer on its way is about."""
    deadline = timer(placement).event
    assert isinstance(deadline, CadenceDeadline)
    return deadline.due


def overdues(placement: Placement) -> list[SupervisionOverdue]:
    return [said for said in placement.raised if isinstance(said, SupervisionOverdue)]


def miss(placement: Placement, due: datetime, *, now: datetime | None = None) -> None:
    """The deadline for `due` comes, as soon as it can unless said otherwise."""
    placement.notice_missed_session(due, now=now or placement.cadence.overdue_after(due))


def test_logging() -> None:
    """A session is announced in codes and numbers, with the date the next one is due."""
    placement = supervised_placement()

    logged = log(placement, session(held=after(days=2), topics=("ethics", "skill", "ethics")))

    assert placement.raised[-1] == SupervisionLogged(
        site=placement.site,
        person=placement.person,
        placement=placement.id,
        programme="core",
        session=logged.id,
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

    logged = log(placement, draft)

    announced = "".join(said.model_dump_json() for said in placement.raised)
    assert "hard week" not in announced
    assert "clinic" not in announced
    assert words(logged.text).notes == "a hard week"


@pytest.mark.parametrize(
    ("draft", "code"),
    [
        (session(held=after(days=3), minutes=1), "session_in_future"),
        (session(held=after(days=3) - timedelta(minutes=49, seconds=59)), "session_in_future"),
        (session(held=OPENED - timedelta(seconds=1)), "session_before_opening"),
        (session(minutes=0), "session_minutes_out_of_range"),
        (session(minutes=481), "session_minutes_out_of_range"),
        (session(topics=("wellbeing", "gossip")), "session_topic_unknown"),
    ],
)
def test_what_can_not_be_logged(draft: SessionDraft, code: str) -> None:
    """A session not over yet, before the opening, of no believable length or topic is refused."""
    placement = supervised_placement()

    with pytest.raises(Invalid) as refused:
        log(placement, draft, now=after(days=3))

    assert refused.value.code == code
    assert placement.sessions == 0


def test_over_this_minute() -> None:
    """A session can be written down the moment it is over."""
    placement = supervised_placement()

    logged = log(placement, session(held=after(days=3) - timedelta(minutes=50)), now=after(days=3))

    assert placement.last_held == logged.held


def test_held_at_the_opening() -> None:
    """A session that began at the very moment the placement opened is one of it."""
    placement = supervised_placement()

    log(placement, session(held=OPENED))

    assert placement.sessions == 1


@pytest.mark.parametrize("minutes", [1, 480])
def test_shortest_and_longest(minutes: int) -> None:
    """Sessions of one minute and of eight hours are both allowed."""
    assert log(supervised_placement(), session(minutes=minutes)).minutes == minutes


def test_unknown_topic_lists_the_topics() -> None:
    """Who uses an unknown topic reads which topics there are."""
    with pytest.raises(Invalid) as refused:
        log(supervised_placement(), session(topics=("gossip",)))

    assert "gossip" in refused.value.message
    assert "difficult_case, ethics, wellbeing" in refused.value.message


def test_first_due() -> None:
    """The first session is due a week after a supervisor was assigned, overdue three days later."""
    placement = supervised_placement()

    assert placement.obligation.next_due == after(days=7, hours=1)
    assert timer(placement).due == after(days=10, hours=1)
    assert timer(placement).event == CadenceDeadline(
        site=placement.site,
        person=placement.person,
        placement=placement.id,
        programme="core",
        due=after(days=7, hours=1),
    )


def test_next_due() -> None:
    """Each session moves the due date and its timer to a week after it."""
    placement = supervised_placement()

    log(placement, session(held=after(days=5)))

    assert placement.obligation.next_due == after(days=12)
    assert timer(placement).due == after(days=15)


def test_older_session_written_down_later() -> None:
    """A session written down late, older than the latest, leaves the due date where it was."""
    placement = supervised_placement()
    log(placement, session(held=after(days=5)))

    log(placement, session(held=after(days=3)))

    assert placement.obligation.next_due == after(days=12)


def test_session_before_the_assignment() -> None:
    """A first meeting before the assignment was recorded does not shorten the first week."""
    placement = supervised_placement()

    log(placement, session(held=after(hours=0.5)))

    assert placement.obligation.next_due == after(days=7, hours=1)


def test_overdue() -> None:
    """When the deadline comes and no session was held, supervision is overdue; who supervises is named."""
    placement = supervised_placement()

    miss(placement, after(days=7, hours=1))

    [said] = overdues(placement)
    assert (said.due, said.supervisor) == (after(days=7, hours=1), SUPERVISOR)
    assert placement.obligation.is_overdue


def test_overdue_once() -> None:
    """A missed due date is announced once, however often its deadline comes."""
    placement = supervised_placement()

    miss(placement, after(days=7, hours=1))
    miss(placement, after(days=7, hours=1))

    assert len(overdues(placement)) == 1


def test_overdue_until_a_session_is_held() -> None:
    """A missed session is announced again one cadence later, and again, with the date that was missed."""
    placement = supervised_placement()
    miss(placement, after(days=7, hours=1))
    assert timer(placement).due == after(days=17, hours=1)

    miss(placement, after(days=14, hours=1))

    assert [said.due for said in overdues(placement)] == [after(days=7, hours=1)] * 2
    assert timer(placement).due == after(days=24, hours=1)
    assert placement.obligation.is_overdue


def test_overdue_after_a_long_standstill() -> None:
    """What would have been announced while the system stood still is announced once, not once per cadence."""
    placement = supervised_placement()

    miss(placement, after(days=7, hours=1), now=after(days=24, hours=1))

    assert len(overdues(placement)) == 1
    assert timer(placement).due == after(days=31, hours=1)


def test_overdue_for_the_next_supervisor() -> None:
    """Who takes over something overdue is told of it again after a grace time of their own."""
    placement = supervised_placement()
    miss(placement, after(days=7, hours=1))

    give(placement, supervisor(OTHER), at=after(days=12))
    miss(placement, after(days=14, hours=1))
    assert len(overdues(placement)) == 1
    assert timer(placement).due == after(days=15)
    miss(placement, watched(placement))

    [_, said] = overdues(placement)
    assert (said.due, said.supervisor) == (after(days=7, hours=1), OTHER)
    assert timer(placement).due == after(days=22)


def test_an_older_session_does_not_excuse() -> None:
    """A session written down late, before the one that is missing, leaves it missing."""
    placement = supervised_placement()
    log(placement, session(held=after(days=5)))
    miss(placement, after(days=12))

    log(placement, session(held=after(days=4)))

    assert placement.obligation.is_overdue
    assert watched(placement) == after(days=19)


def test_met_in_time() -> None:
    """The deadline of an obligation that was met is ignored."""
    placement = supervised_placement()
    log(placement, session(held=after(days=6)))

    miss(placement, after(days=7, hours=1))

    assert overdues(placement) == []
    assert not placement.obligation.is_overdue


def test_held_in_the_grace_time() -> None:
    """A session in the grace time is in time: the next due date counts from it."""
    placement = supervised_placement()
    log(placement, session(held=after(days=9)))

    miss(placement, after(days=7, hours=1))

    assert overdues(placement) == []
    assert placement.obligation.next_due == after(days=16)


def test_each_missed_date_is_announced() -> None:
    """After a session ends one miss, the next missed date is announced again."""
    placement = supervised_placement()
    miss(placement, after(days=7, hours=1))
    log(placement, session(held=after(days=12)))
    assert not placement.obligation.is_overdue

    miss(placement, after(days=19))

    assert [said.due for said in overdues(placement)] == [after(days=7, hours=1), after(days=19)]


def test_deadline_survives_storage() -> None:
    """The due date a timer brings back equals the stored one, though MongoDB keeps milliseconds only."""
    placement = supervised_placement()

    log(placement, session(held=after(days=5) + timedelta(microseconds=123_456)))

    due = placement.obligation.next_due
    assert due is not None
    assert due.microsecond == 123_000
    assert due == CadenceDeadline.model_validate_json(timer(placement).event.model_dump_json()).due


def test_certified_is_monthly() -> None:
    """With the certificate the placement stays open, and supervision is due monthly from the last session."""
    placement = supervised_placement()
    log(placement, session(held=after(days=5)))

    placement.continue_certified(practice=PRACTICE)

    assert placement.phase is Phase.CERTIFIED
    assert placement.obligation.next_due == after(days=35)
    assert timer(placement).due == after(days=42)


def test_certified_before_the_weekly_deadline() -> None:
    """A weekly deadline that is still on its way when the certificate is granted is ignored."""
    placement = supervised_placement()
    placement.continue_certified(practice=PRACTICE)

    miss(placement, after(days=7, hours=1))

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

    assert placement.obligation.next_due is None
    assert not placement.timers


def test_a_pause() -> None:
    """While the person's training pauses nothing is due, and a deadline on its way is ignored."""
    placement = supervised_placement()

    placement.pause()
    miss(placement, after(days=7, hours=1))

    assert placement.obligation.next_due is None
    assert placement.timers == {"cadence": None}
    assert overdues(placement) == []


def test_after_a_pause() -> None:
    """After a pause the cadence begins anew, whatever was due or missed before."""
    placement = supervised_placement()
    miss(placement, after(days=7, hours=1))
    placement.pause()

    placement.resume(now=after(days=50))

    assert placement.obligation.next_due == after(days=57)
    assert timer(placement).due == after(days=60)
    assert not placement.obligation.is_overdue


def test_a_session_in_a_pause() -> None:
    """Who talks in a pause can write it down; it makes nothing due."""
    placement = supervised_placement()
    placement.pause()

    log(placement, session(held=after(days=20)))

    assert placement.sessions == 1
    assert placement.obligation.next_due is None


def test_assigned_in_a_pause() -> None:
    """A supervisor assigned in a pause owes the first session a cadence after its end."""
    placement = waiting_placement()
    placement.pause()
    give(placement, supervisor(), at=after(days=2))
    assert placement.obligation.next_due is None

    placement.resume(now=after(days=10))

    assert placement.obligation.next_due == after(days=17)


def test_a_pause_without_a_supervisor() -> None:
    """A pause before anybody supervises leaves nothing due after it."""
    placement = waiting_placement()
    placement.pause()

    placement.resume(now=after(days=10))

    assert placement.obligation.next_due is None
    assert not placement.timers


def test_rewriting() -> None:
    """The supervisor can replace a text, such as to take a client's name out; that it was done is kept."""
    placement = supervised_placement()
    first = log(placement, session(notes="saw Maria"))
    second = log(placement, session(notes="saw nobody"))
    announced = placement.raised

    placement.rewrite_session(first, SessionText(notes="saw a client"), by=SUPERVISOR, now=after(days=61))

    assert words(first.text).notes == "saw a client"
    assert (first.rewritten, first.rewritten_by) == (after(days=61), SUPERVISOR)
    assert (words(second.text).notes, second.rewritten) == ("saw nobody", None)
    assert placement.raised == announced


def test_rewriting_after_a_reassignment() -> None:
    """Who supervised before can't touch the notes any more, not even their own; who does now can."""
    placement = supervised_placement()
    written = log(placement, session(notes="saw Maria"))
    give(placement, supervisor(OTHER), at=after(days=61))

    with pytest.raises(Forbidden) as refused:
        placement.rewrite_session(written, SessionText(), by=SUPERVISOR, now=after(days=62))
    placement.rewrite_session(written, SessionText(notes="saw a client"), by=OTHER, now=after(days=62))

    assert refused.value.code == "placement_not_yours"
    assert (words(written.text).notes, written.supervisor, written.rewritten_by) == (
        "saw a client",
        SUPERVISOR,
        OTHER,
    )


def test_rewriting_what_is_not_there() -> None:
    """Neither a session that was never written down nor another placement's can be rewritten."""
    placement, other = supervised_placement(), waiting_placement(enrolment="enrolment-2")
    give(other, supervisor())

    for found in (None, log(other, session())):
        with pytest.raises(NotFound) as refused:
            placement.rewrite_session(found, SessionText(), by=SUPERVISOR, now=after(days=61))
        assert refused.value.code == "session_unknown"
