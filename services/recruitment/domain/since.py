"""Since when an application is in its stage, where it was stored before that was noted."""

from collections.abc import Mapping
from typing import Any


def since(row: Mapping[str, Any]) -> Any:
    """When it came into its stage, as far as what is stored says; else when the person applied."""
    if row["stage"] == "withdrawn" and row.get("withdrawal"):
        return row["withdrawal"]["at"]
    if row["stage"] == "appealed" and row.get("appeals"):
        return row["appeals"][-1]["at"]
    if row["stage"] in ("accepted", "waiting", "deferred", "declined") and row.get("decisions"):
        return row["decisions"][-1]["at"]
    if row["stage"] == "scored" and row.get("interviews"):
        return max((card["submitted"] for card in row["interviews"][-1]["cards"]), default=row["applied"])
    return row["applied"]
