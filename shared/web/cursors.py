"""Cursors: where a list goes on, as a word that is not to be understood and can't be altered unseen."""

import base64
import hashlib
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from shared.domain.errors import Invalid

_SUM_BYTES = 6


class Order:
    """The order of one list: by `_id`, or by a time or number that never changes and `_id` after it."""

    def __init__(
        self,
        collection: str,
        *,
        by_time: str | None = None,
        by_number: str | None = None,
        newest_first: bool = False,
    ) -> None:
        self._field = by_time or by_number
        self._list = f"{collection}/{self._field or '_id'}"
        self._parse: Callable[[str], Any] = datetime.fromisoformat if by_time else int
        step, self._beyond = (-1, "$lt") if newest_first else (1, "$gt")
        self.sort = ((self._field, step), ("_id", step)) if self._field else (("_id", step),)

    def cursor(self, row: Mapping[str, Any]) -> str:
        """The cursor of what comes after this row."""
        value = row[self._field] if self._field else ""
        text = value.isoformat() if isinstance(value, datetime) else str(value)
        return self._signed(f"{text}/{row['_id']}")

    def after(self, cursor: str) -> Mapping[str, Any]:
        """The filter for what comes after.

        Raises:
            Invalid: the cursor is none of this list's, or was altered.
        """
        text, _, id = self._place(cursor).partition("/")
        if not self._field:
            return {"_id": {self._beyond: id}}
        last = self._parse(text)
        return {"$or": [{self._field: {self._beyond: last}}, {self._field: last, "_id": {self._beyond: id}}]}

    def _signed(self, place: str) -> str:
        # No secret: whoever makes one up gets no further than their own sites. It tells mistakes from cursors.
        made_of = hashlib.sha256(f"{self._list}/{place}".encode()).digest()[:_SUM_BYTES]
        return base64.urlsafe_b64encode(made_of + place.encode()).decode()

    def _place(self, cursor: str) -> str:
        try:
            place = base64.urlsafe_b64decode(cursor)[_SUM_BYTES:].decode()
        except ValueError:
            place = ""
        if self._signed(place) != cursor:
            raise Invalid("cursor_invalid", "The cursor is not one of ours; start again without it.")
        return place
