"""Does a note look as if it named a client? A hint for whoever wrote it, nothing more."""

import re
from collections.abc import Collection

_WORD = re.compile(r"[^\W\d_]+(?:['-][^\W\d_]+)*")
_STARTS_A_SENTENCE = frozenset('.!?:;\n\r*-/("\N{BULLET}\N{EN DASH}\N{EM DASH}\N{LEFT DOUBLE QUOTATION MARK}')
_TITLES = frozenset({"mr", "mrs", "ms", "mx", "dr", "sr", "sra", "srta", "señor", "señora"})


def names_in(text: str, *, not_names: Collection[str]) -> tuple[str, ...]:
    """Words in `text` that look like a person's name, in order, each once.

    These are capitalised words inside a sentence, and after a title such as `Ms.`; a first name alone at the
    start of a sentence reads like any other word and is missed. Words all in capitals pass as abbreviations.
    `not_names` are capitalised words to let pass, in lower case.
    """
    passing = _TITLES.union(not_names)
    found: dict[str, None] = {}
    before, end = "", 0
    text = text.replace("\N{RIGHT SINGLE QUOTATION MARK}", "'")
    for match in _WORD.finditer(text):
        word = match.group().removesuffix("'s")
        gap = text[end : match.start()]
        opens = not before or not _STARTS_A_SENTENCE.isdisjoint(gap)
        titled = before.lower() in _TITLES and len(gap.strip()) <= 1
        if (titled or not opens) and _is_capitalised(word) and word.lower() not in passing:
            found[word] = None
        before, end = word, match.end()
    return tuple(found)


def _is_capitalised(word: str) -> bool:
    return len(word) > 1 and word[0].isupper() and not word.isupper()
