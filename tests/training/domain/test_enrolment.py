"""An enrolment: opens by itself, learns module by module, pauses without a mark, and hears its evidence."""

import math
from collections.abc import Callable

import pytest

from services.training.domain.enrolment import Enrolment, enrolment_id
from services.training.domain.opening import known, opened_by
from services.training.domain.programme import Programmes
from services.training.domain.requirements import Proof
from shared.contracts.recruitment import ScreeningOutcome
from shared.contracts.supervision import ReviewOutcome
from shared.contracts.training import (
    CertificationReady,
    EnrolmentOpened,
    EnrolmentPaused,
    EnrolmentResumed,
    ModuleCompleted,
    TrainingCompleted,
)
from shared.domain.errors import Conflict, Forbidden, Invalid, NotFound
from tests.training.builders import (
    ASSESSOR,
    CERTIFIER,
    CORE,
    MENTOR,
    OPENED,
    PROGRAMMES,
    SITE,
    SUPERVISOR,
    TRAINER,
    after,
    assigned,
    attest,
    complete,
    granted,
    hours,
    opened,
    practise,
    ready,
    review,
    screened,
    take_practical,
    take_written,
    trained,
)


def test_an_acceptance_opens() -> None:
    """An acceptance opens the enrolment under the version in force, at an id that can be found again."""
    enrolment = opened_by(screened(), programmes=PROGRAMMES, at=OPENED)

    assert enrolment is not None
    assert (enrolment.id, enrolment.site) == (enrolment_id(MENTOR, "core"), SITE)
    (said,) = enrolment.raised
    assert isinstance(said, EnrolmentOpened)
    assert (said.person, said.programme_version) == (MENTOR, 1)


@pytest.mark.parametrize("outcome", [o for o in ScreeningOutcome if o is not ScreeningOutcome.ACCEPTED])
def test_other_decisions(outcome: ScreeningOutcome) -> None:
    """Any other decision opens nothing, and changes nothing that is open."""
    enrolment = opened(checks=())
    before = enrolment.document()

    assert opened_by(screened(outcome), programmes=PROGRAMMES, at=OPENED) is None
    enrolment.hear_again(screened(outcome, site="hillside"), programme=CORE, now=OPENED)
    assert enrolment.document() == before


def test_a_second_acceptance() -> None:
    """An acceptance heard again opens nothing twice, and adds the checks cleared since."""
    enrolment = opened(checks=("references",))

    heard = screened(checks=("references", "background_check"))
    enrolment.hear_again(heard, programme=CORE, now=after(days=1))

    assert [type(event) for event in enrolment.raised] == [EnrolmentOpened]
    assert [check.code for check in enrolment.evidence.checks] == ["references", "background_check"]
    assert enrolment.opened == OPENED


def test_an_acceptance_for_no_programme() -> None:
    """An acceptance for a programme that isn't there is refused, so that somebody looks at it."""
    with pytest.raises(NotFound) as refused:
        opened_by(screened(programme="yoga"), programmes=PROGRAMMES, at=OPENED)

    assert refused.value.code == "programme_unknown"


def test_the_rules_of_the_day_of_the_acceptance() -> None:
    """An acceptance that is heard late opens under the version that was in force when it was decided."""
    later = CORE.model_copy(update={"version": 2, "effective_from": after(days=1)})
    programmes = Programmes([CORE, later])

    enrolments = [opened_by(screened(), programmes=programmes, at=at) for at in (OPENED, after(days=1))]

    assert [enrolment and enrolment.programme_version for enrolment in enrolments] == [1, 2]
    assert [enrolment and enrolment.opened for enrolment in enrolments] == [OPENED, after(days=1)]


def test_an_acceptance_at_another_site() -> None:
    """An acceptance at another site than that of the enrolment is refused, so that people decide about it."""
    enrolment = opened(checks=())
    before = enrolment.document()

    with pytest.raises(Conflict) as refused:
        enrolment.hear_again(screened(site="hillside"), programme=CORE, now=after(days=1))

    assert refused.value.code == "enrolment_at_another_site"
    assert enrolment.document() == before


def test_storage() -> None:
    """An enrolment read back from its document is the same."""
    enrolment = ready()

    assert Enrolment.rebuild(enrolment.document()).document() == enrolment.document()


def test_progress() -> None:
    """Progress moves forward, minutes add up, and a lower percentage takes nothing back."""
    enrolment = opened()

    for percent in (30, 10):
        enrolment.report_progress("communication", percent=percent, minutes=20, programme=CORE)

    progress = enrolment.learning.module("communication")
    assert (progress.percent, progress.minutes) == (30, 40)


def test_where_to_go_on() -> None:
    """Somebody who comes back goes on at the first part that isn't finished."""
    module = CORE.module("communication")

    assert [module.part_at(percent).code for percent in (0, 33, 34, 99, 100)] == [
        "listening",
        "listening",
        "questions",
        "hard_conversations",
        "hard_conversations",
    ]


@pytest.mark.parametrize(("percent", "minutes"), [(101, 0), (-1, 0), (5, -1)])
def test_impossible_progress(percent: int, minutes: int) -> None:
    """Progress beyond the whole, or below nothing, is refused."""
    with pytest.raises(Invalid) as refused:
        opened().report_progress("communication", percent=percent, minutes=minutes, programme=CORE)

    assert refused.value.code == "progress_out_of_range"


def test_completing_a_module() -> None:
    """A trainer signs a module with its hours, and it is announced."""
    enrolment = opened()

    complete(enrolment, "communication")

    assert enrolment.learning.module("communication").percent == 100
    said = enrolment.raised[-1]
    assert isinstance(said, ModuleCompleted)
    assert (said.module, said.hours) == ("communication", 8)


def test_nobody_signs_their_own_module() -> None:
    """Somebody who is a trainer too can't sign their own module."""
    with pytest.raises(Forbidden) as refused:
        opened().complete_module("communication", hours=8, by=MENTOR, programme=CORE, now=OPENED)

    assert refused.value.code == "module_own_completion"


@pytest.mark.parametrize("given", [7.5, 0, math.nan])
def test_too_few_hours(given: float) -> None:
    """A module isn't signed before its minimum hours are reached."""
    with pytest.raises(Invalid) as refused:
        opened().complete_module("communication", hours=given, by=TRAINER, programme=CORE, now=OPENED)

    assert refused.value.code == "module_hours_short"


def test_a_completed_module() -> None:
    """A completed module takes no more progress and no second signature."""
    enrolment = opened()
    complete(enrolment, "communication")

    tries: list[Callable[[], object]] = [
        lambda: complete(enrolment, "communication"),
        lambda: enrolment.report_progress("communication", percent=5, minutes=1, programme=CORE),
    ]
    for again in tries:
        with pytest.raises(Conflict) as refused:
            again()
        assert refused.value.code == "module_already_completed"


def test_hours_beyond_the_minimums() -> None:
    """Where a programme asks for more hours than its modules' minimums, a module is signed again with more."""
    more = CORE.certification.training_hours.model_copy(update={"value": 44})
    rule = CORE.certification.model_copy(update={"training_hours": more})
    programme = CORE.model_copy(update={"certification": rule})
    enrolment = opened()
    complete(enrolment)

    def sign(hours: float) -> None:
        enrolment.complete_module(
            "communication", hours=hours, by=TRAINER, programme=programme, now=after(days=25)
        )

    with pytest.raises(Conflict) as same:
        sign(8)
    assert same.value.code == "module_already_completed"
    sign(12)
    assert enrolment.learning.hours == 44
    said = enrolment.raised[-1]
    assert isinstance(said, ModuleCompleted)
    assert said.hours == 12
    with pytest.raises(Conflict) as enough:
        sign(13)
    assert enough.value.code == "module_already_completed"


def test_prerequisites() -> None:
    """A module opens after those it builds on, and the refusal names them."""
    enrolment = opened()
    complete(enrolment, "communication")

    with pytest.raises(Conflict) as refused:
        enrolment.report_progress("crisis_response", percent=5, minutes=1, programme=CORE)

    assert refused.value.code == "module_blocked"
    assert refused.value.message == (
        "Crisis recognition and response opens once Mental health and recovery is completed."
    )
    complete(enrolment, "mental_health_recovery", "crisis_response")


def test_pausing() -> None:
    """A pause is told without a reason, lets learning rest kindly, and ends where it stopped."""
    enrolment = opened()
    enrolment.report_progress("communication", percent=40, minutes=10, programme=CORE)

    enrolment.pause(by=MENTOR, now=after(days=1))

    assert isinstance(enrolment.raised[-1], EnrolmentPaused)
    tries: list[Callable[[], object]] = [
        lambda: enrolment.report_progress("communication", percent=50, minutes=1, programme=CORE),
        lambda: complete(enrolment, "communication"),
        lambda: take_written(enrolment),
        lambda: take_practical(enrolment),
        lambda: enrolment.pause(by=MENTOR, now=after(days=2)),
    ]
    for learn in tries:
        with pytest.raises(Conflict) as refused:
            learn()
        assert refused.value.code == "enrolment_paused"
        assert "that is all right" in refused.value.message
    enrolment.resume(by=MENTOR)
    assert isinstance(enrolment.raised[-1], EnrolmentResumed)
    assert enrolment.learning.module("communication").percent == 40


def test_who_paused() -> None:
    """A pause or its end by somebody else keeps who it was; the person's own needs no such note."""
    enrolment = opened()

    noted = []
    for by in (TRAINER, MENTOR):
        enrolment.pause(by=by, now=after(days=1))
        enrolment.resume(by=by)
        noted.append((enrolment.paused_by, enrolment.resumed_by))

    assert noted == [(TRAINER, TRAINER), (None, None)]


def test_resuming_what_does_not_pause() -> None:
    """Only a paused training can be resumed."""
    with pytest.raises(Conflict) as refused:
        opened().resume(by=MENTOR)

    assert refused.value.code == "enrolment_not_paused"


def test_pausing_after_the_certificate() -> None:
    """After the certificate there is no training left to pause."""
    enrolment = ready()
    granted(enrolment)

    with pytest.raises(Conflict) as refused:
        enrolment.pause(by=MENTOR, now=after(days=80))

    assert refused.value.code == "enrolment_certified"


def test_training_is_completed_once() -> None:
    """The last module or assessment completes training, with its hours and those of practice to come."""
    enrolment = trained()
    practise(enrolment)

    (said,) = [event for event in enrolment.raised if isinstance(event, TrainingCompleted)]
    assert (said.training_hours, said.supervised_hours_required) == (40, 60)
    assert said.assessed_by == ASSESSOR


def test_an_elective_module() -> None:
    """Training is completed without a module that the certificate doesn't ask for."""
    rule = CORE.certification
    without = tuple(code for code in rule.required_modules if code != "self_care")
    programme = CORE.model_copy(
        update={
            "certification": rule.model_copy(update={"required_modules": without}),
            "assessments": (CORE.practical("practical"),),
        }
    )
    enrolment = opened()

    complete(enrolment, *without, programme=programme)
    take_practical(enrolment, programme=programme)

    assert enrolment.training_completed


def test_evidence_counts_during_a_pause() -> None:
    """What was worked before a pause and is signed during it counts."""
    enrolment = trained()
    enrolment.pause(by=MENTOR, now=after(days=30))

    enrolment.take_hours(hours(6), at=after(days=31), programme=CORE, now=after(days=31))

    assert enrolment.evidence.total_hours == 6


def test_evidence_heard_again() -> None:
    """The same entry of hours, review or signature counts once."""
    enrolment = opened()

    for _ in range(2):
        enrolment.take_hours(hours(6, entry="entry-x"), at=OPENED, programme=CORE, now=OPENED)
        enrolment.take_review(review(review="review-x"), at=OPENED, programme=CORE, now=OPENED)
        attest(enrolment)

    assert enrolment.evidence.total_hours == 6
    assert len(enrolment.evidence.reviews) == len(enrolment.evidence.attestations) == 1


def test_hours_after_the_certificate() -> None:
    """Hours and reviews after the certificate are kept with their time, apart from what it was granted for."""
    enrolment = ready()
    granted(enrolment)
    before = enrolment.readiness(CORE, now=after(days=80))

    enrolment.take_hours(hours(6), at=after(days=80), programme=CORE, now=after(days=80))
    enrolment.take_review(review(), at=after(days=80), programme=CORE, now=after(days=80))

    assert enrolment.readiness(CORE, now=after(days=80)) == before
    assert enrolment.evidence.total_hours == 66
    assert enrolment.evidence.hours[-1].approved == enrolment.evidence.reviews[-1].reviewed == after(days=80)


def test_signing_a_statement() -> None:
    """The code of ethics is signed by the person, in the version in force."""
    enrolment = opened()
    for by, code, version, refusal in [
        (TRAINER, "code_of_ethics", "1", "attestation_not_own"),
        (MENTOR, "house_rules", "1", "attestation_unknown"),
        (MENTOR, "code_of_ethics", "0", "attestation_version"),
    ]:
        with pytest.raises((Forbidden, Invalid)) as refused:
            enrolment.attest(code, version, by=by, programme=CORE, now=OPENED)
        assert refused.value.code == refusal

    attest(enrolment)

    assert enrolment.evidence.has_signed(CORE.certification.attestations[0])


def test_what_is_missing() -> None:
    """A new enrolment's list shows every requirement with what there is, what is needed and a sentence."""
    readiness = opened().readiness(CORE, now=after(days=80))

    assert [requirement.code for requirement in readiness.requirements] == [
        "modules",
        "training_hours",
        "assessment.written",
        "assessment.practical",
        "supervised_hours",
        "supervised_hours.peer_support",
        "performance_reviews",
        "attestation.code_of_ethics",
        "check.references",
        "check.background_check",
    ]
    assert [requirement.code for requirement in readiness.requirements if requirement.met] == [
        "check.references",
        "check.background_check",
    ]
    practice = readiness.requirements[4]
    assert (practice.have, practice.need) == (0, 60)
    assert practice.sentence == "0 of 60 supervised hours approved."


def test_each_requirement_has_its_evidence() -> None:
    """Once everything is there each requirement names what shows it, and readiness is announced once."""
    enrolment = ready()

    readiness = enrolment.readiness(CORE, now=after(days=80))

    assert readiness.complete
    assert all(requirement.evidence for requirement in readiness.requirements)
    assert sum(isinstance(event, CertificationReady) for event in enrolment.raised) == 1
    enrolment.take_hours(hours(), at=after(days=65), programme=CORE, now=after(days=65))
    assert sum(isinstance(event, CertificationReady) for event in enrolment.raised) == 1


def test_hours_of_another_kind() -> None:
    """Enough hours in all, but too few of one-to-one support, are not enough."""
    enrolment = opened()

    enrolment.take_hours(hours(60, bucket="team_meeting"), at=OPENED, programme=CORE, now=OPENED)

    met = {r.code: r.met for r in enrolment.readiness(CORE, now=after(days=80)).requirements}
    assert met["supervised_hours"]
    assert not met["supervised_hours.peer_support"]


def test_a_review_that_does_not_meet() -> None:
    """A review that found somebody still developing isn't the one that is needed, and is named."""
    enrolment = opened()

    enrolment.take_review(review(ReviewOutcome.DEVELOPING), at=OPENED, programme=CORE, now=OPENED)

    (reviews,) = [
        r
        for r in enrolment.readiness(CORE, now=after(days=80)).requirements
        if r.code == "performance_reviews"
    ]
    assert not reviews.met
    assert [proof.by for proof in reviews.falls_short] == [SUPERVISOR]
    assert reviews.sentence == (
        "0 of 1 performance review that meets what is expected. 1 review finds the work still developing."
    )


def test_where_the_evidence_is() -> None:
    """Evidence names its place in the record it came from, and whoever signed it."""
    enrolment = trained()
    heard = hours(6, entry="entry-x")

    enrolment.take_hours(heard, at=OPENED, programme=CORE, now=OPENED)

    proofs = {r.code: r.evidence[:1] for r in enrolment.readiness(CORE, now=after(days=80)).requirements}
    place = f"placements/{heard.placement}/hours/entry-x"
    assert proofs["supervised_hours"] == (Proof(at=place, by=SUPERVISOR),)
    assert proofs["modules"] == (Proof(at="modules/mental_health_recovery", by=TRAINER),)
    assert proofs["assessment.practical"] == (Proof(at="assessments/practical/attempts/1", by=ASSESSOR),)


def test_a_statement_in_an_earlier_version() -> None:
    """A statement that was signed in another version than the one in force isn't signed."""
    enrolment = opened()
    attest(enrolment)
    rule = CORE.certification.attestations[0]

    assert enrolment.evidence.has_signed(rule)
    assert not enrolment.evidence.has_signed(rule.model_copy(update={"version": "2"}))


def test_a_certificate_ends_a_pause() -> None:
    """A pause ends with the certificate, by the certifier, and that is told."""
    enrolment = ready()
    enrolment.pause(by=MENTOR, now=after(days=65))

    granted(enrolment)

    assert (enrolment.paused_since, enrolment.resumed_by) == (None, CERTIFIER.person)
    assert isinstance(enrolment.raised[-1], EnrolmentResumed)


def test_the_plan() -> None:
    """The plan says what is done, what is next and what is blocked by what."""
    enrolment = opened()
    complete(enrolment, "communication")
    enrolment.report_progress("self_care", percent=50, minutes=30, programme=CORE)

    plan = enrolment.plan(CORE, now=after(days=20))

    assert "Communication and active listening is completed, with 8 hours." in plan.done
    assert "Go on with Self-care and stress management at “What helps”; 50% is done." in plan.next
    assert (
        "Begin Boundaries and ethics, 7 hours or more: join a date of one of your site's cohorts."
        in plan.next
    )
    assert "Crisis recognition and response opens after Mental health and recovery." in plan.blocked
    assert any(sentence.startswith("Written assessment opens after") for sentence in plan.blocked)
    assert "0 of 60 supervised hours approved. Supervised work begins after training." in plan.blocked


def test_the_plan_of_practice() -> None:
    """After training the plan asks for practice and the statement, and leaves the checks to the site."""
    enrolment = opened(checks=("references",))
    complete(enrolment)
    take_written(enrolment)
    take_practical(enrolment)
    enrolment.take_hours(hours(40), at=OPENED, programme=CORE, now=OPENED)

    plan = enrolment.plan(CORE, now=after(days=23))

    assert plan.done[-4:] == (
        "Written assessment is passed.",
        "Practical assessment is passed.",
        "40 of at least 30 hours of one-to-one peer support approved.",
        "References: cleared.",
    )
    assert plan.next == (
        "40 of 60 supervised hours approved.",
        "0 of 1 performance review that meets what is expected.",
        "Code of ethics for peer mentors (version 1) is not signed yet.",
    )
    assert plan.blocked == ("Background check: not cleared yet. Your site sees to it.",)


def test_the_plan_of_somebody_ready() -> None:
    """Once everything is there a certifier decides, pause or none; then the plan is at its end."""
    decides = "Everything is there; a certifier of your site decides now."
    enrolment = ready()
    assert enrolment.plan(CORE, now=after(days=70)).next == (decides,)
    enrolment.pause(by=MENTOR, now=after(days=65))
    assert decides in enrolment.plan(CORE, now=after(days=70)).next

    granted(enrolment)

    plan = enrolment.plan(CORE, now=after(days=71))
    assert (plan.done[-1], plan.next, plan.blocked) == ("Your certificate is granted.", (), ())


def test_the_plan_after_the_last_attempt() -> None:
    """With no attempt left an assessment waits for a trainer, and the plan says so."""
    enrolment = opened()
    complete(enrolment)
    for number in range(3):
        take_written(enrolment, right=0, seed=f"seed {number}")

    plan = enrolment.plan(CORE, now=after(days=22))

    assert (
        "Written assessment waits for a trainer of your site, who can open another attempt." in plan.blocked
    )


def test_the_plan_of_a_paused_training() -> None:
    """While training pauses, the only next thing is to resume whenever it suits."""
    enrolment = opened()
    before = enrolment.plan(CORE, now=after(days=1))
    enrolment.pause(by=MENTOR, now=after(days=1))

    plan = enrolment.plan(CORE, now=after(days=2))

    assert plan.paused
    assert plan.blocked == (*before.next, *before.blocked)
    assert len(plan.next) == 1
    assert "whenever it suits you" in plan.next[0]


def test_work_of_somebody_not_enrolled() -> None:
    """Supervised work of somebody who isn't enrolled is refused, so that somebody looks at it."""
    with pytest.raises(NotFound) as refused:
        known(None)

    assert refused.value.code == "enrolment_unknown"


def test_the_supervisor_is_known() -> None:
    """The latest supervisor is kept, until the placement is closed."""
    enrolment = opened()

    enrolment.take_supervisor(assigned("supervisor-1"))
    enrolment.take_supervisor(assigned("supervisor-2"))
    assert enrolment.supervisor == "supervisor-2"

    enrolment.end_supervision()
    assert enrolment.supervisor is None
