"""What training forgets of a person who is erased."""

from services.training.domain.certificate import Certificate
from services.training.domain.contact import Contact
from services.training.service import SERVICE
from shared.contracts.recruitment import ErasureReason, PersonErased
from shared.contracts.topics import CONTACTS
from shared.ids import new_id
from shared.storage.crypt import key_id
from shared.storage.unit_of_work import KEYS
from tests.support.running import started
from tests.support.stack import Stack
from tests.training.builders import SITE, granted, ready
from tests.training.test_api import store
from tests.training.test_reactions import contact, hears


async def test_a_certificate_loses_its_name_and_stays(stack: Stack) -> None:
    """The name and the public page go, what was granted when stays, and the person's key is destroyed."""
    person = f"robin-{new_id()}"
    certificate = granted(ready(person=person))
    async with started(SERVICE, stack) as app:
        await store(app, certificate)
        erased = PersonErased(site=SITE, person=person, erased_by="pat", reason=ErasureReason.ASKED_FOR)
        await hears(app, erased, subject=person)
        row = await app.database.get("certificates", certificate.id)
        kept = Certificate.rebuild(row or {})
        assert (kept.name, kept.public_page.on) == ("—", False)
        changed = {"name", "public_page", "version", "last_event"}
        assert kept.model_dump(exclude=changed) == certificate.model_dump(exclude=changed)
        assert "destroyed" in (await app.database.get(KEYS, key_id(person)) or {})


async def test_a_tombstone_takes_the_name_that_certificates_are_granted_to(stack: Stack) -> None:
    """Once the person is off the contacts topic, training knows no name of theirs."""
    person = f"robin-{new_id()}"
    async with started(SERVICE, stack) as app:
        await hears(app, contact(person, "Robin"), subject=person)
        assert await app.database.get(Contact.collection, person) is not None
        await app.publish_raw(CONTACTS.name, key=person.encode(), value=None, headers=[])

        async def forgotten() -> bool:
            return await app.database.get(Contact.collection, person) is None

        await app.until(forgotten)
