"""One key per person: seals text about them as it is saved, and opens it for those who may read it.

A key is made with the first text about a person, in the transaction that saves the text. Its document is never
cached: from the moment the key is destroyed nobody opens anything, in any process. What is left of a destroyed key
is `{_id, keyAltNames, destroyed}`, so that no new key takes its place.
"""

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from bson.binary import Binary
from pydantic import BaseModel
from pymongo import InsertOne, UpdateOne

from shared.domain.sealed import Sealed, sealed_parts
from shared.storage.crypt import Crypt, key_id, key_of
from shared.storage.mongo import Database, Document
from shared.storage.schema import Collection, Index
from shared.storage.unit_of_work import KEYS, ToSeal, Write

COLLECTION = Collection(
    name=KEYS, indexes=(Index(keys=(("masterKey.provider", 1),)),), required={"keyAltNames": "array"}
)
GONE = Binary(b"", 6)
"""What is stored of text about somebody whose key was destroyed before it could be sealed."""
REWRAPPED_AT_ONCE = 500


class WrongMasterKey(Exception):
    """There are keys that neither of the master keys unwraps."""


class Vault:
    """The keys of one service's database."""

    def __init__(self, database: Database, crypt: Crypt) -> None:
        self._database = database
        self._crypt = crypt

    async def seal(self, parts: Sequence[ToSeal]) -> tuple[Write, ...]:
        """Seal text that is about to be saved; returns the keys to save with it."""
        await self._load()
        by_person: dict[str, list[Sealed[Any]]] = defaultdict(list)
        for person, part in parts:
            by_person[person].append(part)
        found = await self._keys([key_id(person) for person in by_person])
        made = []
        for person, texts in by_person.items():
            key = found.get(key_id(person))
            if key is None:
                key = self._crypt.new_key(person)
                made.append(Write(KEYS, key_id(person).hex(), InsertOne(key), document=key))
            for text in texts:
                text.seal(GONE if "destroyed" in key else self._crypt.seal(key, text.to_seal()))
        return tuple(made)

    async def open(self, *models: BaseModel) -> None:
        """Open every sealed part of these in place; those whose key is gone are `erased`."""
        closed = [
            part
            for model in models
            for part in sealed_parts(model)
            if part.sealed is not None and part.closed
        ]
        if closed:
            await self._load()
        found = await self._keys([key_of(part.sealed) for part in closed if part.sealed])
        for part in closed:
            key = found.get(key_of(part.sealed or b""))
            whole = key is not None and "destroyed" not in key
            part.opened(self._crypt.open(key, part.sealed or b"") if key is not None and whole else None)

    async def check(self) -> None:
        """Do the master keys fit the keys there are?

        Raises:
            WrongMasterKey: they don't.
        """
        strange = {"$nin": [*self._crypt.names, None]}
        rows = await self._database.find(
            KEYS, {"masterKey.provider": strange}, fields=("masterKey",), limit=1
        )
        if rows:
            raise WrongMasterKey(
                f"keys in {self._database.name} were wrapped by the master key "
                f"{rows[0]['masterKey']['provider']}; this one is {self._crypt.current}. Set MASTER_KEY to that one, "
                "or MASTER_KEY_BEFORE to it and run: keys rewrap"
            )

    async def rewrap(self, *, now: datetime) -> int:
        """Wrap every key by the current master key; returns how many were not. Safe to run again."""
        await self._load()
        old = {"masterKey.provider": {"$nin": [self._crypt.current, None]}}
        done = 0
        while keys := await self._database.find(KEYS, old, limit=REWRAPPED_AT_ONCE):
            by_id = {key["_id"]: key["masterKey"] for key in keys}
            changes = [_wrapped(one, by_id[one["_id"]], now) for one in self._crypt.rewrap(keys)]
            done += (await self._database.bulk_write(KEYS, changes)).modified_count
        return done

    async def _load(self) -> None:
        if not self._crypt.loaded:
            await asyncio.get_running_loop().run_in_executor(None, self._crypt.load)

    async def _keys(self, ids: Sequence[Binary]) -> Mapping[Binary, Document]:
        wanted = [*dict.fromkeys(ids)]
        if len(wanted) == 1:
            one = await self._database.get(KEYS, wanted[0])
            return {wanted[0]: one} if one else {}
        rows = await self._database.find(KEYS, {"_id": {"$in": wanted}}) if wanted else []
        return {row["_id"]: row for row in rows}


def destroying(person: str, *, now: datetime) -> Write:
    """A person's key gone, or never to be made."""
    gone = {
        "$set": {"keyAltNames": [person], "destroyed": now},
        "$unset": {"keyMaterial": "", "masterKey": ""},
    }
    return Write(KEYS, key_id(person).hex(), UpdateOne({"_id": key_id(person)}, gone, upsert=True))


def _wrapped(key: Document, before: Document, now: datetime) -> UpdateOne:
    # A key that was destroyed meanwhile has no master key any more, and stays so.
    kept = {"masterKey": key["masterKey"], "keyMaterial": key["keyMaterial"], "updateDate": now}
    return UpdateOne({"_id": key["_id"], "masterKey": before}, {"$set": kept})
