"""The programmes of sites as this process has read them, so that rules are at hand without a query for each."""

from collections.abc import Mapping, Sequence

from services.training.domain.enrolment import Enrolment
from services.training.domain.programme import Offered, Programmes
from services.training.domain.site_programme import CATALOGUE, Catalogue, SiteProgramme
from shared.service import Runtime
from shared.storage.mongo import Database


class Stock:
    """What ships, and what sites have published."""

    def __init__(self, shipped: Programmes) -> None:
        self.shipped = shipped
        self._editions: Mapping[str, int] = {}
        self._offered: dict[str, Offered] = {}
        self._programmes = shipped

    async def fresh(self, database: Database) -> Programmes:
        """All that is published by now: one look at the catalogue, and at what has changed since the last."""
        row = await database.get(Catalogue.collection, CATALOGUE)
        editions = Catalogue.rebuild(row).editions if row else {}
        if editions != self._editions:
            await self._read(
                database, [code for code in editions if editions[code] != self._editions.get(code)]
            )
            self._editions = editions
        return self._programmes

    async def _read(self, database: Database, codes: Sequence[str]) -> None:
        rows = await database.find(SiteProgramme.collection, {"_id": {"$in": list(codes)}})
        for found in map(SiteProgramme.rebuild, rows):
            self._offered[found.id] = found.offered
        self._programmes = self.shipped.also(*self._offered.values())


async def programmes_that_are_gone(runtime: Runtime) -> list[str]:
    """Versions that people train under and that neither ship nor are published: nothing can be decided for them."""
    database, shipped = runtime.database, runtime.extras["stock"].shipped
    own = await database.find(SiteProgramme.collection, {}, fields=("site",))
    if twice := [row for row in own if shipped.ships(row["_id"])]:
        return [
            f"the site {row['site']} has a programme {row['_id']} of its own, and a file has that code too: "
            "give the file another code"
            for row in twice
        ]
    programmes = await Stock(shipped).fresh(database)
    return [
        f"people train under version {version} of the programme {code}, which is neither among the files nor "
        "published by a site: put its file back"
        for code, version in await _in_use(database)
        if not programmes.has(code, version)
    ]


async def _in_use(database: Database) -> list[tuple[str, int]]:
    """Every version somebody trains under; the index tells, whatever the number of people."""
    asked: dict[str, object] = {"distinct": Enrolment.collection, "key": "programme"}
    codes = (await database.command(asked))["values"]
    of_one = {**asked, "key": "programme_version"}
    versions = [
        (await database.command({**of_one, "query": {"programme": code}}))["values"] for code in codes
    ]
    return [(code, version) for code, some in zip(codes, versions, strict=True) for version in some]
