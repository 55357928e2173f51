"""The composition of recruitment: routes, reactions, collections and the data they work with."""

from services.recruitment.api import UPLOADS, reference_forms, router
from services.recruitment.api.reference_pages import FORMS_AT
from services.recruitment.domain.access import Access
from services.recruitment.domain.candidate import Candidate
from services.recruitment.domain.importing.imported import Import
from services.recruitment.domain.importing.part import ImportPart
from services.recruitment.domain.intake import Intake
from services.recruitment.domain.person import Person
from services.recruitment.domain.reference import Reference, ReferenceState
from services.recruitment.domain.site import Site
from services.recruitment.domain.slot import Slot
from services.recruitment.importer import WORKING, carry_out_imports
from services.recruitment.migrations import MIGRATIONS
from services.recruitment.reactions import REACTIONS
from services.recruitment.settings import (
    RecruitmentSettings,
    read_consents,
    read_form,
    read_reference_form,
    read_rubrics,
    read_targets,
)
from shared.service import Runtime, Service
from shared.storage.schema import Index, Migration, aggregates

RUBRICS = read_rubrics()
CONSENTS = read_consents()
FORM = read_form()
REFERENCE_FORM = read_reference_form()
TARGETS = read_targets()
_PIPELINE = (("site", 1), ("found_under", 1), ("stage", 1))


def prepare(runtime: Runtime) -> None:
    """Give the routes and loops the criteria, the consents, the forms and the targets."""
    runtime.extras["rubrics"] = RUBRICS
    runtime.extras["consents"] = CONSENTS
    runtime.extras["form"] = FORM
    runtime.extras["reference_form"] = REFERENCE_FORM
    runtime.extras["targets"] = TARGETS


SERVICE = Service(
    name="recruitment",
    settings=RecruitmentSettings,
    routers=(router, reference_forms),
    forms=(FORMS_AT,),
    reactions=REACTIONS,
    uploads=UPLOADS,
    loops=(carry_out_imports,),
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
            Index(keys=(("site", 1), ("likeness", 1), ("_id", -1))),
            Index(keys=(("site", 1), ("stage", 1), ("_id", 1))),
            Index(keys=(("site", 1), ("_id", 1))),
            Index(keys=(("stage", 1), ("_id", 1))),
            Index(keys=(("person", 1), ("_id", 1))),
            Index(keys=(*_PIPELINE, ("stage_since", 1), ("_id", 1))),
            Index(keys=(*_PIPELINE, ("applied", 1), ("_id", 1))),
            Index(
                keys=(("entered.imported_in", 1), ("version", 1)),
                where={"entered.imported_in": {"$gt": ""}},
            ),
            Index(
                keys=(("site", 1), ("programme", 1), ("entered.external_id", 1)),
                unique=True,
                where={"entered.external_id": {"$gt": ""}},
            ),
            person="string",
            programme="string",
            stage="string",
            holds_place="bool",
        ),
        aggregates(
            Slot.collection,
            Index(keys=(("site", 1), ("programme", 1), ("state", 1), ("starts", 1), ("_id", 1))),
            Index(keys=(("site", 1), ("state", 1), ("starts", 1), ("_id", 1))),
            Index(keys=(("site", 1), ("starts", 1), ("_id", 1))),
            Index(keys=(("state", 1), ("starts", 1), ("_id", 1))),
            Index(keys=(("starts", 1), ("_id", 1))),
            programme="string",
            starts="date",
            panel="array",
            state="string",
        ),
        aggregates(
            Reference.collection,
            Index(keys=(("token_hash", 1),), unique=True, where={"state": ReferenceState.REQUESTED.value}),
            Index(keys=(("candidate", 1), ("_id", 1))),
            candidate="string",
            person="string",
            state="string",
        ),
        aggregates(
            Person.collection,
            Index(keys=(("duties.site", 1), ("_id", 1))),
            Index(keys=(("search", 1), ("_id", 1))),
            contact=["object", "null"],
            duties="array",
        ),
        aggregates(Site.collection, programmes="object"),
        aggregates(Intake.collection, programme="string", places="array", waiting="array"),
        aggregates(Access.collection, Index(keys=(("site", 1), ("_id", 1))), by="string", at="date"),
        aggregates(
            Import.collection,
            Index(keys=(("site", 1), ("_id", 1))),
            Index(keys=(("state", 1), ("_id", 1)), where=WORKING),
            Index(keys=(("keep_until", 1),), expire_after_s=0),
            keep_until="date",
        ),
        aggregates(
            ImportPart.collection,
            Index(keys=(("keep_until", 1),), expire_after_s=0),
            keep_until="date",
        ),
    ),
    migrations=(Migration(number=100, what="text about applicants is sealed", seals=Candidate), *MIGRATIONS),
    prepare=prepare,
)
