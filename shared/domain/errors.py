"""What the domain says no with.

Refusal                 somebody asked for something the rules don't allow
├── Forbidden           this person may not do this (403)
├── NotFound            there is no such thing, or it is another site's (404)
├── Conflict            the thing's present state doesn't allow it (409)
└── Invalid             the request itself is wrong (422)

Each refusal is raised with a stable `code` (part of the public contract, never reused for another meaning)
and a message that names the thing and the remedy. `shared.web.problems` is the one place that maps them to
HTTP.
"""

from collections.abc import Mapping


class Refusal(Exception):
    """A rule said no. Subclass by what the caller can do about it, never raise this one itself."""

    def __init__(self, code: str, message: str, **details: object) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.details: Mapping[str, object] = details


class Forbidden(Refusal):
    """The person is known, and may not do this."""


class NotFound(Refusal):
    """No such thing for this person; used for another site's things too, so nobody learns they exist."""


class Conflict(Refusal):
    """The thing is not in a state that allows this; the message says what would."""


class Invalid(Refusal):
    """A value is wrong in a way its type can't say."""
