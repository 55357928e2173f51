"""Who took what out of the platform: a record that is only ever added to."""

from datetime import datetime
from typing import ClassVar, Self

from shared.contracts.envelope import Code, Id, Moment
from shared.domain.aggregate import Aggregate


class Access(Aggregate):
    """One export, as it begins. It says by what was filtered, and not for what: that may be personal."""

    collection: ClassVar[str] = "accesses"

    what: Code
    by: Id
    at: Moment
    filters: tuple[Code, ...]
    named: bool
    """With names and addresses."""

    @classmethod
    def of_export(
        cls, *, id: str, site: str, by: str, filters: list[str], named: bool, now: datetime
    ) -> Self:
        """Somebody exports candidates of a site."""
        return cls(
            id=id, site=site, what="candidates.csv", by=by, at=now, filters=tuple(filters), named=named
        )
