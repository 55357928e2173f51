"""The composition of training: routes, reactions, collections and the programmes they work with."""

from services.training.api import routers
from services.training.domain.contact import Contact
from services.training.domain.erasing import ToForget
from services.training.erasing import finish_erasures
from services.training.migrations import migrations
from services.training.queries import READY
from services.training.reactions import reactions
from services.training.settings import TrainingSettings, shipped_programmes
from services.training.stock import Stock, programmes_that_are_gone
from shared.contracts.topics import CONTACTS
from shared.domain.erasure import ErasedPerson
from shared.messaging.projections import Projection
from shared.service import Runtime, Service
from shared.storage.schema import Index, aggregates

PROGRAMMES = shipped_programmes()


def prepare(runtime: Runtime) -> None:
    """Give the routes the same programmes as the reactions."""
    runtime.extras["stock"] = Stock(PROGRAMMES)


SERVICE = Service(
    name="training",
    settings=TrainingSettings,
    routers=routers,
    reactions=reactions(PROGRAMMES),
    collections=(
        aggregates(
            "enrolments",
            Index(keys=(("site", 1), ("_id", 1))),
            Index(keys=(("site", 1), ("ready_since", 1), ("_id", 1))),
            Index(keys=(("person", 1), ("_id", 1))),
            Index(keys=(("site", 1), ("trainer_awaited_since", 1), ("_id", 1))),
            Index(keys=(("site", 1), ("review_awaited_since", 1), ("_id", 1))),
            Index(keys=(("mentors_awaited", 1), ("_id", 1))),
            Index(keys=(("staff_awaited", 1), ("_id", 1))),
            Index(keys=(("programme", 1), ("programme_version", 1))),
            Index(keys=(("site", 1), ("certificate", 1), ("_id", 1)), where=READY),
            Index(keys=(("certificate", 1), ("_id", 1)), where=READY),
            person="string",
            programme="string",
            opened="date",
        ),
        aggregates(
            "certificates",
            Index(keys=(("token", 1),), unique=True),
            Index(keys=(("site", 1), ("_id", 1))),
            Index(keys=(("site", 1), ("ends", 1), ("_id", 1))),
            Index(keys=(("ends", 1), ("_id", 1))),
            Index(keys=(("person", 1), ("_id", 1))),
            person="string",
            enrolment="string",
            token="string",  # noqa: S106 - the field's BSON type
            history="object",
            ends="date",
        ),
        aggregates(
            "appeals",
            Index(keys=(("site", 1), ("outcome", 1), ("_id", 1))),
            Index(keys=(("site", 1), ("_id", 1))),
            Index(keys=(("outcome", 1), ("_id", 1))),
            Index(keys=(("person", 1), ("_id", 1))),
            person="string",
            enrolment="string",
        ),
        aggregates(
            "cohorts",
            Index(keys=(("starts", 1), ("_id", 1))),
            Index(keys=(("site", 1), ("starts", 1), ("_id", 1))),
            Index(keys=(("site", 1), ("programme", 1), ("starts", 1), ("_id", 1))),
            Index(keys=(("site", 1), ("modules", 1), ("starts", 1), ("_id", 1))),
            Index(keys=(("sessions.trainer", 1), ("starts", 1), ("_id", 1))),
            Index(keys=(("seats.person", 1), ("starts", 1), ("_id", 1))),
            Index(keys=(("waiting.person", 1), ("starts", 1), ("_id", 1))),
            programme="string",
            sessions="array",
            starts="date",
        ),
        aggregates(
            "help_requests",
            Index(keys=(("site", 1), ("state", 1), ("asked", 1), ("_id", 1))),
            Index(keys=(("person", 1), ("asked", 1), ("_id", 1))),
            person="string",
            state="string",
            asked="date",
        ),
        aggregates("supports", person="string", enrolment="string"),
        aggregates("choices", person="string", enrolment="string"),
        aggregates("contacts"),
        aggregates(ErasedPerson.collection),
        aggregates(ToForget.collection),
        aggregates("supervisors", placements="array"),
        aggregates("programmes", Index(keys=(("site", 1), ("_id", 1))), versions="array"),
        aggregates("catalogues", editions="object"),
    ),
    projections=(Projection(kind=Contact, topics=(CONTACTS.name,)),),
    migrations=migrations(PROGRAMMES),
    loops=(finish_erasures,),
    prepare=prepare,
    checks=(programmes_that_are_gone,),
)
