"""Folding: when two spellings are the same header or the same name (SPEC §3 and §7).

What belongs here: the one definition of each folding. dbt calls `fold_name` through a DuckDB function, so SQL and
Python agree.
What does not: judging that two names that fold differently are one project (the alias register says so).
"""

import re
import unicodedata

_NOT_WORD = re.compile(r"[^0-9a-z]+")
# The marks that letters of French come apart into, and where no other mark stands before.
_FRENCH_MARKS = re.compile(r"[\u0300-\u036f]+")
# Beyond Latin and its punctuation, the curly apostrophe of French included.
_BEYOND_LATIN = re.compile(r"[\u0370-\u1fff\u2070-\U0010ffff]")


def _without_accents(text: str) -> str:
    if text.isascii():
        return text.casefold()
    # Marks go first: normalising is quadratic in the marks of one letter.
    folded = unicodedata.normalize("NFKD", _without_marks(text)).casefold()
    # Ligatures have no decomposition: œ and æ are spelled out, as a French reader would.
    folded = folded.replace("œ", "oe").replace("æ", "ae")
    return _without_marks(folded)


def _without_marks(text: str) -> str:
    bare = _FRENCH_MARKS.sub("", text)
    if _BEYOND_LATIN.search(bare) is None:
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
    return _NOT_WORD.sub("", _without_accents(text.replace("@", "a")))
