"""What recruitment tells the world: a person's way from application to decision."""

from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field

from shared.contracts.envelope import Code, EventData, Id, Moment, PersonEvent, Privacy, event
from shared.contracts.topics import RECRUITMENT


class ScreeningOutcome(StrEnum):
    """What a coordinator decided about a candidate. No outcome is ever reached by software alone."""

    ACCEPTED = "accepted"
    WAITING = "waiting"
    DEFERRED = "deferred"
    DECLINED = "declined"


class CandidateEvent(PersonEvent):
    """Common to every event of a candidate."""

    candidate: Id
    programme: Code


@event(
    "recruitment.candidate.applied",
    topic=RECRUITMENT.name,
    privacy=Privacy.PERSONAL,
    meaning="A person applied to become a peer mentor at a site, or was entered by a coordinator.",
)
class CandidateApplied(CandidateEvent):
    """`entered_by` names the coordinator when it was not the person themselves."""

    entered_by: Id | None = None
    imported_in: Id | None = Field(
        default=None, description="The import it came in with, among many: nobody is asked to look at each."
    )
    announce: bool = Field(
        default=True, description="Whether the person is to be told that the application was received."
    )


@event(
    "recruitment.candidate.taken_out",
    topic=RECRUITMENT.name,
    privacy=Privacy.PERSONAL,
    meaning="An import was undone before anybody worked with it: this application counts as never made.",
)
class CandidateTakenOut(CandidateEvent):
    """Not a withdrawal: nobody took anything back. `by` names who undid the import."""

    by: Id
    imported_in: Id


@event(
    "recruitment.candidate.interview_scheduled",
    topic=RECRUITMENT.name,
    privacy=Privacy.PERSONAL,
    meaning="An interview with a candidate was set or moved to another time, or its panel changed.",
)
class CandidateInterviewScheduled(CandidateEvent):
    """`panel` are the interviewers, at least two. A higher `sequence` of the same `round` replaces a lower one."""

    starts: Moment
    minutes: int = Field(gt=0, le=480)
    panel: tuple[Id, ...] = Field(min_length=2)
    round: int = Field(
        default=1, ge=1, description="Counts the candidate's interviews; one that moves keeps it."
    )
    sequence: int = Field(default=0, ge=0, description="Counts the changes of this round, as calendars do.")
    left_slot: Id | None = Field(
        default=None, description="The offered time that this change no longer takes up, if any."
    )
    only_panel: bool = Field(
        default=False, description="Did only the panel change, which is nothing new to the person?"
    )


class ClearedCheck(BaseModel):
    """A check that is cleared, and until when that counts; without an end it counts for good."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    check: Code
    expires: Moment | None = None


@event(
    "recruitment.candidate.screened",
    topic=RECRUITMENT.name,
    privacy=Privacy.PERSONAL,
    meaning="A named coordinator decided about a candidate; on `accepted` training may begin.",
)
class CandidateScreened(CandidateEvent):
    """The decision, in codes. The reason stays in recruitment and is told to the person there."""

    outcome: ScreeningOutcome
    decided_by: Id
    criteria_met: tuple[Code, ...] = Field(default=(), description="Selection criteria met, as codes.")
    checks_cleared: tuple[Code, ...] = Field(default=(), description="Checks that were cleared, as codes.")
    checks: tuple[ClearedCheck, ...] = Field(
        default=(), description="Checks that were cleared, with their ends; the same as `checks_cleared`."
    )
    deferred_until: Moment | None = None
    appeal_until: Moment | None = Field(
        default=None, description="With a decline: until when the person can appeal."
    )


@event(
    "recruitment.candidate.withdrawn",
    topic=RECRUITMENT.name,
    privacy=Privacy.PERSONAL,
    meaning="An application was taken back, by the person or by a coordinator on their behalf.",
)
class CandidateWithdrawn(CandidateEvent):
    """`by` names who did it. Nothing more is told: no person has to give a reason."""

    by: Id


class InterviewEvent(CandidateEvent):
    """Something that became of an interview: which one, and when it is or was to be."""

    round: int = Field(ge=1, description="Counts the candidate's interviews; one that moves keeps it.")
    sequence: int = Field(ge=0, description="Counts the changes of this round, as calendars do.")
    starts: Moment
    minutes: int = Field(gt=0, le=480)


class CalledOff(StrEnum):
    """What took an interview out of everybody's calendar."""

    ASKED = "asked"
    """A coordinator or the person called it off; another can be set."""
    DECIDED = "decided"
    WITHDRAWN = "withdrawn"


@event(
    "recruitment.candidate.interview_cancelled",
    topic=RECRUITMENT.name,
    privacy=Privacy.PERSONAL,
    meaning="An interview that lay ahead was called off, or fell away with the application.",
)
class CandidateInterviewCancelled(InterviewEvent):
    """`by` called it off, or ended the application. Nobody has to give a reason, and none is told."""

    panel: tuple[Id, ...]
    by: Id
    because: CalledOff
    left_slot: Id | None = Field(default=None, description="The offered time that is free again, if any.")


class Absent(StrEnum):
    """Which side could not come to an interview. It is not kept against anybody."""

    CANDIDATE = "candidate"
    INTERVIEWER = "interviewer"


@event(
    "recruitment.candidate.interview_missed",
    topic=RECRUITMENT.name,
    privacy=Privacy.PERSONAL,
    meaning="An interview did not take place, as somebody could not come; another date can be set.",
)
class CandidateInterviewMissed(InterviewEvent):
    """`absent` says which side could not come, so that it is told in the right words; `noted_by` wrote it down."""

    panel: tuple[Id, ...]
    absent: Absent
    noted_by: Id


@event(
    "recruitment.candidate.interviewer_stepped_back",
    topic=RECRUITMENT.name,
    privacy=Privacy.PERSONAL,
    meaning="An interviewer declared that they are too close to a candidate, and left the panel.",
)
class CandidateInterviewerSteppedBack(InterviewEvent):
    """`seats` are the interviewers left; below two, a coordinator has to name another."""

    interviewer: Id
    seats: int = Field(ge=0)


@event(
    "recruitment.candidate.interview_near",
    topic=RECRUITMENT.name,
    privacy=Privacy.PERSONAL,
    meaning="An interview begins within a day.",
)
class CandidateInterviewNear(InterviewEvent):
    """Said once for each time an interview was set or moved to; never for one that moved away or was called off."""

    panel: tuple[Id, ...]


@event(
    "recruitment.candidate.times_asked",
    topic=RECRUITMENT.name,
    privacy=Privacy.PERSONAL,
    meaning="A candidate asked for other times for an interview than those on offer.",
)
class CandidateTimesAsked(CandidateEvent):
    """Which times would suit them is read in recruitment, by the coordinators."""


@event(
    "recruitment.interview.reminder",
    topic=RECRUITMENT.name,
    privacy=Privacy.PERSONAL,
    meaning="Recruitment's own reminder that an interview begins within a day; of no use to others.",
)
class InterviewReminder(CandidateEvent):
    """A timer: round and sequence name the appointment it was set for, so one that has changed ignores it."""

    round: int = Field(ge=1)
    sequence: int = Field(ge=0)


def interview_uid(candidate: str, round: int) -> str:
    """The UID of an interview in everybody's calendar: the same for life, whoever writes the invite."""
    return f"interview-{candidate}-{round}@peerpath"


class ErasureReason(StrEnum):
    """Why somebody's data was erased."""

    ASKED_FOR = "asked_for"
    CONSENT_WITHDRAWN = "consent_withdrawn"
    NO_LONGER_NEEDED = "no_longer_needed"
    ENTERED_BY_MISTAKE = "entered_by_mistake"


@event(
    "recruitment.person.erased",
    topic=RECRUITMENT.name,
    privacy=Privacy.PERSONAL,
    meaning="A person's name, addresses and all text about them were erased; whoever kept a copy erases it too.",
)
class PersonErased(PersonEvent):
    """`erased_by` is the person or a privacy lead. Codes and times about the person stay, under their id."""

    erased_by: Id
    reason: ErasureReason


@event(
    "recruitment.candidate.deferral_ended",
    topic=RECRUITMENT.name,
    privacy=Privacy.PERSONAL,
    meaning="A deferral is over, and the application is open again where it stood; a coordinator is to look at it.",
)
class CandidateDeferralEnded(CandidateEvent):
    """`by` names who asked for it earlier, mostly the person themself; missing where the date has come."""

    by: Id | None = None


@event(
    "recruitment.deferral.deadline",
    topic=RECRUITMENT.name,
    privacy=Privacy.PERSONAL,
    meaning="Recruitment's own reminder that a deferral's date has come; of no use to others.",
)
class CandidateDeferralDeadline(CandidateEvent):
    """A timer: `until` is the date it was set for, so an application decided about meanwhile ignores it."""

    until: Moment


class AppealOutcome(StrEnum):
    """What somebody else decided about an appeal against a decline."""

    UPHELD = "upheld"
    DISMISSED = "dismissed"


@event(
    "recruitment.candidate.appealed",
    topic=RECRUITMENT.name,
    privacy=Privacy.PERSONAL,
    meaning="A person appealed against a decline; somebody who had no part in it decides until a date.",
)
class CandidateAppealed(CandidateEvent):
    """The person's words stay in recruitment."""

    decide_by: Moment


@event(
    "recruitment.candidate.appeal_due",
    topic=RECRUITMENT.name,
    privacy=Privacy.PERSONAL,
    meaning="The time to decide an appeal ends soon, or has ended. Nothing is decided by that.",
)
class CandidateAppealDue(CandidateEvent):
    """`overdue` is false a week before the end, and true from the end on."""

    decide_by: Moment
    overdue: bool


@event(
    "recruitment.candidate.appeal_decided",
    topic=RECRUITMENT.name,
    privacy=Privacy.PERSONAL,
    meaning="A named person decided an appeal: upheld, the application is open again; dismissed, it stays declined.",
)
class CandidateAppealDecided(CandidateEvent):
    """The reason stays in recruitment and is told to the person there."""

    outcome: AppealOutcome
    decided_by: Id


@event(
    "recruitment.appeal.deadline",
    topic=RECRUITMENT.name,
    privacy=Privacy.PERSONAL,
    meaning="Recruitment's own reminder that the time of an appeal ends soon, or has ended; of no use to others.",
)
class CandidateAppealDeadline(CandidateEvent):
    """A timer: `decide_by` is the end it was set for, so another appeal ignores it."""

    decide_by: Moment
    overdue: bool


@event(
    "recruitment.candidate.moved_away",
    topic=RECRUITMENT.name,
    privacy=Privacy.PERSONAL,
    meaning="An application is not at this site any more; for those who work there. `candidate.moved` follows.",
)
class CandidateMovedAway(CandidateEvent):
    """`site` is the one it left. Where it went is told to the site it went to."""

    by: Id


@event(
    "recruitment.candidate.moved",
    topic=RECRUITMENT.name,
    privacy=Privacy.PERSONAL,
    meaning="An application goes on at another site, with its checks and scorecards.",
)
class CandidateMoved(CandidateEvent):
    """`site` is the one it came to, `from_site` where it was; `by` is the person, or a coordinator from there."""

    from_site: Id
    by: Id


@event(
    "recruitment.place.freed",
    topic=RECRUITMENT.name,
    privacy=Privacy.PERSONAL,
    meaning="There is room in a programme at a site, and somebody waits for it. Nobody is accepted by that.",
)
class PlaceFreed(EventData):
    """`first` is the candidate at the head of the waiting list; `free` is missing where there is no limit.

    It is about a list, not about a person: `candidate.next_in_line` follows for whoever is first.
    """

    programme: Code
    first: Id
    free: int | None = Field(default=None, ge=1)

    def partition_key(self) -> str:
        """The programme at the site."""
        return f"{self.site}/{self.programme}"


@event(
    "recruitment.candidate.next_in_line",
    topic=RECRUITMENT.name,
    privacy=Privacy.PERSONAL,
    meaning="There is room, and this person is first on the waiting list; a coordinator decides.",
)
class CandidateNextInLine(CandidateEvent):
    """`free` is how many places are free; missing where there is no limit any more."""

    free: int | None = Field(default=None, ge=1)


@event(
    "recruitment.candidate.checked",
    topic=RECRUITMENT.name,
    privacy=Privacy.RESTRICTED,
    meaning="A coordinator noted how a check stands, on an applicant or on somebody accepted; the last word counts.",
)
class CandidateChecked(CandidateEvent):
    """`result` is a code, never the report; from `expires` on a clearance no longer counts."""

    check: Code
    result: Code
    expires: Moment | None = None


@event(
    "recruitment.candidate.check_expiring",
    topic=RECRUITMENT.name,
    privacy=Privacy.RESTRICTED,
    meaning="A cleared check ends soon; somebody has to renew it, and nothing is decided by that.",
)
class CandidateCheckExpiring(CandidateEvent):
    """Sent once for each clearance, 30 days before its end, or at once where less is left."""

    check: Code
    expires: Moment


@event(
    "recruitment.check.deadline",
    topic=RECRUITMENT.name,
    privacy=Privacy.RESTRICTED,
    meaning="Recruitment's own reminder that a cleared check ends soon; of no use to others.",
)
class CheckDeadline(CandidateEvent):
    """A timer: `expires` names the clearance it was set for, so a renewed one ignores it."""

    check: Code
    expires: Moment


class ReferenceEvent(CandidateEvent):
    """Common to every event of a reference; `person` is the applicant, never the referee."""

    reference: Id


@event(
    "recruitment.reference.received",
    topic=RECRUITMENT.name,
    privacy=Privacy.RESTRICTED,
    meaning="Somebody spoke for an applicant; what they said stays in recruitment.",
)
class ReferenceReceived(ReferenceEvent):
    """`all_in` once every referee was heard: then a coordinator reads them and clears the check, or does not."""

    all_in: bool


class ReferenceEnd(StrEnum):
    """Why a reference did not come."""

    DECLINED = "declined"
    EXPIRED = "expired"


@event(
    "recruitment.reference.missed",
    topic=RECRUITMENT.name,
    privacy=Privacy.RESTRICTED,
    meaning="A reference that was asked for will not come by itself; a coordinator can ask again or ring.",
)
class ReferenceMissed(ReferenceEvent):
    """Nothing about it is held against the applicant."""

    reason: ReferenceEnd


@event(
    "recruitment.reference.deadline",
    topic=RECRUITMENT.name,
    privacy=Privacy.RESTRICTED,
    meaning="Recruitment's own reminder that a referee's link has ended; of no use to others.",
)
class ReferenceDeadline(ReferenceEvent):
    """A timer: `expires` names the link it was set for, so one that was sent again ignores it."""

    expires: Moment
