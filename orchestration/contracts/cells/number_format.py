"""Number formats: the unit and the scale in which a cell shows a number, never the rounding (docs/rules.md §4).

What belongs here: what a format says, and a number as it is shown. What does not: where formats stand in a file
(`intake.opening.cell_formats`), or what a unit is worth (`numbers`).
"""

import re
from decimal import Decimal
from typing import NamedTuple, Self

_TOKEN = re.compile(
    r'"(?P<quoted>[^"]*)"?|\\(?P<escaped>.)|_(?P<space>.)|\*.|\[(?P<bracket>[^\]]*)\]?|(?P<general>general)'
    r"|(?P<digit>[0#?])|(?P<mark>[.,])|(?P<exponent>e[+-])|(?P<end>;)|(?P<other>.)",
    re.IGNORECASE | re.DOTALL,
)
_CONDITION = re.compile(r"(?:value\(\))?\s*(<=|>=|<>|!=|<|>|=)\s*(-?\d{1,300}(?:\.\d{1,300})?)")
# Commas after the last digit of the whole part divide by a thousand each.
_SCALE = re.compile(r"[0#?](,+)(?=\.|$)")
_DATE_LETTERS = frozenset("dmyhsDMYHS")
# Signs and blanks around a unit are no part of it, and neither are brackets, unless they are within it: `an(s)`.
_AROUND_UNIT = re.compile(r"[\s+*~≈-]+")
_IN_BRACKETS = re.compile(r"\(([^()]*)\)?|([^()]*)\)")
_HUNDRED, _THOUSAND = Decimal(100), Decimal(1000)


class Shown(NamedTuple):
    """How a number is shown: the words beside it, and what it is multiplied by; not at all where that is by 0."""

    unit: str = ""
    factor: Decimal = Decimal(1)


class Condition(NamedTuple):
    """For which numbers a section of a format is."""

    sign: str
    bound: Decimal

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """Read `>=1000` or `value()>=1000`; `None` for what is no condition."""
        found = _CONDITION.fullmatch(text.strip())
        return cls(found[1], Decimal(found[2])) if found else None

    def holds(self, value: Decimal) -> bool:
        """Whether a number meets it."""
        less, equal = value < self.bound, value == self.bound
        match self.sign:
            case "<" | "<=":
                return less or (equal and "=" in self.sign)
            case ">" | ">=":
                return not less and (not equal or "=" in self.sign)
        return equal == (self.sign == "=")


class NumberFormat(NamedTuple):
    """A format: its sections, each for the numbers of which its condition holds, the last for all others.

    A section that shows a date is `None`.
    """

    sections: tuple[tuple[Condition | None, Shown | None], ...]

    @property
    def is_telling(self) -> bool:
        """Whether it gives any number a unit or a scale, or hides any."""
        return any(shown not in (None, Shown()) for _, shown in self.sections)

    def of(self, value: Decimal) -> Shown | None:
        """How a number is shown; `None` where it is as a date."""
        for condition, shown in self.sections:
            if condition is None or condition.holds(value):
                return shown
        return self.sections[-1][1]


# By a word, or by nothing.
NOT_SHOWN = Shown(factor=Decimal(0))
PERCENT = NumberFormat(((None, Shown("%", _HUNDRED)),))


class ShownNumber(str):
    """A number that its cell shows with a unit or to another scale: the text that the agent sees, but not rounded.

    `number` is what the cell holds, `unit` the words beside it. One that `is_hidden` is not shown: its text is the
    number.
    """

    __slots__ = ("is_hidden", "number", "unit")
    number: float
    unit: str
    is_hidden: bool

    @classmethod
    def of(cls, number: float, number_format: NumberFormat) -> Self | None:
        """A number as its format shows it; `None` where the format adds nothing to it, and for a 0 that it hides."""
        value = Decimal(repr(number))
        shown = number_format.of(value) if value.is_finite() else None
        is_hidden = shown == NOT_SHOWN
        if shown is None or shown == Shown() or (is_hidden and not value):
            return None
        text = f"{(value * (shown.factor or 1)).normalize():,f}".replace(",", " ").replace(".", ",")
        one = cls(f"{text} {shown.unit}".rstrip())
        one.number, one.unit, one.is_hidden = number, shown.unit, is_hidden
        return one

    @property
    def typed(self) -> str:
        """The same number so that its comma, which is a decimal mark, cannot be read otherwise."""
        return re.sub(r"(,\d{3})(?!\d)", r"\g<1>0", self, count=1)


def number_format(code: str) -> NumberFormat:
    """What a format code of Excel says, such as `#,##0.0,," M€"`."""
    sections: list[tuple[Condition | None, Shown | None]] = []
    section = _Section()
    for token in _TOKEN.finditer(code):
        if token["end"]:
            sections.append((section.condition, section.shown()))
            section = _Section()
        else:
            section.take(token)
    # The fourth section is for texts. One alone that is empty changes nothing.
    sections = [*sections, (section.condition, section.shown() if sections or section.has_signs else None)][:3]
    above, below = (Condition(">" if len(sections) == 3 else ">=", Decimal(0)), Condition("<", Decimal(0)))
    implied = [above, below][: len(sections) - 1]
    return NumberFormat(
        tuple((own or condition, shown) for (own, shown), condition in zip(sections, [*implied, None], strict=True))
    )


class _Section:
    """One section of a code, token by token."""

    def __init__(self) -> None:
        self.condition: Condition | None = None
        self._before, self._after, self._digits = "", "", ""
        self._factor, self._is_date, self._is_text = Decimal(1), False, False

    def take(self, token: re.Match[str]) -> None:
        if token["digit"] or token["general"] or (token["mark"] and not self._after):
            # What stands between digits is no unit.
            self._after = ""
            self._digits += "0" if token["general"] else token[0]
        elif token["bracket"] is not None:
            self._take_bracket(token["bracket"])
        elif token["other"] == "%":
            self._factor *= _HUNDRED
            self._add("%")
        elif token["other"] and token["other"] in _DATE_LETTERS:
            self._is_date = True
        elif token["other"] == "@":
            self._is_text = True
        elif not token["exponent"]:
            self._add(
                " " if token["space"] else token["quoted"] or token["escaped"] or token["other"] or token["mark"] or ""
            )

    def _take_bracket(self, text: str) -> None:
        if text.startswith("$"):
            self._add(text[1:].partition("-")[0])
        elif condition := Condition.parse(text):
            self.condition = condition
        elif text and set(text) <= _DATE_LETTERS:
            self._is_date = True

    def _add(self, text: str) -> None:
        if self._digits:
            self._after += text
        else:
            self._before += text

    @property
    def has_signs(self) -> bool:
        """Whether it shows anything at all."""
        return bool((self._before + self._digits).strip())

    def shown(self) -> Shown | None:
        """What the section says; `None` where it shows a date."""
        if self._is_date:
            return None
        if not re.search(r"[0#?]", self._digits):
            # As text (`@`), a number is shown as it is.
            return Shown() if self._is_text else NOT_SHOWN
        scale = _SCALE.search(self._digits)
        factor = self._factor / _THOUSAND ** (len(scale[1]) if scale else 0)
        return Shown(unit_of(self._before, self._after), factor)


def unit_of(before: str, after: str) -> str:
    """The unit that the words before and after a number make."""
    words = []
    for part in (before, after):
        word = _AROUND_UNIT.sub(" ", part).strip()
        bracketed = _IN_BRACKETS.fullmatch(word)
        words.append((bracketed[1] or bracketed[2] or "").strip() if bracketed else word)
    return " ".join(filter(None, words))
