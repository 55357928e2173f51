"""The composition of the notifications service."""

from datetime import timedelta

from services.notifications.api import router
from services.notifications.dispatcher import dispatch
from services.notifications.domain.delivery import Delivery, State
from services.notifications.domain.desk import Desk
from services.notifications.domain.erased import Erased
from services.notifications.domain.message import Message
from services.notifications.domain.notice import KEPT_FOR, Notice
from services.notifications.domain.preferences import Preferences
from services.notifications.domain.recipient import Recipient
from services.notifications.domain.story import Story
from services.notifications.erasing import finish_erasures
from services.notifications.latecomers import follow_latecomers
from services.notifications.reactions import REACTIONS
from services.notifications.rendering import Renderer
from services.notifications.settings import NotificationsSettings
from services.notifications.texts import read_languages
from shared.contracts.topics import CONTACTS, RECRUITMENT, SUPERVISION
from shared.messaging.projections import Projection
from shared.service import Runtime, Service
from shared.storage.schema import Index, aggregates

NEWEST_FIRST = (("created", -1), ("_id", -1))
PENDING = {"state": State.PENDING.value}
ENDED_KEPT_FOR = timedelta(days=365)
"""How long it can be looked up what became of an e-mail."""


def prepare(runtime: Runtime) -> None:
    """Read the texts; a mistake in one of them ends the start, with the name of the field or text."""
    assert isinstance(runtime.settings, NotificationsSettings)
    runtime.extras["renderer"] = Renderer(read_languages(), app_url=runtime.settings.app_url)


SERVICE = Service(
    name="notifications",
    settings=NotificationsSettings,
    routers=(router,),
    reactions=REACTIONS,
    loops=(dispatch, follow_latecomers, finish_erasures),
    prepare=prepare,
    collections=(
        aggregates(Recipient.collection, Index(keys=(("settling_until", 1), ("_id", 1)))),
        aggregates(Desk.collection),
        aggregates(Story.collection, Index(keys=(("settling_until", 1), ("_id", 1)))),
        aggregates(
            Notice.collection,
            Index(keys=(("site", 1), ("open_to", 1), ("occurred", 1))),
            Index(keys=(("about", 1), ("open_to", 1), ("occurred", 1))),
            Index(keys=(("created", 1),), expire_after_s=int(KEPT_FOR.total_seconds())),
            created="date",
        ),
        aggregates(
            Message.collection,
            Index(keys=(("person", 1), *NEWEST_FIRST)),
            Index(keys=(("person", 1), ("read_at", 1), *NEWEST_FIRST), where={"read_at": None}),
            person="string",
            created="date",
        ),
        aggregates(
            Delivery.collection,
            Index(keys=(("state", 1), ("channel", 1), ("next_try", 1)), where=PENDING),
            Index(keys=(("state", 1), ("reason", 1), ("next_try", 1)), where=PENDING),
            Index(keys=NEWEST_FIRST),
            Index(keys=(("person", 1), *NEWEST_FIRST)),
            Index(keys=(("site", 1), *NEWEST_FIRST)),
            Index(keys=(("site", 1), ("state", 1), *NEWEST_FIRST)),
            Index(keys=(("ended", 1),), expire_after_s=int(ENDED_KEPT_FOR.total_seconds())),
            person="string",
            state="string",
            channel="string",
            created="date",
        ),
        aggregates(Preferences.collection),
        aggregates(Erased.collection),
    ),
    # Compaction forgets when somebody first had a duty.
    projections=(
        Projection(kind=Recipient, topics=(CONTACTS.name,), aside=("duties.since", "settling_until")),
        Projection(kind=Desk, topics=(CONTACTS.name,)),
        Projection(kind=Story, topics=(RECRUITMENT.name, SUPERVISION.name), aside=("settling_until",)),
    ),
)
