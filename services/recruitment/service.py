"""The composition of recruitment: routes, collections and the criteria they work with."""

from services.recruitment.api import router
from services.recruitment.domain.candidate import Candidate
from services.recruitment.domain.person import Person
from services.recruitment.domain.site import Site
from services.recruitment.settings import RecruitmentSettings, read_criteria
from shared.service import Runtime, Service
from shared.storage.schema import Index, aggregates

CRITERIA = read_criteria()


def prepare(runtime: Runtime) -> None:
    """Give the routes the criteria."""
    runtime.extras["criteria"] = CRITERIA


SERVICE = Service(
    name="recruitment",
    settings=RecruitmentSettings,
    routers=(router,),
    collections=(
        aggregates(
            Candidate.collection,
            Index(keys=(("programme", 1), ("person", 1)), unique=True, where={"holds_place": True}),
            Index(
                keys=(("site", 1), ("programme", 1), ("email_key", 1)),
                unique=True,
                where={"holds_place": True, "anonymous": True},
            ),
            Index(keys=(("email_key", 1), ("programme", 1))),
            Index(keys=(("site", 1), ("stage", 1), ("_id", 1))),
            Index(keys=(("site", 1), ("_id", 1))),
            Index(keys=(("stage", 1), ("_id", 1))),
            Index(keys=(("person", 1), ("_id", 1))),
            person="string",
            programme="string",
            stage="string",
            holds_place="bool",
        ),
        aggregates(
            Person.collection,
            Index(keys=(("duties.site", 1), ("_id", 1))),
            contact="object",
            duties="array",
        ),
        aggregates(Site.collection, programmes="object"),
    ),
    prepare=prepare,
)
