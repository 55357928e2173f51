"""Where a candidate is on the way to a decision, and what that allows."""

from enum import StrEnum


class Stage(StrEnum):
    """Follows from the rest of a candidate; kept for lists."""

    APPLIED = "applied"
    INTERVIEWING = "interviewing"
    SCORED = "scored"
    ACCEPTED = "accepted"
    WAITING = "waiting"
    DEFERRED = "deferred"
    DECLINED = "declined"
    APPEALED = "appealed"
    """Declined, and somebody else is to look at it again."""
    WITHDRAWN = "withdrawn"

    @property
    def undecided(self) -> bool:
        """Does the interview's progress show? What was decided stays until the next decision or a withdrawal."""
        return self in (Stage.APPLIED, Stage.INTERVIEWING, Stage.SCORED)

    @property
    def open(self) -> bool:
        """Can something still be decided?"""
        return self.undecided or self in (Stage.WAITING, Stage.DEFERRED)

    @property
    def holds_place(self) -> bool:
        """Does it leave no room for another application of this person to the programme?"""
        return self.open or self in (Stage.ACCEPTED, Stage.APPEALED)


CLOSED = {
    Stage.ACCEPTED: "This person is accepted; what comes next is up to training.",
    Stage.DECLINED: "This application is declined; the person can apply again, or appeal in the time they were told.",
    Stage.APPEALED: "The person has appealed; somebody who did not decide before decides about that first.",
    Stage.WITHDRAWN: "This application was taken back; the person can apply again.",
}
"""Why nothing more happens to an application, by the stage it ended in."""

TAKEN = {
    Stage.APPLIED: (
        "candidate_already_applied",
        "You have an open application to this programme; take it back first, or write to the site.",
    ),
    Stage.ACCEPTED: (
        "candidate_already_accepted",
        "You are accepted to this programme; ask the site what is next.",
    ),
    Stage.APPEALED: (
        "candidate_already_applied",
        "You have appealed, and that is being looked at; take the application back first, or wait for the answer.",
    ),
}
"""Why there is no room for another application, by the stage of the one there is; others are like `applied`."""
