"""What a cohort tells many people at once, over real Kafka."""

from typing import Any

from shared.contracts.training import CohortChange, CohortSessionChanged
from shared.ids import new_id
from tests.notifications.builders import after
from tests.notifications.running import notifications
from tests.support.stack import Stack


async def test_everybody_in_a_cohort_is_told_in_whatever_order_it_arrives(stack: Stack) -> None:
    """A moved session reaches each participant once, whoever's partition is read first."""
    cohort, people = new_id(), [f"person-{new_id()}" for _ in range(4)]
    async with notifications(stack) as (app, _):
        # The cohort counts on from one to the next; here those it told last arrive first.
        for sequence, person in [*enumerate(people, start=4)][::-1]:
            moved = CohortSessionChanged(
                site="riverside",
                person=person,
                cohort=cohort,
                programme="core",
                enrolment=f"enrolment-of-{person}",
                session="s1",
                changes=(CohortChange.SESSION_MOVED,),
                starts=after(days=3),
                minutes=90,
            )
            await app.publish(moved, subject=moved.subject_of(cohort), sequence=sequence)

        async def told() -> list[Any]:
            return await app.database.find("messages", {"person": {"$in": people}})

        async def everybody() -> bool:
            return len(await told()) == len(people)

        await app.until(everybody)
        messages = await told()

    assert sorted(message["person"] for message in messages) == sorted(people)
    assert {message["template"] for message in messages} == {"session_changed"}
    assert {message["facts"]["cohort"] for message in messages} == {cohort}
