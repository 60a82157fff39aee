"""How alike two projects look by what is said of them: a hint for whoever judges (docs/rules.md §7).

From `dbt_variable("alias_likeness_threshold")` on, two names are proposed as one project's.
What belongs here: the one scorer that receipts and, through DuckDB functions, the mart `alias_proposals` share.
What does not: which projects are compared, and the register of what was judged (`orchestration.domain.alias_register`).
"""

from functools import lru_cache

from orchestration.domain.folding import fold_header

_LIKENESS_OF_INITIALS = 90
# One text under two names says a little less than nearly one name.
_MOST_BY_DESCRIPTION = 0.95
# Comparing takes the product of the lengths, and no name or description needs more to be told from another.
_MAX_LETTERS = 2_000


def likeness(name: str, other: str) -> int:
    """How alike two names are, from 0 to 100: their common words, or one the initials of the other."""
    from rapidfuzz import fuzz

    ours, theirs = _words(name), _words(other)
    if not ours or not theirs:
        return 0
    if _initials(ours) == theirs or _initials(theirs) == ours:
        return _LIKENESS_OF_INITIALS
    by_words = (fuzz.token_set_ratio(ours, theirs) + fuzz.ratio(ours, theirs)) / 2
    # `FRANCECONNECT` and `FRANCE CONNECT` share no word; only nearly equal letters count for more than words.
    return round(max(by_words, fuzz.ratio(ours.replace(" ", ""), theirs.replace(" ", ""), score_cutoff=75)))


def resemblance(name: str, other: str, description: str = "", other_description: str = "") -> int:
    """How alike two projects are, from 0 to 100: their names or, if both are given, their descriptions if more alike.

    Give the descriptions only of projects of one perimeter and one start: others share words without being one.
    """
    from rapidfuzz import fuzz

    by_name = likeness(name, other)
    ours, theirs = _words(description), _words(other_description)
    if not ours or not theirs:
        return by_name
    return max(by_name, round(_MOST_BY_DESCRIPTION * fuzz.token_set_ratio(ours, theirs)))


@lru_cache(maxsize=4096)
def _words(text: str) -> str:
    return fold_header(text[:_MAX_LETTERS].replace("@", "a"))


def _initials(words: str) -> str:
    initials = "".join(word[0] for word in words.split() if len(word) > 2)
    return initials if len(initials) > 2 else "-"
