"""What a service says can be built anew is there, and is heard of."""

import pytest

from services.notifications.service import SERVICE as NOTIFICATIONS
from services.recruitment.service import SERVICE as RECRUITMENT
from services.supervision.service import SERVICE as SUPERVISION
from services.training.service import SERVICE as TRAINING
from shared.service import Service

SERVICES = (RECRUITMENT, TRAINING, SUPERVISION, NOTIFICATIONS)


@pytest.mark.parametrize("service", SERVICES, ids=lambda service: str(service.name))
def test_every_projection_is_a_collection_that_is_made_by_reactions(service: Service) -> None:
    """It is declared, its topics are subscribed to, and its fields set aside exist."""
    collections = {collection.name for collection in service.collections}
    for projection in service.projections:
        assert projection.collection in collections
        assert set(projection.topics) <= set(service.reactions.topics)
        fields = set(projection.kind.model_fields)
        assert {path.partition(".")[0] for path in projection.aside} <= fields
