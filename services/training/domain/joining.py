"""Joining and leaving a cohort: rules that change an enrolment and a cohort, saved together."""

from datetime import datetime

from services.training.domain.cohort import Cohort
from services.training.domain.convened import Seat
from services.training.domain.enrolment import Enrolment
from services.training.domain.programme import Programme
from shared.domain.errors import Conflict


def may_join(enrolment: Enrolment, cohort: Cohort, *, programme: Programme) -> None:
    """Is this cohort for whoever has this enrolment?

    Raises Conflict `enrolment_paused`, `enrolment_at_another_site`, `cohort_of_another_programme`,
    `nothing_left_to_learn` or `cohort_prerequisites`.
    """
    enrolment.must_be_under_way()
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
    to_learn = enrolment.learning.missing(cohort.modules)
    if not to_learn:
        raise Conflict(
            "nothing_left_to_learn",
            f"{programme.titles(cohort.modules)}: all that is taught here is completed already. Nothing to do.",
        )
    _must_build_on_something(enrolment, cohort, to_learn, programme)


def _must_build_on_something(
    enrolment: Enrolment, cohort: Cohort, to_learn: tuple[str, ...], programme: Programme
) -> None:
    # What the cohort itself teaches comes in the right order: it could not be scheduled otherwise.
    required = dict.fromkeys(code for module in to_learn for code in programme.module(module).requires)
    missing = [code for code in enrolment.learning.missing(required) if code not in cohort.modules]
    if missing:
        raise Conflict(
            "cohort_prerequisites",
            f"This cohort builds on {programme.titles(missing)}. Complete that first, or join a cohort that "
            "teaches it too.",
            missing=missing,
        )


def join(enrolment: Enrolment, cohort: Cohort, *, programme: Programme, now: datetime) -> None:
    """A place, or the last turn on the waiting list.

    Raises what `may_join` and `Cohort.seat` raise.
    """
    may_join(enrolment, cohort, programme=programme)
    # Given back by a pause that is over again, before the cohort heard of it: then the place is still there.
    kept = not enrolment.has_booked(cohort.id) and cohort.keep_seat(enrolment.person, now=now)
    if not kept:
        cohort.seat(Seat(person=enrolment.person, enrolment=enrolment.id, taken=now), now=now)
    enrolment.book(cohort.id, now=now)


def leave(enrolment: Enrolment, cohort: Cohort, *, now: datetime) -> None:
    """Give up the place, or the turn. Raises what `Cohort.leave` raises."""
    cohort.leave(enrolment.person, now=now)
    enrolment.unbook(cohort.id)
