"""Cursors: where a list goes on, as a word that is not to be understood and can't be altered unseen."""

import base64
import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from shared.domain.errors import Invalid

_SUM_BYTES = 6


class Order:
    """The order of one list: by `_id`, or by a time that never changes and `_id` after it."""

    def __init__(self, collection: str, *, by_time: str | None = None) -> None:
        self._list = f"{collection}/{by_time or '_id'}"
        self._time = by_time
        self.sort = ((by_time, 1), ("_id", 1)) if by_time else (("_id", 1),)

    def cursor(self, row: Mapping[str, Any]) -> str:
        """The cursor of what comes after this row."""
        time = row[self._time].isoformat() if self._time else ""
        return self._signed(f"{time}/{row['_id']}")

    def after(self, cursor: str) -> Mapping[str, Any]:
        """The filter for what comes after.

        Raises:
            Invalid: the cursor is none of this list's, or was altered.
        """
        time, _, id = self._place(cursor).partition("/")
        if not self._time:
            return {"_id": {"$gt": id}}
        last = datetime.fromisoformat(time)
        return {"$or": [{self._time: {"$gt": last}}, {self._time: last, "_id": {"$gt": id}}]}

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
