"""The composition of supervision: routes, reactions, collections and the rules they work with."""

from services.supervision.api import router
from services.supervision.migrations import MIGRATIONS
from services.supervision.reactions import reactions
from services.supervision.settings import read_practice
from shared.domain.erasure import ErasedPerson
from shared.service import Runtime, Service
from shared.settings import SealingSettings
from shared.storage.schema import Index, aggregates

PRACTICE = read_practice()


def prepare(runtime: Runtime) -> None:
    """Give the routes the same rules as the reactions."""
    runtime.extras["practice"] = PRACTICE


SERVICE = Service(
    name="supervision",
    settings=SealingSettings,
    routers=(router,),
    reactions=reactions(PRACTICE),
    collections=(
        aggregates(ErasedPerson.collection),
        aggregates(
            "placements",
            # The list and the queue are read oldest first.
            Index(keys=(("site", 1), ("supervisor", 1), ("opened", 1), ("_id", 1))),
            Index(keys=(("site", 1), ("opened", 1), ("_id", 1))),
            Index(keys=(("opened", 1), ("_id", 1))),
            Index(keys=(("person", 1), ("_id", 1))),
            Index(keys=(("supervisor", 1), ("_id", 1))),
            person="string",
            enrolment="string",
            phase="string",
            opened="date",
        ),
        aggregates(
            "sessions",
            Index(keys=(("placement", 1), ("_id", 1))),
            placement="string",
            supervisor="string",
            held="date",
        ),
        aggregates(
            "hours",
            Index(keys=(("placement", 1), ("_id", 1))),
            Index(keys=(("placement", 1), ("worked_on", 1))),
            placement="string",
            bucket="string",
            worked_on="string",
            state="string",
        ),
        aggregates(
            "supervisors",
            Index(keys=(("site", 1), ("_id", 1))),
            Index(keys=(("person", 1), ("site", 1)), unique=True),
            person="string",
            caseload="array",
        ),
    ),
    migrations=MIGRATIONS,
    prepare=prepare,
)
