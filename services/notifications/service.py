"""The composition of the notifications service."""

from services.notifications.api import router
from services.notifications.dispatcher import dispatch
from services.notifications.domain.delivery import Delivery
from services.notifications.domain.desk import Desk
from services.notifications.domain.message import Message
from services.notifications.domain.notice import Notice
from services.notifications.domain.preferences import Preferences
from services.notifications.domain.recipient import Recipient
from services.notifications.domain.story import Story
from services.notifications.latecomers import follow_latecomers
from services.notifications.reactions import REACTIONS
from services.notifications.rendering import Renderer, read_languages
from services.notifications.settings import NotificationsSettings
from shared.service import Runtime, Service
from shared.storage.schema import Index, aggregates


def prepare(runtime: Runtime) -> None:
    """Read the texts; a mistake in one of them ends the start, with the name of the field."""
    runtime.extras["renderer"] = Renderer(read_languages(), app_url=runtime.settings.public_url)


SERVICE = Service(
    name="notifications",
    settings=NotificationsSettings,
    routers=(router,),
    reactions=REACTIONS,
    loops=(dispatch, follow_latecomers),
    prepare=prepare,
    collections=(
        aggregates(Recipient.collection, Index(keys=(("settling_until", 1),))),
        aggregates(Desk.collection),
        aggregates(Story.collection, Index(keys=(("settling_until", 1),))),
        aggregates(
            Notice.collection,
            Index(keys=(("site", 1), ("open_to", 1), ("occurred", 1))),
            Index(keys=(("about", 1), ("open_to", 1), ("occurred", 1))),
        ),
        aggregates(
            Message.collection,
            Index(keys=(("person", 1), ("created", -1), ("_id", -1))),
            person="string",
            created="date",
        ),
        aggregates(
            Delivery.collection,
            Index(keys=(("state", 1), ("next_try", 1))),
            Index(keys=(("site", 1), ("_id", 1))),
            Index(keys=(("site", 1), ("person", 1), ("_id", 1))),
            Index(keys=(("state", 1), ("reason", 1), ("next_try", 1))),
            person="string",
            state="string",
        ),
        aggregates(Preferences.collection),
    ),
)
