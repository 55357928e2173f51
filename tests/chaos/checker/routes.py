"""The commands of the four services and what each promises, from the tables in their READMEs."""

from tests.chaos.checker.commands import KEY, Command

_CANDIDATE = {"candidate": "candidate"}
_ENROLMENT = {"enrolment": "enrolment"}
_PLACEMENT = {"placement": "placement"}

_RECRUITMENT = (
    Command(
        service="recruitment",
        route="POST /v1/applications",
        collection="candidates",
        id="candidate",
        event="recruitment.candidate.applied",
        answer=_CANDIDATE,
    ),
    Command(
        service="recruitment",
        route="POST /v1/candidates/{candidate}/checks",
        collection="candidates",
        id="candidate",
        event="recruitment.candidate.checked",
        path=_CANDIDATE,
    ),
    Command(
        service="recruitment",
        route="POST /v1/candidates/{candidate}/interview",
        collection="candidates",
        id="candidate",
        event="recruitment.candidate.interview_scheduled",
        path=_CANDIDATE,
    ),
    Command(
        service="recruitment",
        route="POST /v1/candidates/{candidate}/scorecards",
        collection="candidates",
        id="candidate",
    ),
    Command(
        service="recruitment",
        route="POST /v1/candidates/{candidate}/decision",
        collection="candidates",
        id="candidate",
        event="recruitment.candidate.screened",
        path=_CANDIDATE,
    ),
    Command(
        service="recruitment",
        route="PUT /v1/sites/{site}",
        collection="sites",
        id="site",
    ),
    Command(
        service="recruitment",
        route="PUT /v1/staff/{person}",
        collection="people",
        id="person",
        event="people.person.contact",
        path={"person": "person"},
        once=True,
    ),
)

_TRAINING = (
    Command(
        service="training",
        route="POST /v1/enrolments/{enrolment}/modules/{module}/progress",
        collection="enrolments",
        id="enrolment",
    ),
    Command(
        service="training",
        route="POST /v1/enrolments/{enrolment}/modules/{module}/completion",
        collection="enrolments",
        id="enrolment",
        event="training.module.completed",
        path={**_ENROLMENT, "module": "module"},
    ),
    Command(
        service="training",
        route="POST /v1/enrolments/{enrolment}/assessments/{assessment}/attempts",
        collection="enrolments",
        id="enrolment",
    ),
    Command(
        service="training",
        route="POST /v1/enrolments/{enrolment}/assessments/{assessment}/attempts/{attempt}/answers",
        collection="enrolments",
        id="enrolment",
        event="training.assessment.passed",
        path={**_ENROLMENT, "assessment": "assessment", "attempt": "attempt"},
    ),
    Command(
        service="training",
        route="POST /v1/enrolments/{enrolment}/assessments/{assessment}/result",
        collection="enrolments",
        id="enrolment",
        event="training.assessment.passed",
        path={**_ENROLMENT, "assessment": "assessment"},
    ),
    Command(
        service="training",
        route="POST /v1/enrolments/{enrolment}/attestations",
        collection="enrolments",
        id="enrolment",
    ),
    Command(
        service="training",
        route="POST /v1/enrolments/{enrolment}/certificate",
        collection="certificates",
        id="certificate",
        event="training.certification.granted",
        path=_ENROLMENT,
        answer={"certificate": "certificate"},
    ),
    Command(
        service="training",
        route="PUT /v1/certificates/{certificate}/public-page",
        collection="certificates",
        id="certificate",
    ),
)

_SUPERVISION = (
    Command(
        service="supervision",
        route="PUT /v1/supervisors/{person}",
        collection="supervisors",
        id="person",
        named_by="person",
    ),
    Command(
        service="supervision",
        route="POST /v1/placements/{placement}/supervisor",
        collection="placements",
        id="placement",
        event="supervision.supervisor.assigned",
        path=_PLACEMENT,
    ),
    Command(
        service="supervision",
        route="POST /v1/placements/{placement}/sessions",
        collection="placements",
        id="placement",
        event="supervision.supervision.logged",
        path=_PLACEMENT,
        answer={"session": "session"},
    ),
    Command(
        service="supervision",
        route="POST /v1/placements/{placement}/hours",
        collection="placements",
        id="placement",
        event="supervision.hours.reported",
        path=_PLACEMENT,
        answer={"entry": "entry"},
    ),
    Command(
        service="supervision",
        route="POST /v1/placements/{placement}/hours/{entry}/approval",
        collection="placements",
        id="placement",
        event="supervision.hours.approved",
        path={**_PLACEMENT, "entry": "entry"},
    ),
    Command(
        service="supervision",
        route="POST /v1/placements/{placement}/reviews",
        collection="placements",
        id="placement",
        event="supervision.performance.reviewed",
        path=_PLACEMENT,
        answer={"review": "review"},
    ),
)

_NOTIFICATIONS = (
    Command(
        service="notifications",
        route="POST /v1/inbox/{message}/read",
        collection="messages",
        id="message",
    ),
)

PLATFORM = (*_RECRUITMENT, *_TRAINING, *_SUPERVISION, *_NOTIFICATIONS)

ECHO = (
    Command(service="supervision", route="POST /tallies/{tally}", collection="tallies", id="tally"),
    Command(
        service="supervision",
        route="POST /tallies/{tally}/hours",
        collection="tallies",
        id="tally",
        event="supervision.hours.approved",
        path={"placement": "tally"},
        answer={"entry": KEY},
    ),
)
"""The smallest service, which answers each event of its own with another."""
