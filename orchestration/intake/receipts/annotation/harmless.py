"""What of a workbook may stay in its copy: rules and names that only look at the workbook itself.

What belongs here: judging a formula, a link. What does not: taking it out (`worksheet`, `workbook_part`).
"""

import re

# What the rule of a drop-down or of a colour may call: functions that only look at cells.
_HARMLESS = re.compile(
    "ABS|AND|CEILING|CHOOSE|CODE|COLUMN|COLUMNS|CONCATENATE|COUNT|COUNTA|COUNTBLANK|COUNTIF|COUNTIFS|DATE|"
    "DATEVALUE|DAY|EDATE|EOMONTH|EXACT|FALSE|FIND|FLOOR|HOUR|IF|IFERROR|INDEX|INDIRECT|INT|ISBLANK|ISERR|ISERROR|"
    "ISEVEN|ISNA|ISNUMBER|ISODD|ISTEXT|LARGE|LEFT|LEN|LOOKUP|LOWER|MATCH|MAX|MEDIAN|MID|MIN|MOD|MONTH|N|NOT|NOW|"
    "OFFSET|OR|PROPER|REPT|RIGHT|ROUND|ROUNDDOWN|ROUNDUP|ROW|ROWS|SEARCH|SIGN|SMALL|SUBSTITUTE|SUBTOTAL|SUM|SUMIF|"
    "SUMIFS|SUMPRODUCT|T|TEXT|TIME|TODAY|TRIM|TRUE|TRUNC|UPPER|VALUE|VLOOKUP|HLOOKUP|WEEKDAY|YEAR|AVERAGE|AVERAGEIF|RANK",
    re.IGNORECASE,
)
# Words, and names of sheets of this workbook.
_QUOTED = re.compile(r""""[^"]*"|'[^'\[\]|#/\\:]*'""")
# From the start of a word only, and past one blank at most: a formula may be as long as a stranger likes.
_CALLED = re.compile(r"(?<![^\s(),;&<>=*/+^-])([^\s(),;&<>=*/+^-]*) ?\(")
_BLANKS = re.compile(r"\s+")
# What makes an address of a text may reach where the text says: no word of such a rule names a file.
_BY_ADDRESS = re.compile(r"INDIRECT", re.IGNORECASE)
_OUTSIDE = re.compile(r"[\[\]|#/\\]")
_COLUMN_OF_A_TABLE = re.compile(r'"\w+\[[^\[\]|#/\\:!]*\]"')
_WEB = ("http://", "https://", "mailto:")


def is_harmless(formula: str | None) -> bool:
    """Whether a rule or a name stays within the workbook: ranges, numbers, words, and functions that only look."""
    bare = _BLANKS.sub(" ", _QUOTED.sub("", formula or ""))
    words = _COLUMN_OF_A_TABLE.sub("", "".join(_QUOTED.findall(formula or "")))
    if _BY_ADDRESS.search(bare) and _OUTSIDE.search(words):
        return False
    are_harmless = all(_HARMLESS.fullmatch(name) for name in _CALLED.findall(bare) if name)
    return are_harmless and not set(bare) & set('[]|#"')


def is_web(target: str) -> bool:
    """Whether a link leads to a page or to a letter-box, which open when they are clicked and not before."""
    return target.lower().startswith(_WEB)
