"""From an invitation on the contacts topic to mails with its link, and to nothing once it has ended."""

import pytest

from services.notifications.domain.delivery import Delivery, Reason
from services.notifications.domain.recipient import Recipient
from shared.contracts.people import PersonInvited
from shared.contracts.topics import CONTACTS
from shared.ids import new_id
from tests.notifications.builders import after
from tests.notifications.running import Watch, notifications
from tests.support.running import Started
from tests.support.stack import Stack

pytestmark = pytest.mark.timeout(180)


def invited(reference: str, link: str) -> PersonInvited:
    return PersonInvited(
        site="riverside",
        person=reference,
        name="A. Friend",
        email=f"{reference}@example.org",
        purpose="reference",
        asked_by="Robin",
        link=f"https://r.example/{link}",
        expires=after(days=21),
        reminders=(after(days=7), after(days=14)),
    )


async def ended(app: Started, reference: str) -> list[str]:
    """Why each mail that was not sent ended, in order."""
    rows = await app.database.find(Delivery.collection, {"person": reference, "state": "suppressed"})
    return sorted(row["reason"] for row in rows)


async def test_an_invitation_is_mailed_reminded_of_replaced_and_ended(stack: Stack) -> None:
    """One mail at once and one a week later; a new link replaces the old; after the null nothing is kept or sent."""
    watch, reference = Watch(), new_id()
    address = f"{reference}@example.org"
    async with notifications(stack, watch=watch) as (app, mailbox):

        async def mails(count: int) -> bool:
            return len(mailbox.to(address)) == count

        await app.publish(invited(reference, "first"), subject=reference, sequence=1)
        await app.until(lambda: mails(1))
        assert "https://r.example/first" in mailbox.to(address)[0].as_string()
        watch.forward(days=7)
        await app.until(lambda: mails(2))
        await app.publish(invited(reference, "second"), subject=reference, sequence=3)
        await app.until(lambda: mails(4))  # It is the reminder's day for the new one too.
        assert "https://r.example/second" in mailbox.to(address)[3].as_string()
        watch.forward(days=7)
        await app.until(lambda: mails(5))

        async def replaced() -> bool:
            return await ended(app, reference) == [Reason.REPLACED]

        await app.until(replaced)
        await app.publish(invited(reference, "third"), subject=reference, sequence=4)
        await app.until(lambda: mails(8))
        await app.publish_raw(CONTACTS.name, key=reference.encode(), value=None, headers=[])

        async def forgotten() -> bool:
            return await app.database.get(Recipient.collection, reference) is None

        await app.until(forgotten)
        pending = {"person": reference, "state": "pending"}

        async def nothing_to_send() -> bool:
            return await app.database.count(Delivery.collection, pending) == 0

        await app.until(nothing_to_send)
        await app.publish(invited(reference, "fourth"), subject=reference, sequence=7)
        await app.until(lambda: mails(11))
