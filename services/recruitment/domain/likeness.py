"""Who may be the same person: a hint for coordinators, never a rule.

What refuses a second application is the address letter for letter (`Contact.email_key`): a false match there would
lose somebody's application without a word. What only suggests may be bolder, and compares

- names in one form of Unicode, without case, accents and spacing (look-alikes of another script stay others)
- addresses without the part behind a plus, which most providers deliver to the same mailbox
- phones by their last digits, however the country is written

always two of them together. Kept are digests, so that no list of candidates holds a name.
"""

import hashlib
import unicodedata
from collections.abc import Iterable

PHONE_DIGITS = 9
"""So many last digits tell a phone, with and without the country's code before them."""


def plain(text: str) -> str:
    """A text as it is compared: one form of Unicode (NFKC), without case."""
    return unicodedata.normalize("NFKC", text).casefold()


def mailbox_of(email: str) -> str:
    """Where an address is delivered, as far as one can tell: without a tag."""
    local, _, domain = plain(email).rpartition("@")
    return f"{local.partition('+')[0] or local}@{domain}"


def name_key(name: str) -> str:
    """A name without case, accents and spacing."""
    letters = unicodedata.normalize("NFKD", plain(name))
    return " ".join("".join(one for one in letters if not unicodedata.combining(one)).split())


def phone_key(phone: str | None) -> str | None:
    """The last digits of a phone; None where there are too few to tell anybody."""
    digits = "".join(str(unicodedata.digit(one)) for one in phone or "" if one.isdigit())
    return digits[-PHONE_DIGITS:] if len(digits) >= PHONE_DIGITS else None


def likeness_of(name: str, email: str, phone: str | None, referees: Iterable[str]) -> tuple[str, ...]:
    """What two applications of one person would have in common: digests of a name with something beside it."""
    beside = {f"mailbox {mailbox_of(email)}", *(f"referee {mailbox_of(one)}" for one in referees)}
    if (number := phone_key(phone)) is not None:
        beside.add(f"phone {number}")
    return tuple(sorted(_digest(name_key(name), one) for one in beside))


def _digest(*parts: str) -> str:
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:32]
