"""Joining and leaving a cohort: rules that change an enrolment and a cohort, saved together."""

from datetime import datetime

from services.training.domain.cohort import Cohort
from services.training.domain.convened import Seat
from services.training.domain.enrolment import Enrolment
from services.training.domain.programme import Programme
from shared.domain.errors import Conflict


def may_join(enrolment: Enrolment, cohort: Cohort, *, programme: Programme, now: datetime) -> None:
    """Is what this cohort still teaches for whoever has this enrolment?

    Raises Conflict `enrolment_paused`, `cohort_cancelled`, `cohort_over`, `enrolment_at_another_site`,
    `cohort_of_another_programme`, `nothing_left_to_learn` or `cohort_prerequisites`.
    """
    enrolment.must_be_under_way()
    cohort.must_go_on(now)
    if enrolment.site != cohort.site:
        raise Conflict(
            "enrolment_at_another_site",
            f"This training is at {enrolment.site}, and the cohort at {cohort.site}. Look for a date at "
            f"{enrolment.site}.",
        )
    mine = (enrolment.programme, enrolment.programme_version)
    if mine != (cohort.programme, cohort.programme_version):
        raise Conflict(
            "cohort_of_another_programme",
            f"This cohort is for {cohort.programme} in version {cohort.programme_version}, and this training is "
            f"{mine[0]} in version {mine[1]}. Look for a date for that one.",
        )
    ahead = tuple(dict.fromkeys(session.module for session in cohort.sessions_ahead(now)))
    if not enrolment.learning.missing(ahead):
        raise Conflict(
            "nothing_left_to_learn",
            f"{programme.titles(ahead)}: all that is still taught here is completed already. Nothing to do.",
        )
    _must_build_on_something(enrolment, ahead, programme)


def _must_build_on_something(enrolment: Enrolment, ahead: tuple[str, ...], programme: Programme) -> None:
    # What the cohort still teaches itself comes in the right order: it could not be scheduled otherwise.
    to_learn = enrolment.learning.missing(ahead)
    required = dict.fromkeys(code for module in to_learn for code in programme.module(module).requires)
    missing = [code for code in enrolment.learning.missing(required) if code not in ahead]
    if missing:
        raise Conflict(
            "cohort_prerequisites",
            f"What comes next in this cohort builds on {programme.titles(missing)}. Complete that first, or join a "
            "cohort that is still to teach it.",
            missing=missing,
        )


def join(enrolment: Enrolment, cohort: Cohort, *, programme: Programme, now: datetime) -> None:
    """A place, or the last turn on the waiting list.

    Raises what `may_join` and `Cohort.seat` raise.
    """
    may_join(enrolment, cohort, programme=programme, now=now)
    # Given back by a pause that is over again, before the cohort heard of it: then the place is still there.
    kept = not enrolment.has_booked(cohort.id) and cohort.keep_seat(enrolment.person, now=now)
    if not kept:
        cohort.seat(Seat(person=enrolment.person, enrolment=enrolment.id, taken=now), now=now)
    enrolment.book(cohort.id, now=now)


def leave(enrolment: Enrolment, cohort: Cohort, *, now: datetime) -> None:
    """Give up the place, or the turn. Raises what `Cohort.leave` raises."""
    cohort.leave(enrolment.person, now=now)
    enrolment.unbook(cohort.id)
