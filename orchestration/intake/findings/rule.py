"""A rule of intake: the words of the findings that intake itself makes, and of the catalogue.

What belongs here: the record. What does not: the rules on values, which are expectations
(`expectations/submissions`), and where a rule is applied.
"""

from dataclasses import dataclass, field
from typing import Literal

from expectations.rule import Severity

# What a refusal asks of: the file, where it was put, or us.
Blame = Literal["file", "place", "us"]


@dataclass(frozen=True)
class Rule:
    """One rule; `expected` and `remedy` may hold `{placeholders}` that the place of use fills.

    The catalogue shows `title` (what is expected, in general), `why`, and an example, `wrong` then `right`. `blame`
    says what has to be mended; `is_of_row` that it is about a whole row, whichever of its cells tells it.
    """

    severity: Severity
    expected: str
    remedy: str
    title: str = field(default="", kw_only=True)
    why: str = field(default="", kw_only=True)
    wrong: str = field(default="", kw_only=True)
    right: str = field(default="", kw_only=True)
    blame: Blame = field(default="file", kw_only=True)
    is_of_row: bool = field(default=False, kw_only=True)
