"""Idempotency keys: the first answer to a request is kept with what it saved, and given to every repetition."""

import hashlib
from datetime import datetime, timedelta

from fastapi import Request, Response

from shared.domain.errors import Invalid
from shared.domain.people import Actor
from shared.storage.mongo import Database, Document
from shared.storage.schema import Collection, Index
from shared.storage.unit_of_work import Write

KEY_HEADER = "Idempotency-Key"
KEY_LIMIT = 200
IDEMPOTENCY = "idempotency"
KEPT_FOR = timedelta(hours=48)
COLLECTION = Collection(
    name=IDEMPOTENCY, indexes=(Index(keys=(("at", 1),), expire_after_s=int(KEPT_FOR.total_seconds())),)
)


class Once:
    """One request's key. Without one, nothing is kept and nothing is repeated."""

    def __init__(self, database: Database, *, id: str | None, request: str) -> None:
        self._database = database
        self._id = id
        self._request = request

    @classmethod
    async def of(
        cls, request: Request, database: Database, *, actor: Actor | None, key: str | None
    ) -> "Once":
        """The key of this request: a person's own, on this route alone.

        People who are not signed in can't be told apart by who they are, so what they send is: for them the same
        key with another body is another request.
        """
        if key is None:
            return cls(database, id=None, request="")
        target = f"{request.method} {request.scope['path']}"
        sent = _hash(target, (await request.body()).decode("latin-1"))
        # An id has at least one character, so nobody is ever "".
        who = (actor.person,) if actor else ("", sent)
        return cls(database, id=_hash(*who, target, key), request=sent)

    async def answer(self) -> Response | None:
        """The first answer to the same request, if it was given before.

        Raises:
            Invalid: the key was used for another request.
        """
        row = await self._database.get(IDEMPOTENCY, self._id) if self._id else None
        if row is None:
            return None
        if row["request"] != self._request:
            raise Invalid(
                "idempotency_key_reused",
                "This Idempotency-Key was used for another request; use a new key for a new request.",
            )
        answer = answered(row["status"], bytes(row["body"]), row["etag"])
        answer.headers["Idempotency-Replayed"] = "true"
        return answer

    def remember(self, status: int, body: bytes, tag: str | None, *, now: datetime) -> list[Write]:
        """What to save with the decision so that a repetition is answered alike."""
        if self._id is None:
            return []
        row: Document = {
            "_id": self._id,
            "request": self._request,
            "status": status,
            "body": body,
            "etag": tag,
            "at": now,
        }
        return [Write.insert(IDEMPOTENCY, row)]


def answered(status: int, body: bytes, tag: str | None) -> Response:
    """The answer to a command; `tag` is the version of the record it is about, if it is about one."""
    headers = {"ETag": tag} if tag is not None else {}
    return Response(body, status, media_type="application/json", headers=headers)


def _hash(*parts: str) -> str:
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()
