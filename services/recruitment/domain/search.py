"""How people are looked up by the beginning of a name or an e-mail address.

The keys are in the person's own document alone, so that erasing the person erases them; a copy beside each
application would have to be found and erased as well.
"""

import unicodedata
from collections.abc import Iterable

WORDS = 5
"""Words of a name from which it can be looked up."""

LETTERS = 40
"""Of a key: more tells nobody apart."""


def normal(text: str) -> str:
    """As compared: without accents, capitals or doubled spaces."""
    letters = unicodedata.normalize("NFKD", text)
    return " ".join("".join(one for one in letters if not unicodedata.combining(one)).casefold().split())


def keys(name: str, email: str, *, sites: Iterable[str]) -> list[str]:
    """What somebody is found by at each of these sites: the name from each of its words on, and the address."""
    words = normal(name).split()
    names = [" ".join(words[at:]) for at in range(min(len(words), WORDS))]
    return sorted({key_of(site, text) for site in sites for text in (*names, normal(email))})


def key_of(site: str, text: str) -> str:
    """The key of a normalised text at a site. No site's name has a slash."""
    return f"{site}/{text[:LETTERS]}"


def between(site: str, beginning: str) -> tuple[str, str]:
    """The keys that begin so at a site: from the first, up to and without the second."""
    first = key_of(site, normal(beginning))
    return first, first + "\U0010ffff"
