"""Files of applications for the tests, and the way an import goes."""

import csv
import io
from collections.abc import Iterable, Mapping
from typing import Any

import httpx

from services.recruitment.domain.importing.columns import COLUMNS
from services.recruitment.importer import Importer
from tests.support.running import Started

TO_LEEDS = {"site": "leeds", "programme": "core"}


def row(number: int, **changes: str) -> dict[str, str]:
    """A complete row; each number has an address of its own."""
    return {
        "name": f"Person {number}",
        "email": f"p{number}@example.org",
        "lived_experience": "yes",
        "consents": "data_processing@1",
        "reference_1_name": "A. Friend",
        "reference_1_email": "friend@example.org",
        "reference_2_name": "B. Colleague",
        "reference_2_email": "colleague@example.org",
        **changes,
    }


def rows(count: int) -> list[dict[str, str]]:
    """So many complete rows."""
    return [row(number) for number in range(count)]


def file(people: Iterable[Mapping[str, str]], *, delimiter: str = ",", encoding: str = "utf-8") -> bytes:
    """A CSV file with a column for everything that any row has."""
    people = list(people)
    titles = [column for column in COLUMNS if any(column in one for one in people)]
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, titles, delimiter=delimiter, restval="")
    writer.writeheader()
    writer.writerows(people)
    return out.getvalue().encode(encoding)


async def send(client: httpx.AsyncClient, content: bytes, **to: str) -> httpx.Response:
    """A dry run."""
    headers = {"Content-Type": "text/csv"}
    return await client.post("/v1/imports", params={**TO_LEEDS, **to}, content=content, headers=headers)


async def checked(client: httpx.AsyncClient, content: bytes) -> dict[str, Any]:
    """The answer to a dry run that was taken."""
    answer = await send(client, content)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def carried_out(app: Started, client: httpx.AsyncClient, id: str) -> dict[str, Any]:
    """An import once a worker has done all it can about it, and about every other."""
    importer = Importer(app.runtime)
    while await importer.round():
        pass
    found: dict[str, Any] = (await client.get(f"/v1/imports/{id}")).json()
    return found


async def imported(app: Started, client: httpx.AsyncClient, content: bytes, **how: Any) -> dict[str, Any]:
    """The import of a file, once it is done."""
    id = (await checked(client, content))["id"]
    answer = await client.post(f"/v1/imports/{id}/start", json=how)
    assert answer.status_code == 200, answer.text
    done = await carried_out(app, client, id)
    assert done["state"] == "done", done
    return done


async def report(client: httpx.AsyncClient, id: str, **query: Any) -> list[dict[str, str]]:
    """What became of each row."""
    answer = await client.get(f"/v1/imports/{id}/rows.csv", params=query)
    assert answer.status_code == 200, answer.text
    return list(csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff"), newline="")))
