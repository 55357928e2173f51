"""What an operator sees of a document that would change, and what nobody sees."""

from datetime import UTC, datetime
from typing import Any

from services.notifications.domain.desk import Desk
from services.notifications.domain.recipient import Recipient
from services.supervision.domain.placement import Placement
from shared.messaging.differences import Becomes, difference, may_be_shown
from shared.storage.mongo import as_stored

NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)


def recipient(**more: Any) -> dict[str, Any]:
    duty = {"site": "leeds", "role": "coordinator", "since": NOON}
    values = {"name": "Ana Diaz", "email": "ana@example.org", "language": "en", "time_zone": "UTC"}
    return as_stored({"_id": "p-1", "site": "leeds", "version": 3, "duties": [duty], **values, **more})


def test_names_and_addresses_are_not_shown() -> None:
    """That they differ is said, and how long they are; codes and times are shown."""
    duty = {"site": "york", "role": "coordinator", "since": NOON}
    after = recipient(name="Bo", email="bo@example.org", duties=[duty])
    found = difference(Recipient, "p-1", recipient(), after)
    assert found is not None
    assert found.becomes is Becomes.CHANGES
    assert found.fields == {
        "name": ("(text of 8)", "(text of 2)"),
        "email": ("(text of 15)", "(text of 14)"),
        "duties.0.site": ("leeds", "york"),
    }


def test_how_often_it_was_saved_makes_no_difference() -> None:
    """Nor does a field that is aside, at any depth."""
    later = {"site": "leeds", "role": "coordinator", "since": NOON.replace(hour=13)}
    after = recipient(version=9, duties=[later], settling_until=NOON)
    aside = ("duties.since", "settling_until")
    assert difference(Recipient, "p-1", recipient(), after, aside=aside) is None
    found = difference(Recipient, "p-1", recipient(), after)
    assert found is not None
    assert set(found.fields) == {"duties.0.since", "settling_until"}


def test_what_is_in_lists_and_maps_is_told_apart() -> None:
    """A desk that lists one person more, and one that is not there any more."""
    here = {"_id": "d-1", "site": "leeds", "version": 1, "people": {"cleo": ["coordinator"]}}
    more = {**here, "people": {"cleo": ["coordinator"], "sam": ["supervisor"]}}
    found = difference(Desk, "d-1", here, more)
    assert found is not None
    assert found.fields == {"people.sam.0": (None, "supervisor")}
    gone = difference(Desk, "d-1", here, None)
    assert gone is not None
    assert (gone.becomes, gone.fields["site"]) == (Becomes.VANISHES, ("leeds", None))


def test_a_text_of_an_unknown_kind_is_not_shown() -> None:
    """Only what its type says to be an id, a code or one of a list is."""
    assert may_be_shown(Placement, ("phase",))
    assert may_be_shown(Recipient, ("duties", 0, "role"))
    assert not may_be_shown(Recipient, ("time_zone",))
    assert not may_be_shown(Recipient, ("unheard_of",))
