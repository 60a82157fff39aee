"""Folding: when two spellings are the same header or the same name (docs/rules.md §3 and §7).

What belongs here: the one definition of each folding. dbt calls `folded_name` through a DuckDB function, so SQL
and Python agree.
What does not: judging that two names that fold differently are one project (the alias register says so).
"""

import re
import unicodedata
from collections.abc import Sequence

_NOT_WORD = re.compile(r"[^0-9a-z]+")
_NOT_IN_SLUGS = re.compile(r"[^0-9a-z\n]+")
# What ASCII has beside the letters of a folded name and the end of its line.
_NOT_IN_NAMES = bytes(set(range(128)) - set(b"0123456789abcdefghijklmnopqrstuvwxyz\n"))
# Beyond Latin and its punctuation, the curly apostrophe of French included, and the marks that letters come apart into.
_MAY_BE_MARK = re.compile(r"[\u0300-\u1fff\u2070-\U0010ffff]")
_FRENCH_MARKS = re.compile(r"[\u0300-\u036f]+")


def _without_accents(text: str) -> str:
    return text.casefold() if text.isascii() else _without_marks(_apart(text))


def _apart(text: str) -> str:
    """The text in small letters, each apart from its marks; ligatures are spelled out, as a French reader would."""
    # Marks go first: normalising is quadratic in the marks of one letter.
    small = unicodedata.normalize("NFKD", _without_marks(text)).casefold()
    return small.replace("œ", "oe").replace("æ", "ae")


def _without_marks(text: str) -> str:
    if _MAY_BE_MARK.search(text) is None:
        return text
    bare = _FRENCH_MARKS.sub("", text)
    if _MAY_BE_MARK.search(bare) is None:
        return bare
    return "".join(character for character in bare if not unicodedata.combining(character))


def fold_header(text: str) -> str:
    r"""Fold a header cell: case, accents, spaces, line breaks and punctuation do not count.

    `"Date Publication\n(rouge)"` and `"date publication rouge"` both give `"date publication rouge"`.
    """
    return _NOT_WORD.sub(" ", _without_accents(text)).strip()


def fold_name(text: str) -> str:
    """Fold a project or ministry name: as a header, with no spaces left and `@` read as `a`.

    `"MCIC²"` and `"MCIC-2"` both give `"mcic2"`; `"MISTR@L"` and `"Mistral"` both give `"mistral"`.
    """
    return fold_names([text])[0]


def fold_names(texts: Sequence[str]) -> list[str]:
    """Fold many names at once, as one text of a line each: a tenth of the time."""
    letters = _apart(_lines(texts)).encode("ascii", "ignore").translate(None, _NOT_IN_NAMES)
    return letters.decode().split("\n")[: len(texts)]


def _lines(texts: Sequence[str]) -> str:
    lines = "\n".join(texts)
    if lines.count("\n") >= len(texts):
        lines = "\n".join(text.replace("\n", " ") for text in texts)
    return lines.replace("@", "a")


def hyphenated(texts: Sequence[str]) -> list[str]:
    """The words of each text, folded as a name is and joined by hyphens: without these it is the folded name.

    `"France-Visas"` gives `"france-visas"`; a text without any Latin letter or digit gives nothing.
    """
    letters = _NOT_IN_SLUGS.sub("-", _without_accents(_lines(texts)))
    return [words.strip("-") for words in letters.split("\n")][: len(texts)]


def folded_name(name: str) -> str:
    """What a name is compared by; one without any Latin letter or digit folds to nothing and stands for itself."""
    return folded_names([name])[0]


def folded_names(names: Sequence[str]) -> list[str]:
    """What each name is compared by."""
    return [short or name.strip().lower() for name, short in zip(names, fold_names(names), strict=True)]
