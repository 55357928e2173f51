"""The table: for every type of event who is told and how, or why nobody is."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from services.notifications.domain.audience import Audience, Invite, Kind, Line, Urgency
from services.notifications.domain.story import spares_the_interview
from shared.contracts import people, recruitment, supervision, training
from shared.contracts.envelope import EventData, PersonEvent


@dataclass(frozen=True, kw_only=True)
class Tell:
    """Who is told of one type of event; the first line that fits a person is the one they get.

    `facts` are fields of the event a template may use or the app needs to open it. `not_for` is the field that
    names whose doing it was: they know, unless it is about themself. `only` holds a line back from events it
    does not fit. `useless_after` is the field with the time from which the news is not worth sending any more.
    """

    event: type[PersonEvent]
    lines: tuple[Line, ...]
    facts: tuple[str, ...] = ()
    not_for: str | None = None
    useless_after: str | None = None
    only: Mapping[Audience, Callable[[Any], bool]] | None = None

    def lines_for(self, event: PersonEvent) -> tuple[Line, ...]:
        """The lines that fit this very event."""
        only = self.only or {}
        return tuple(line for line in self.lines if line.audience not in only or only[line.audience](event))


@dataclass(frozen=True, kw_only=True)
class TellNobody:
    """A type of event that nobody is told of, and why."""

    event: type[EventData]
    because: str


_PERSON, _PANEL, _PREVIOUS_PANEL = Audience.PERSON, Audience.PANEL, Audience.PREVIOUS_PANEL
_SUPERVISOR, _PREVIOUS_SUPERVISOR = Audience.SUPERVISOR, Audience.PREVIOUS_SUPERVISOR
_COORDINATORS, _CERTIFIERS = Audience.COORDINATORS, Audience.CERTIFIERS
_TRAINERS, _ASSESSORS = Audience.TRAINERS, Audience.ASSESSORS
_SITE_ADMINS = Audience.SITE_ADMINS


_APPOINTMENT = ("candidate", "starts", "minutes", "round", "sequence")
"""What an invite is made of."""
_SMALLEST_PANEL = 2
"""Recruitment's rule: below it an interview can't be held."""


def _line(audience: Audience, template: str, kind: Kind, **more: Any) -> Line:
    return Line(audience=audience, template=template, kind=kind, **more)


_RECRUITMENT = (
    Tell(
        event=recruitment.CandidateApplied,
        lines=(
            _line(_PERSON, "application_received", Kind.APPLICATION),
            _line(_COORDINATORS, "application_to_look_at", Kind.APPLICATION),
        ),
        facts=("candidate",),
        not_for="entered_by",
        only={
            _PERSON: lambda event: event.announce,
            # Whoever imports a list knows of it, and the pipeline shows it; a message for each would be a storm.
            _COORDINATORS: lambda event: event.imported_in is None,
        },
    ),
    TellNobody(
        event=recruitment.CandidateTakenOut,
        because="It was entered by mistake and nobody was told of it; there is nothing to take back.",
    ),
    Tell(
        event=recruitment.CandidateInterviewScheduled,
        lines=(
            _line(_PERSON, "interview_set", Kind.INTERVIEW, invite=Invite.REQUEST),
            _line(_PANEL, "interview_to_hold", Kind.INTERVIEW, invite=Invite.REQUEST),
            _line(_PREVIOUS_PANEL, "interview_not_needed", Kind.INTERVIEW, invite=Invite.CANCEL),
        ),
        facts=_APPOINTMENT,
        useless_after="starts",
        only={_PERSON: lambda event: not event.only_panel},
    ),
    Tell(
        event=recruitment.CandidateInterviewCancelled,
        # Where a decision ended the application the person reads of both in one place, beside the reason.
        lines=(
            _line(_PERSON, "interview_called_off", Kind.INTERVIEW, invite=Invite.CANCEL),
            _line(_PREVIOUS_PANEL, "interview_not_needed", Kind.INTERVIEW, invite=Invite.CANCEL),
            _line(_COORDINATORS, "interview_called_off_at_site", Kind.INTERVIEW, channels=()),
        ),
        facts=_APPOINTMENT,
        useless_after="starts",
        only={
            _PERSON: lambda event: event.because is not recruitment.CalledOff.DECIDED,
            _COORDINATORS: lambda event: (
                event.because is recruitment.CalledOff.ASKED and event.by == event.person
            ),
        },
    ),
    Tell(
        event=recruitment.CandidateInterviewMissed,
        lines=(
            _line(_PERSON, "interview_another_date", Kind.INTERVIEW, invite=Invite.CANCEL),
            _line(_PREVIOUS_PANEL, "interview_did_not_happen", Kind.INTERVIEW, invite=Invite.CANCEL),
        ),
        facts=(*_APPOINTMENT, "absent"),
    ),
    Tell(
        event=recruitment.CandidateInterviewerSteppedBack,
        lines=(
            _line(_PREVIOUS_PANEL, "interview_not_needed", Kind.INTERVIEW, invite=Invite.CANCEL),
            _line(_COORDINATORS, "interviewer_to_find", Kind.INTERVIEW),
        ),
        facts=_APPOINTMENT,
        only={_COORDINATORS: lambda event: event.seats < _SMALLEST_PANEL},
    ),
    Tell(
        event=recruitment.CandidateInterviewNear,
        lines=(
            _line(_PERSON, "interview_near", Kind.INTERVIEW),
            _line(_PANEL, "interview_to_hold_near", Kind.INTERVIEW),
        ),
        facts=("candidate", "starts", "minutes"),
        useless_after="starts",
    ),
    Tell(
        event=recruitment.CandidateTimesAsked,
        lines=(_line(_COORDINATORS, "other_times_asked", Kind.INTERVIEW),),
        facts=("candidate",),
    ),
    TellNobody(
        event=recruitment.InterviewReminder,
        because="Recruitment's reminder to itself; what comes of it is told as an interview that is near.",
    ),
    Tell(
        event=recruitment.CandidateScreened,
        # The outcome is not among the facts: it is read in the app, beside its reason and what can be done.
        lines=(
            _line(_PERSON, "application_decided", Kind.APPLICATION, urgency=Urgency.LEGAL),
            _line(_PREVIOUS_PANEL, "interview_not_needed", Kind.INTERVIEW),
        ),
        facts=("candidate",),
        not_for="decided_by",
        only={_PREVIOUS_PANEL: spares_the_interview},
    ),
    Tell(
        event=recruitment.CandidateWithdrawn,
        lines=(
            _line(_PERSON, "application_withdrawn", Kind.APPLICATION),
            _line(_PREVIOUS_PANEL, "interview_not_needed", Kind.INTERVIEW),
            _line(_COORDINATORS, "application_closed", Kind.APPLICATION, channels=()),
        ),
        facts=("candidate",),
        not_for="by",
    ),
    TellNobody(
        event=recruitment.PersonErased,
        because="There is nowhere left to tell the person, and whoever did it saw that it was done.",
    ),
    Tell(
        event=recruitment.CandidateDeferralEnded,
        lines=(
            _line(_PERSON, "welcome_to_go_on", Kind.APPLICATION),
            _line(_COORDINATORS, "application_open_again", Kind.APPLICATION),
        ),
        facts=("candidate",),
        not_for="by",
    ),
    Tell(
        event=recruitment.CandidateAppealed,
        lines=(
            _line(_PERSON, "application_appeal_received", Kind.APPLICATION, urgency=Urgency.LEGAL),
            _line(_COORDINATORS, "application_appeal_to_decide", Kind.APPLICATION),
            _line(_SITE_ADMINS, "application_appeal_to_decide", Kind.APPLICATION),
        ),
        facts=("candidate", "decide_by"),
    ),
    Tell(
        event=recruitment.CandidateAppealDue,
        # Not the person: seeing to it is the site's job, and the date they were told is not theirs to watch.
        lines=(
            _line(_COORDINATORS, "application_appeal_due", Kind.APPLICATION),
            _line(_SITE_ADMINS, "application_appeal_due", Kind.APPLICATION),
        ),
        facts=("candidate", "decide_by"),
    ),
    Tell(
        event=recruitment.CandidateAppealDecided,
        # As with a decision, the outcome is read in the app, beside its reason.
        lines=(
            _line(_PERSON, "application_appeal_answered", Kind.APPLICATION, urgency=Urgency.LEGAL),
            _line(_COORDINATORS, "application_open_again", Kind.APPLICATION),
        ),
        facts=("candidate",),
        not_for="decided_by",
        only={_COORDINATORS: lambda event: event.outcome is recruitment.AppealOutcome.UPHELD},
    ),
    Tell(
        event=recruitment.CandidateMovedAway,
        # The person hears of it once, with the site they are at now; a panel that its interview is called off.
        lines=(_line(_COORDINATORS, "application_moved_away", Kind.APPLICATION, channels=()),),
        facts=("candidate",),
        not_for="by",
    ),
    Tell(
        event=recruitment.CandidateMoved,
        lines=(
            _line(_PERSON, "application_moved", Kind.APPLICATION),
            _line(_COORDINATORS, "application_moved_here", Kind.APPLICATION),
        ),
        facts=("candidate",),
        not_for="by",
    ),
    Tell(
        event=recruitment.CandidateNextInLine,
        # Not the person: it is no promise, and a coordinator decides.
        lines=(_line(_COORDINATORS, "place_to_give", Kind.APPLICATION),),
        facts=("candidate",),
    ),
    TellNobody(
        event=recruitment.PlaceFreed,
        because="Recruitment tells itself of whom it is; the coordinators hear who is next in line.",
    ),
    TellNobody(
        event=recruitment.CandidateDeferralDeadline,
        because="Recruitment's reminder to itself; what comes of it is told as a deferral that ended.",
    ),
    TellNobody(
        event=recruitment.CandidateAppealDeadline,
        because="Recruitment's reminder to itself; what comes of it is told as an appeal that is due.",
    ),
)

_CHECKS = (
    TellNobody(
        event=recruitment.CandidateChecked,
        because="The coordinator who noted it knows; what follows for the person they hear as a decision.",
    ),
    Tell(
        event=recruitment.CandidateCheckExpiring,
        # Not the person: seeing to it is the site's job, and a lapsed check is nothing they did.
        lines=(_line(_COORDINATORS, "check_to_renew", Kind.APPLICATION),),
        facts=("candidate", "expires"),
    ),
    TellNobody(
        event=recruitment.CheckDeadline,
        because="Recruitment's reminder to itself; what comes of it is told as a check that ends soon.",
    ),
)

_REFERENCES = (
    Tell(
        event=recruitment.ReferenceReceived,
        # Once all are in: one letter to read them both by.
        lines=(_line(_COORDINATORS, "references_to_read", Kind.APPLICATION),),
        facts=("candidate",),
        only={_COORDINATORS: lambda event: event.all_in},
    ),
    Tell(
        event=recruitment.ReferenceMissed,
        # Not the applicant: it is nothing they did, and the site can ask again or ring.
        lines=(_line(_COORDINATORS, "reference_to_see_to", Kind.APPLICATION),),
        facts=("candidate",),
    ),
    TellNobody(
        event=recruitment.ReferenceDeadline,
        because="Recruitment's reminder to itself; what comes of it is told as a reference that did not come.",
    ),
)

_TRAINING = (
    Tell(
        event=training.EnrolmentOpened,
        lines=(_line(_PERSON, "training_open", Kind.TRAINING),),
        facts=("enrolment",),
    ),
    TellNobody(
        event=training.ModuleCompleted,
        because="The learning plan shows it at once; a message for each of six modules would be noise.",
    ),
    Tell(
        event=training.AssessmentPassed,
        lines=(_line(_PERSON, "assessment_result", Kind.TRAINING),),
        facts=("enrolment",),
    ),
    Tell(
        event=training.AssessmentFailed,
        # The same words as for the other result: nobody reads it off an e-mail over somebody's shoulder.
        lines=(
            _line(_PERSON, "assessment_result", Kind.TRAINING),
            _line(_TRAINERS, "attempts_to_open", Kind.TRAINING),
        ),
        facts=("enrolment",),
        only={_TRAINERS: lambda event: event.attempts_left == 0},
    ),
    TellNobody(
        event=training.AttemptDeadline,
        because="Training's reminder to itself; what comes of it is told as an attempt that fell short.",
    ),
    Tell(
        event=training.EnrolmentPaused,
        lines=(_line(_PERSON, "training_paused", Kind.TRAINING),),
        facts=("enrolment",),
    ),
    TellNobody(
        event=training.EnrolmentResumed,
        because="The plan is simply open again; whoever took it up again is looking at it.",
    ),
    Tell(
        event=training.EnrolmentMoved,
        lines=(_line(_PERSON, "training_moved", Kind.TRAINING),),
        facts=("enrolment",),
        not_for="moved_by",
    ),
    TellNobody(
        event=training.EnrolmentDeadline,
        because="Training's reminder to itself; the plan and the lists show that a check is to be renewed.",
    ),
    TellNobody(
        event=training.ProgrammePublished,
        because="Nobody who trains is moved by it; whoever looks after programmes sees it in their list.",
    ),
    TellNobody(
        event=training.ProgrammeWithdrawn,
        because="Nobody trained under it; whoever looks after programmes sees it in their list.",
    ),
    Tell(
        event=training.TrainingCompleted,
        lines=(_line(_PERSON, "training_done", Kind.TRAINING),),
        facts=("enrolment",),
    ),
    Tell(
        event=training.CertificationReady,
        lines=(_line(_CERTIFIERS, "certification_to_decide", Kind.CERTIFICATION),),
        facts=("enrolment",),
    ),
    Tell(
        event=training.CertificationGranted,
        lines=(
            _line(_PERSON, "certificate_granted", Kind.CERTIFICATION),
            _line(_SUPERVISOR, "mentor_certified", Kind.CERTIFICATION, channels=()),
        ),
        facts=("enrolment", "certificate", "valid_until"),
        not_for="granted_by",
    ),
    Tell(
        event=training.CertificationExpiring,
        lines=(
            _line(_PERSON, "certificate_expiring", Kind.CERTIFICATION),
            _line(_COORDINATORS, "mentor_certificate_expiring", Kind.CERTIFICATION),
        ),
        facts=("enrolment", "certificate", "valid_until", "days_left"),
        only={_COORDINATORS: lambda event: event.days_left <= 7},
    ),
    Tell(
        event=training.CertificationExpired,
        lines=(
            _line(_PERSON, "certificate_expired", Kind.CERTIFICATION, urgency=Urgency.LEGAL),
            _line(_SUPERVISOR, "mentor_certificate_expired", Kind.CERTIFICATION),
            _line(_COORDINATORS, "mentor_certificate_expired", Kind.CERTIFICATION),
        ),
        facts=("enrolment", "certificate", "valid_until"),
    ),
    Tell(
        event=training.CertificationRenewalReady,
        lines=(_line(_CERTIFIERS, "renewal_to_decide", Kind.CERTIFICATION),),
        facts=("enrolment",),
    ),
    Tell(
        event=training.CertificationReturned,
        # Why, and what would help, is read in the app.
        lines=(_line(_PERSON, "certification_returned", Kind.CERTIFICATION, urgency=Urgency.LEGAL),),
        facts=("enrolment",),
        not_for="returned_by",
    ),
    Tell(
        event=training.CertificationDecisionOverdue,
        lines=(
            _line(_CERTIFIERS, "certification_overdue", Kind.CERTIFICATION),
            _line(_COORDINATORS, "certification_overdue", Kind.CERTIFICATION),
        ),
        facts=("enrolment",),
    ),
    Tell(
        event=training.CertificationRenewed,
        lines=(
            _line(_PERSON, "certificate_renewed", Kind.CERTIFICATION),
            _line(_SUPERVISOR, "mentor_certificate_renewed", Kind.CERTIFICATION, channels=()),
        ),
        facts=("enrolment", "certificate", "valid_until"),
        not_for="renewed_by",
    ),
    Tell(
        event=training.CertificationExtended,
        lines=(_line(_PERSON, "certificate_extended", Kind.CERTIFICATION),),
        facts=("enrolment", "certificate", "valid_until"),
        not_for="extended_by",
    ),
    Tell(
        event=training.CertificationSuspended,
        lines=(
            _line(_PERSON, "certificate_decided", Kind.CERTIFICATION, urgency=Urgency.LEGAL),
            _line(_SUPERVISOR, "mentor_certificate_changed", Kind.CERTIFICATION),
            _line(_COORDINATORS, "mentor_certificate_changed", Kind.CERTIFICATION),
        ),
        facts=("enrolment", "certificate"),
        not_for="suspended_by",
    ),
    Tell(
        event=training.CertificationReinstated,
        lines=(
            _line(_PERSON, "certificate_reinstated", Kind.CERTIFICATION, urgency=Urgency.LEGAL),
            _line(_SUPERVISOR, "mentor_certificate_changed", Kind.CERTIFICATION),
            _line(_COORDINATORS, "mentor_certificate_changed", Kind.CERTIFICATION),
        ),
        facts=("enrolment", "certificate", "valid_until"),
        not_for="reinstated_by",
    ),
    Tell(
        event=training.CertificationRevoked,
        # The same words as for a suspension: which it is, and why, is read in the app.
        lines=(
            _line(_PERSON, "certificate_decided", Kind.CERTIFICATION, urgency=Urgency.LEGAL),
            _line(_SUPERVISOR, "mentor_certificate_changed", Kind.CERTIFICATION),
            _line(_COORDINATORS, "mentor_certificate_changed", Kind.CERTIFICATION),
        ),
        facts=("enrolment", "certificate"),
        not_for="revoked_by",
    ),
    Tell(
        event=training.CertificationAppealed,
        lines=(
            _line(_PERSON, "appeal_received", Kind.CERTIFICATION, urgency=Urgency.LEGAL),
            _line(_CERTIFIERS, "appeal_to_decide", Kind.CERTIFICATION),
        ),
        facts=("enrolment", "appeal", "decide_by"),
        not_for="decision_by",
    ),
    Tell(
        event=training.CertificationAppealDue,
        lines=(_line(_CERTIFIERS, "appeal_due", Kind.CERTIFICATION),),
        facts=("enrolment", "appeal", "days_left"),
        not_for="decision_by",
    ),
    Tell(
        event=training.CertificationAppealDecided,
        lines=(_line(_PERSON, "appeal_decided", Kind.CERTIFICATION, urgency=Urgency.LEGAL),),
        facts=("enrolment", "appeal"),
        not_for="decided_by",
    ),
    TellNobody(
        event=training.DecisionDeadline,
        because="Training's reminder to itself; what comes of it is told as ready or overdue.",
    ),
    TellNobody(
        event=training.AppealDeadline,
        because="Training's reminder to itself; what comes of it is told as an appeal that is due.",
    ),
    TellNobody(
        event=training.CertificateDeadline,
        because="Training's reminder to itself; what comes of it is told as expiring or expired.",
    ),
)

_LEARNING = (
    Tell(
        event=training.ReviewWanted,
        lines=(_line(_ASSESSORS, "review_to_do", Kind.TRAINING),),
        facts=("enrolment",),
    ),
    Tell(
        event=training.HelpAsked,
        lines=(_line(_TRAINERS, "help_to_give", Kind.TRAINING),),
        facts=("enrolment", "help"),
    ),
    Tell(
        event=training.HelpAnswered,
        lines=(_line(_PERSON, "help_answered", Kind.TRAINING),),
        facts=("enrolment", "help"),
        not_for="answered_by",
    ),
    Tell(
        event=training.RecognitionGranted,
        # The same words as for the other answer, as with results.
        lines=(_line(_PERSON, "recognition_decided", Kind.TRAINING),),
        facts=("enrolment", "recognition"),
    ),
    Tell(
        event=training.RecognitionReturned,
        lines=(_line(_PERSON, "recognition_decided", Kind.TRAINING),),
        facts=("enrolment", "recognition"),
    ),
    Tell(
        event=training.EducationApproved,
        lines=(_line(_PERSON, "education_approved", Kind.TRAINING, channels=()),),
        facts=("enrolment", "education", "hours"),
    ),
    Tell(
        event=training.EducationReturned,
        lines=(_line(_PERSON, "education_to_look_at", Kind.TRAINING),),
        facts=("enrolment", "education"),
    ),
)

_COHORTS = (
    TellNobody(
        event=training.CohortScheduled,
        because="Whoever looks for a date finds it among the cohorts of the site; who holds it is told apart.",
    ),
    TellNobody(
        event=training.CohortChanged,
        because="It is about the cohort as a whole; everybody concerned is told by an event of their own.",
    ),
    Tell(
        event=training.CohortJoined,
        lines=(_line(_PERSON, "session_place", Kind.TRAINING),),
        facts=("cohort", "starts"),
        useless_after="starts",
    ),
    Tell(
        event=training.CohortWaiting,
        # In the inbox alone: nothing has to be done, and the place is told by e-mail when it is there.
        lines=(_line(_PERSON, "session_turn", Kind.TRAINING, channels=()),),
        facts=("cohort",),
    ),
    Tell(
        event=training.CohortPlaceGiven,
        lines=(_line(_PERSON, "session_place_free", Kind.TRAINING),),
        facts=("cohort", "starts"),
        useless_after="starts",
    ),
    Tell(
        event=training.CohortLeft,
        # Whoever left by themself knows, and whoever trains here no longer hears of that.
        lines=(_line(_PERSON, "session_place_returned", Kind.TRAINING),),
        facts=("cohort",),
        only={_PERSON: lambda event: event.because is training.SeatEnd.PAUSED},
    ),
    Tell(
        event=training.CohortSessionChanged,
        lines=(_line(_PERSON, "session_changed", Kind.TRAINING),),
        facts=("cohort", "session", "starts", "minutes"),
        useless_after="starts",
    ),
    Tell(
        event=training.CohortCalledOff,
        lines=(_line(_PERSON, "sessions_called_off", Kind.TRAINING),),
        facts=("cohort", "starts"),
        useless_after="starts",
    ),
    Tell(
        event=training.CohortSessionsAssigned,
        lines=(_line(_PERSON, "sessions_to_hold", Kind.TRAINING),),
        facts=("cohort", "starts"),
        useless_after="starts",
    ),
    Tell(
        event=training.CohortSessionsReleased,
        lines=(_line(_PERSON, "sessions_not_needed", Kind.TRAINING),),
        facts=("cohort", "starts"),
        useless_after="starts",
    ),
    TellNobody(
        event=training.SeatReturned,
        because="The cohort answers with what became of the place, and that is told.",
    ),
)

_SUPERVISION = (
    Tell(
        event=supervision.PlacementOpened,
        # The person hears of it with the end of training, and again once a supervisor is there.
        lines=(_line(_COORDINATORS, "supervisor_to_assign", Kind.SUPERVISION),),
        facts=("placement",),
    ),
    Tell(
        event=supervision.SupervisorAssigned,
        lines=(
            _line(_PERSON, "supervisor_assigned", Kind.SUPERVISION),
            _line(_SUPERVISOR, "mentor_assigned", Kind.SUPERVISION),
            _line(_PREVIOUS_SUPERVISOR, "mentor_handed_over", Kind.SUPERVISION),
        ),
        facts=("placement",),
        not_for="assigned_by",
    ),
    TellNobody(
        event=supervision.SupervisionLogged,
        because="Both were there; the placement shows the session and when the next is due.",
    ),
    Tell(
        event=supervision.SupervisionOverdue,
        # Not the mentor: seeing to it is the supervisor's job.
        lines=(
            _line(_SUPERVISOR, "supervision_overdue", Kind.SUPERVISION),
            _line(_COORDINATORS, "supervision_overdue_at_site", Kind.SUPERVISION),
        ),
        facts=("placement", "due"),
    ),
    Tell(
        event=supervision.HoursReported,
        lines=(_line(_SUPERVISOR, "hours_to_sign", Kind.HOURS, channels=()),),
        facts=("placement", "entry"),
    ),
    Tell(
        event=supervision.HoursApproved,
        lines=(_line(_PERSON, "hours_signed", Kind.HOURS, channels=()),),
        facts=("placement", "entry", "hours", "total"),
    ),
    Tell(
        event=supervision.HoursReturned,
        lines=(_line(_PERSON, "hours_to_look_at", Kind.HOURS),),
        facts=("placement", "entry"),
    ),
    Tell(
        event=supervision.PerformanceReviewed,
        lines=(_line(_PERSON, "review_written", Kind.SUPERVISION),),
        facts=("placement", "review"),
    ),
    Tell(
        event=supervision.PlacementClosed,
        lines=(
            _line(_PERSON, "placement_closed", Kind.SUPERVISION),
            _line(_PREVIOUS_SUPERVISOR, "mentor_placement_closed", Kind.SUPERVISION),
        ),
        facts=("placement",),
    ),
    TellNobody(
        event=supervision.CadenceDeadline,
        because="Supervision's reminder to itself; what comes of it is told as overdue.",
    ),
)

_PEOPLE = (
    TellNobody(
        event=people.PersonContact,
        because="It says how to reach people; the person changed it themself or was entered by staff.",
    ),
    Tell(
        # Told by `inviting.py`: nobody else is known of, and the mail has a link that no message may keep.
        event=people.PersonInvited,
        lines=(_line(Audience.INVITED, "reference_asked", Kind.APPLICATION),),
        facts=("asked_by", "expires"),
    ),
)

ROWS: tuple[Tell | TellNobody, ...] = (
    *_RECRUITMENT,
    *_CHECKS,
    *_REFERENCES,
    *_TRAINING,
    *_LEARNING,
    *_COHORTS,
    *_SUPERVISION,
    *_PEOPLE,
)

_LINES: Mapping[tuple[str, Audience], Line] = {
    (row.event.facts.type, line.audience): line for row in ROWS if isinstance(row, Tell) for line in row.lines
}


def line_of(event_type: str, audience: Audience) -> Line | None:
    """The line of the table for this type of event and audience; None where there is none any more."""
    return _LINES.get((event_type, audience))


def facts_of(template: str) -> frozenset[str]:
    """What every row that sends this template gives it to speak of."""
    rows = [row for row in ROWS if isinstance(row, Tell)]
    given = [frozenset(row.facts) for row in rows if any(line.template == template for line in row.lines)]
    return frozenset.intersection(*given) if given else frozenset()


TEMPLATES: frozenset[str] = frozenset(line.template for line in _LINES.values())
"""Every text the table sends."""
