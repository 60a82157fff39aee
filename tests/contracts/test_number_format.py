"""What a number format says, code by code, and what a number says that is shown by it (docs/rules.md §4)."""

from decimal import Decimal

import pytest

from orchestration.contracts.cells.cell import Parsed, typed_text
from orchestration.contracts.cells.number_format import Condition, Shown, ShownNumber, number_format
from orchestration.contracts.cells.parsing import parser_of
from orchestration.contracts.cells.shown_numbers import reading_what_is_shown
from orchestration.contracts.contract import Column


@pytest.mark.parametrize(
    ("code", "number", "text"),
    [
        ('#,##0" k€"', 920, "920 k€"),
        ('#,##0" k€"', 919.6, "919,6 k€"),
        (r"0\ \m\o\i\s", 18, "18 mois"),
        ('0.0,," M€"', 48_200_000, "48,2 M€"),
        ('#,##0, "k€"', 920_000, "920 k€"),
        ("0.00,,", 850_000, "0,85"),
        ("#,##0,.0", 1500, "1,5"),
        ("0%", 0.35, "35 %"),
        ("0.0 %", 0.07, "7 %"),
        ('0" %"', 35, "35 %"),
        ("[$€-40C] #,##0.00", 48.2, "48,2 €"),
        (r"#,##0.00\ [$k€-40C];[Red]\-#,##0.00\ [$k€-40C]", 1234.5, "1 234,5 k€"),
        (r'_-* #,##0.00\ "€"_-;\-* #,##0.00\ "€"_-;_-* "-"??\ "€"_-', -12, "-12 €"),
        ('General" k€"', 48.2, "48,2 k€"),
        ('0" (k€)"', 5, "5 k€"),
        ('0" an(s)"', 4, "4 an(s)"),
        ('(0" k€)"', 4, "4 k€"),
        ('[>=1000000]0.0,," M€";[>=1000]0," k€";0" €"', 48_200_000, "48,2 M€"),
        ('[>=1000000]0.0,," M€";[>=1000]0," k€";0" €"', 850_000, "850 k€"),
        ('[>=1000000]0.0,," M€";[>=1000]0," k€";0" €"', 12, "12 €"),
        ('0;-0" k€"', -3, "-3 k€"),
        ('0;0;0" k€"', 0, "0 k€"),
        ('[<10]0.0" M€";0', 9, "9 M€"),
    ],
)
def test_a_number_is_shown_with_the_unit_and_the_scale_of_its_format_and_never_rounded(code, number, text):
    assert ShownNumber.of(number, number_format(code)) == text


@pytest.mark.parametrize(
    "code",
    [
        "General",
        "0.00",
        "#,##0",
        "# ##0,0",
        "@",
        "# ?/?",
        "0.00E+00",
        "dd/mm/yyyy",
        "[h]:mm",
        '" "* #,##0"   ";"-"* #,##0"   ";" "* "-"#"   ";" "@" "',
        r"#,##0.00_ ;[Red]\-#,##0.00\ ",
        r"_-* #,##0.00_-;\-* #,##0.00_-;_-* \-??_-;_-@_-",
        "[$-40C]0.0",
        "00 00 00",
        "",
        '"',
        "[",
        "\\ ",
    ],
)
def test_a_format_that_only_rounds_groups_or_colours_adds_nothing(code):
    one = number_format(code)
    assert not one.is_telling
    assert ShownNumber.of(48.2, one) is None


@pytest.mark.parametrize("code", [";;;", '"NC"', '"Oui";;"Non"', '"";-0', '_-"-"_-;-0;0'])
def test_a_number_that_its_format_does_not_show_is_read_and_told(code):
    column = Column("field", "Titre", "cost", "", "", unit="M€")
    shown = ShownNumber.of(42.5, number_format(code))
    assert shown == "42,5"
    parsed = reading_what_is_shown(column, parser_of(column))(shown)
    assert (parsed.value, parsed.doubt, parsed.taken) == (Decimal("42.5"), "cell_number_hidden", "42,5 M€")
    assert number_format(code).is_telling


@pytest.mark.parametrize("code", ["0;-0;", '0;-0;"-"', ";;;"])
def test_a_zero_that_its_format_does_not_show_says_no_more_than_a_zero(code):
    assert ShownNumber.of(0, number_format(code)) is None


@pytest.mark.parametrize("number", [float("inf"), float("nan")])
def test_what_is_no_number_is_not_shown(number):
    assert ShownNumber.of(number, number_format("0%")) is None


@pytest.mark.parametrize(
    ("text", "value", "holds"),
    [
        (">=1000", 1000, True),
        (">1000", 1000, False),
        ("<0", -1, True),
        ("<=0", 0, True),
        ("=0", 0, True),
        ("<>0", 0, False),
        ("value()>=1.5", 2, True),
        ("value()!=0", 0, False),
    ],
)
def test_a_condition_is_that_of_excel_or_of_opendocument(text, value, holds):
    condition = Condition.parse(text)
    assert condition is not None
    assert condition.holds(Decimal(value)) is holds


@pytest.mark.parametrize("text", ["Red", "value()", ">= x", "h", ">=1e5"])
def test_other_words_in_brackets_are_no_condition(text):
    assert Condition.parse(text) is None


def _read(number, code, kind, unit=None) -> Parsed:
    column = Column("field", "Titre", kind, "", "", unit=unit)
    shown = ShownNumber.of(number, number_format(code))
    assert shown is not None
    return reading_what_is_shown(column, parser_of(column))(shown)


@pytest.mark.parametrize(
    ("number", "code", "kind", "unit", "value", "taken"),
    [
        (920, '0" k€"', "cost", "M€", "0.92", "0,92 M€"),
        (850_000, "0.00,,", "cost", "M€", "0.85", "0,85 M€"),
        (1.25, '0.00" Md€"', "cost", "M€", "1250", "1250 M€"),
        (18, '0" mois"', "duration", "années", "547.5", "1,5 années"),
        (1000, '0" jours"', "duration", "années", "1000", "2,74 années"),
        (0.35, "0%", "number", None, "35", "35"),
        (1.234, '0.000" agents"', "number", None, "1.234", "1,234"),
        (1200, '0" dossiers"', "volume", "démarches par an", "1200", "1200 démarches par an"),
    ],
)
def test_a_number_is_read_as_it_is_shown_and_told(number, code, kind, unit, value, taken):
    parsed = _read(number, code, kind, unit)
    assert (parsed.value, parsed.doubt, parsed.taken) == (Decimal(value), "cell_read_as_shown", taken)


@pytest.mark.parametrize(
    ("number", "code", "kind", "value"),
    [
        (48.2, '0.0" M€"', "cost", "48.2"),
        (8.985, '0.000" M€"', "cost", "8.985"),
        (4.5, '0.0" an(s)"', "duration", "1642.5"),
        (8.2, '0.0" /10"', "score", "8.2"),
        (35, '0" %"', "rate", "0.35"),
        (0.35, "0%", "rate", "0.35"),
        (1200, '0" ms"', "integer", "1200"),
    ],
)
def test_a_format_that_says_what_the_column_says_needs_no_word(number, code, kind, value):
    parsed = _read(number, code, kind)
    assert (parsed.value, parsed.doubt, parsed.fault) == (Decimal(value), None, None)


@pytest.mark.parametrize(
    ("number", "code", "kind"),
    [
        (0.82, "0%", "score"),
        (0.48, "0%", "cost"),
        (4, "0%", "duration"),
        (1, "0%", "volume"),
        (18, '0" mois"', "cost"),
        (2, '0" s"', "integer"),
        (12, '0" k"', "volume"),
        (1.2, '0.0" millions d\'euros"', "number"),
        (48.2, '0.0" (estimé)"', "cost"),
    ],
)
def test_a_unit_that_the_column_does_not_have_is_a_fault(number, code, kind):
    assert _read(number, code, kind).fault == "cell_format_not_of_column"


def test_a_scaled_volume_that_is_not_whole_is_not_taken_for_thousands():
    assert ShownNumber.of(1250, number_format("0.000,")) == "1,25"
    assert _read(1250, "0.000,", "volume").fault == _read(1234, "0.000,", "volume").fault == "cell_unreadable_number"


def test_a_shown_number_is_text_and_keeps_what_the_cell_holds():
    shown = ShownNumber.of(920, number_format('0" k€"'))
    assert (typed_text(shown), shown.number, shown.unit) == ("920 k€", 920, "k€")
    assert number_format('0" k€"').of(Decimal(1)) == Shown("k€")
