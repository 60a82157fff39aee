"""What one cell says, type by type, by enumeration (docs/rules.md §4)."""

import re
import time
from datetime import date, datetime, timedelta
from datetime import time as clock
from decimal import Decimal

import pytest

from orchestration.contracts import CONTRACTS
from orchestration.contracts.cells.absences import is_no_id
from orchestration.contracts.cells.cell import Parsed, typed_text
from orchestration.contracts.cells.dates import (
    EXCEL,
    EXCEL_1904,
    OPENDOCUMENT,
    counted_from,
    is_month_first,
    looks_like_a_date,
    month_first,
    number_under,
)
from orchestration.contracts.cells.numbers import decimal_mark
from orchestration.contracts.cells.parsing import parser_of
from orchestration.contracts.contract import Column

ANY_ABSENCE = frozenset({"en_cadrage", "non_applicable", "non_communique", "a_venir", "avis_insuffisants", "tiret"})


def _read(cell, kind, **options) -> Parsed:
    return parser_of(Column("field", "Titre", kind, "", "", absences=ANY_ABSENCE, **options))(cell)


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("53,02", "53.02"),
        ("6.75", "6.75"),
        ("1 234,5", "1234.5"),
        ("1\u00a0234,5", "1234.5"),
        ("1\u202f234,5", "1234.5"),
        ("1.234,56", "1234.56"),
        ("1,234.56", "1234.56"),
        ("12.345,678", "12345.678"),
        ("12,5 M€", "12.5"),
        ("12,5M€", "12.5"),
        ("850 k€", "0.85"),
        ("1,2 Md€", "1200"),
        (" 42 ", "42"),
        ("-3", "-3"),
        (18.0, "18"),
        (33.800000000000004, "33.8"),
        (352, "352"),
    ],
)
def test_a_cost_is_read_in_millions_of_euros_to_the_cent(cell, value):
    parsed = _read(cell, "cost")
    assert parsed.value == Decimal(value)
    assert parsed.value.as_tuple().exponent == -8
    assert (parsed.doubt, parsed.fault) == (None, None)


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("48,2 M €", "48.2"),
        ("48,2\u202fM\u00a0€", "48.2"),
        ("48,2 M€ TTC", "48.2"),
        ("48,2 M€ (TTC)", "48.2"),
        ("42,5 millions d’euros", "42.5"),
        ("42,5 Millions d'euros", "42.5"),
        ("42,5\u00a0millions d\u02bceuros", "42.5"),
        ("1 million d´euros", "1"),
        ("42,5 M d’euros", "42.5"),
        ("42,5 M", "42.5"),
        ("48,2 ME", "48.2"),
        ("850 k €", "0.85"),
        ("850 kE", "0.85"),
        ("850 milliers d’euros", "0.85"),
        ("0,85 Md €", "850"),
        ("0,85 Mds", "850"),
        ("1,5 milliard d’euros", "1500"),
    ],
)
def test_a_unit_is_the_same_whatever_its_spaces_apostrophes_and_letters(cell, value):
    assert _read(cell, "cost") == Parsed(Decimal(value).quantize(Decimal("1e-8")))


@pytest.mark.parametrize(
    ("cell", "value", "taken"),
    [
        ("48,20 €", "48.2", "48,2 M€, et non 48,2 € (0,0000482 M€)"),
        ("48,20\u00a0€", "48.2", "48,2 M€, et non 48,2 € (0,0000482 M€)"),
        ("EUR 48,20", "48.2", "48,2 M€, et non 48,2 € (0,0000482 M€)"),
        ("€48.20", "48.2", "48,2 M€, et non 48,2 € (0,0000482 M€)"),
        ("48,2 euros TTC", "48.2", "48,2 M€, et non 48,2 € (0,0000482 M€)"),
        ("0,01 €", "0.01", "0,01 M€, et non 0,01 € (0,00000001 M€)"),
        ("1 000,00 €", "1000", "1 000 M€, et non 1 000 € (0,001 M€)"),
        ("10 000 €", "0.01", "0,01 M€ (10 000 €), et non 10 000 M€"),
        ("850 000 €", "0.85", "0,85 M€ (850 000 €), et non 850 000 M€"),
        ("1.234.567 €", "1.234567", "1,234567 M€ (1 234 567 €), et non 1 234 567 M€"),
        ("3 500 000,00 EUR", "3.5", "3,5 M€ (3 500 000 €), et non 3 500 000 M€"),
        # Of three readings, the two that the column leaves open.
        ("850.000 €", "850", "850 M€, et non 850 000 € (0,85 M€)"),
    ],
)
def test_a_bare_euro_is_a_decoration_or_a_unit_and_both_readings_are_told(cell, value, taken):
    parsed = _read(cell, "cost")
    assert (parsed.value, parsed.doubt) == (Decimal(value), "cost_bare_euro")
    assert re.sub("[\u00a0\u202f]", " ", parsed.taken) == taken


@pytest.mark.parametrize("cell", ["1 000,01 €", "2 500,00 €", "9 999 €"])
def test_a_bare_euro_that_may_be_either_is_a_fault_that_tells_both(cell):
    parsed = _read(cell, "cost")
    assert (parsed.value, parsed.fault) == (None, "cost_in_euros_or_meur")
    assert "M€ ou " in parsed.taken.replace("\u00a0", " ")


@pytest.mark.parametrize(("cell", "value"), [("0,00 €", "0"), ("0,005 €", "0.005"), ("-48,20 €", "-48.2")])
def test_a_bare_euro_beside_what_no_project_costs_is_left_to_the_expectations(cell, value):
    assert _read(cell, "cost") == Parsed(Decimal(value).quantize(Decimal("1e-8")))


@pytest.mark.parametrize(
    "cell",
    [
        *("douze", "12 5", "1.2.3", "1,23,456", "12 k", "4,5 ans", "12 %", "=1+1", "١٢", True, "1e5", "--"),
        *("1 234.567,8", "48 e", "48,2 M€ HT", "42 M€/an", "12 m²", "€ 4 €", "12 milliers"),
    ],
)
def test_what_is_no_cost_is_a_fault_and_no_value(cell):
    assert _read(cell, "cost") == Parsed(fault="cell_unreadable_number")


@pytest.mark.parametrize(
    ("cell", "kind", "value", "taken"),
    [
        ("8,985", "cost", Decimal("8.985"), "8,985 M€"),
        ("8.985", "cost", Decimal("8.985"), "8,985 M€"),
        ("1.500 k€", "cost", Decimal("0.0015"), "1,5 k€"),
        ("1.500 Md€", "cost", Decimal(1500), "1,5 Md€"),
        ("8,985", "score", Decimal("8.985"), "8,985"),
        ("8.985", "duration", Decimal("8.985") * 365, "8,985 ans"),
        ("12.345 %", "rate", Decimal("0.12345"), "12,345 %"),
        ("8.985", "volume", 8985, "8 985"),
        ("1.500", "volume", 1500, "1 500"),
        ("8,985", "volume", 8985, "8 985"),
    ],
)
def test_a_lone_separator_before_three_digits_is_decided_by_the_column_and_shown(cell, kind, value, taken):
    parsed = _read(cell, kind)
    assert (parsed.value, parsed.doubt, parsed.taken.replace("\u202f", " ")) == (value, "number_three_digits", taken)


@pytest.mark.parametrize(
    ("cell", "kind", "value"),
    [("1.234.567", "volume", 1234567), ("1 234,500", "cost", Decimal("1234.5")), ("0,985", "cost", Decimal("0.985"))],
)
def test_a_second_separator_or_a_leading_zero_leaves_no_doubt(cell, kind, value):
    parsed = _read(cell, kind)
    assert (parsed.value, parsed.doubt) == (value, None)


@pytest.mark.parametrize(
    ("cells", "mark"),
    [
        (["8,985", "48,2"], ","),
        (["8.985", "48.25", None, 12.5, "En cadrage"], "."),
        (["8,985", "0,985"], ","),
        # None that can only be read so; both; another one; one that parts thousands.
        (["8,985", "12,345", "48"], None),
        (["8,985", "48,2", "48.2"], None),
        (["8.985", "48,2"], None),
        (["8,985", "1.234,5"], None),
        (["8.985", "1.234.567"], None),
        ([8.985, 4.5], None),
    ],
)
def test_a_decimal_mark_is_known_where_it_stands_alone_in_numbers_that_are_read_in_one_way(cells, mark):
    assert decimal_mark(cells) == mark


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("12 %", "0.12"),
        ("12,5%", "0.125"),
        ("12\u202f%", "0.12"),
        ("12 ％", "0.12"),
        (0.12, "0.12"),
        ("0,12", "0.12"),
        (0.306950284442246, "0.306950284442246"),
        (1, "1"),
    ],
)
def test_a_rate_is_a_fraction(cell, value):
    assert _read(cell, "rate").value == Decimal(value)


@pytest.mark.parametrize(
    ("cell", "days", "precision"),
    [
        ("3.6684931506849314", Decimal("3.6684931506849314") * 365, "day"),
        ("5,75342465753425", Decimal("5.75342465753425") * 365, "day"),
        ("4.0", Decimal(1460), "tenth_year"),
        ("3,7", Decimal("1350.5"), "tenth_year"),
        (6.0, Decimal(2190), "tenth_year"),
        ("4,5 ans", Decimal("1642.5"), "tenth_year"),
        ("1.00", Decimal(365), "day"),
        ("4,00", Decimal(1460), "day"),
        ("4,50 ans", Decimal("1642.5"), "day"),
        ("4,5 années", Decimal("1642.5"), "tenth_year"),
        ("4", Decimal(1460), "tenth_year"),
        (4.25, Decimal("1551.25"), "day"),
    ],
)
def test_a_duration_in_years_is_kept_as_exact_days_with_its_precision(cell, days, precision):
    parsed = _read(cell, "duration")
    assert (parsed.value, parsed.precision) == (days, precision)


@pytest.mark.parametrize(
    ("cell", "day", "precision"),
    [
        ("2015-01-01", date(2015, 1, 1), "day"),
        ("01/01/2017", date(2017, 1, 1), "day"),
        ("15/07/2013", date(2013, 7, 15), "day"),
        ("1er septembre 2014", date(2014, 9, 1), "day"),
        ("juillet 2013", date(2013, 7, 1), "month"),
        ("Décembre 2015", date(2015, 12, 1), "month"),
        ("avril 15", date(2015, 4, 1), "month"),
        ("janv. 2016", date(2016, 1, 1), "month"),
        ("06/2016", date(2016, 6, 1), "month"),
        ("S1 2026", date(2026, 1, 1), "semester"),
        ("S2 2026", date(2026, 7, 1), "semester"),
        ("2026-S2", date(2026, 7, 1), "semester"),
        ("T3 2026", date(2026, 7, 1), "quarter"),
        (date(2018, 2, 28), date(2018, 2, 28), "day"),
        (datetime(2018, 2, 28, 12), date(2018, 2, 28), "day"),
        (42736.0, date(2017, 1, 1), "day"),
        ("03/05/2022\n(périmée)", date(2022, 5, 3), "day"),
        ("04/01/2021 00:00", date(2021, 1, 4), "day"),
        ("04/01/2021 00:00:00", date(2021, 1, 4), "day"),
        ("4.1.2021, 14h30", date(2021, 1, 4), "day"),
        ("04/01/2021 à 9 h", date(2021, 1, 4), "day"),
        ("31/12/2020 24:00", date(2021, 1, 1), "day"),
        ("2021-01-04T09:30:00.123456", date(2021, 1, 4), "day"),
        ("lundi 4 janvier 2021", date(2021, 1, 4), "day"),
        ("Mar. 5 janv. 2021", date(2021, 1, 5), "day"),
        ("mar. 21", date(2021, 3, 1), "month"),
        ("le 1er janvier 2021", date(2021, 1, 1), "day"),
        ("2e semestre 2021", date(2021, 7, 1), "semester"),
        ("2ème semestre 2021", date(2021, 7, 1), "semester"),
        ("premier semestre de 2021", date(2021, 1, 1), "semester"),
        ("Second sem. 2021", date(2021, 7, 1), "semester"),
        ("1er trimestre 2021", date(2021, 1, 1), "quarter"),
        ("1ᵉʳ trimestre 2021", date(2021, 1, 1), "quarter"),
        ("3e trim. 2021", date(2021, 7, 1), "quarter"),
        ("2T 2024", date(2024, 4, 1), "quarter"),
        ("T2-24", date(2024, 4, 1), "quarter"),
    ],
)
def test_a_date_keeps_its_precision(cell, day, precision):
    parsed = _read(cell, "date")
    assert (parsed.value, parsed.precision) == (day, precision)


@pytest.mark.parametrize(
    ("cell", "day"),
    [
        ("2020-12-31T23:00:00.000Z", date(2021, 1, 1)),
        ("2021-06-30T22:00:00+00:00", date(2021, 7, 1)),
        ("2021-06-30 21:59:59 UTC", date(2021, 6, 30)),
        ("2021-01-01T04:00:00+0500", date(2021, 1, 1)),
        ("2021-01-01 00:30 +02", date(2020, 12, 31)),
        ("31/12/2020 23:30 GMT", date(2021, 1, 1)),
    ],
)
def test_a_time_with_a_zone_is_moved_to_paris(cell, day):
    assert _read(cell, "date") == Parsed(day, precision="day")


@pytest.mark.parametrize("cell", [44197, 44197.0, 44197.5, "44197", " 44 197 ", "44197,25", "44197.0", 44196.9999999])
def test_a_bare_serial_is_a_day_and_is_told(cell):
    assert _read(cell, "date") == Parsed(date(2021, 1, 1), precision="day", doubt="date_serial", taken="01/01/2021")


@pytest.mark.parametrize(
    "cell",
    [
        datetime(2020, 12, 31, 23),
        datetime(2020, 12, 31, 22),
        datetime(2020, 12, 31, 23) - timedelta(milliseconds=1),
        44196 + 23 / 24,
        "44196,9166666667",
        "31/12/2020 23:00",
        "2020-12-31 22:00:00",
    ],
)
def test_a_day_at_an_hour_that_is_midnight_elsewhere_is_its_own_and_is_told(cell):
    told = "31/12/2020, et non 01/01/2021"
    assert _read(cell, "date") == Parsed(date(2020, 12, 31), precision="day", doubt="date_late_hour", taken=told)


@pytest.mark.parametrize("cell", [datetime(2020, 12, 31, 22, 1), datetime(2020, 12, 31), "31/12/2020 21:00"])
def test_a_day_at_any_other_hour_is_not_told(cell):
    assert _read(cell, "date") == Parsed(date(2020, 12, 31), precision="day")


@pytest.mark.parametrize(
    "cell",
    [
        *("13/13/2017", "32/01/2017", "bientôt", "S3 2026", "T5 2026", "2017", "2.0", 12.0, "3e semestre 2021"),
        *("5e trimestre 2021", "1er janvier", "04/01/2021 25:00", "fin 2021", "lundi", "juillet 2013 10:00"),
        *("2020-01-01 au 2021-01-01", "9999999", "12:00"),
    ],
)
def test_what_is_no_date_is_a_fault(cell):
    assert _read(cell, "date") == Parsed(fault="cell_unreadable_date")


@pytest.mark.parametrize(
    ("cell", "reason"),
    [
        ("31/02/2025", "le 31/02/2025 n’existe pas dans le calendrier"),
        (" 31-11-2026 ", "le 31-11-2026 n’existe pas dans le calendrier"),
        # What spreadsheets show of 2027 typed in a date cell, in their file and in a CSV.
        (date(1905, 7, 19), "19/07/1905 est ce qu’un tableur fait de 2027"),
        (datetime(1905, 7, 16), "16/07/1905 est ce qu’un tableur fait de 2024"),
        ("19/07/1905", "19/07/1905 est ce qu’un tableur fait de 2027"),
    ],
)
def test_a_date_that_cannot_be_meant_says_why(cell, reason):
    assert _read(cell, "date") == Parsed(fault="cell_unreadable_date", taken=reason)


@pytest.mark.parametrize("word", ["En déploiement", "en expérimentation", "En conception", "en réalisation"])
def test_a_phase_may_be_said_as_being_in_it(word):
    phase = CONTRACTS["projects"].by_field["phase"]
    assert parser_of(phase)(word).value == parser_of(phase)(word.split()[1]).value is not None


@pytest.mark.parametrize(
    ("word", "reason"),
    [
        ("En cadrage", "en_cadrage"),
        ("NA", "non_applicable"),
        ("N/A", "non_applicable"),
        ("ND", "non_communique"),
        ("n/c", "non_communique"),
        ("-", "tiret"),
        ("–", "tiret"),
        (" -\u00a0\u00a0€ ", "tiret"),
        ("À venir", "a_venir"),
        ("Non applicable", "non_applicable"),
        ("Nombre d'avis insuffisant", "avis_insuffisants"),
        ("Nombre d’avis insuffisant", "avis_insuffisants"),
    ],
)
def test_a_word_for_no_value_is_kept_as_the_reason(word, reason):
    assert _read(word, "cost") == Parsed(absence=reason)


def test_a_word_that_the_column_does_not_allow_is_a_fault():
    column = Column("field", "Titre", "cost", "", "", absences=frozenset())
    assert parser_of(column)("En cadrage").fault == "cell_unreadable_number"


def test_non_is_a_reason_for_the_accessibility_rate_and_a_word_for_the_online_status():
    columns = CONTRACTS["procedures"].by_field
    assert parser_of(columns["accessibility_rate"])("Non") == Parsed(absence="non")
    assert parser_of(columns["online_status"])("Non") == Parsed("non")
    assert parser_of(columns["online_status"])("À venir") == Parsed("a_venir")
    assert parser_of(columns["authentication"])("FranceConnect +") == Parsed("franceconnect_plus")
    assert parser_of(columns["authentication"])("FranceConnect") == Parsed("franceconnect")


def test_na_is_no_phase_and_en_cadrage_is_one():
    read = parser_of(CONTRACTS["projects"].by_field["phase"])
    assert read("NA") == Parsed(absence="non_applicable")
    assert read("–") == Parsed(absence="tiret")
    assert read("En cadrage") == Parsed("cadrage")
    assert read("Presque terminé").fault == "cell_unknown_word"


def test_the_notice_of_a_trajectory_under_revision_is_a_phase():
    notice = "Projet dont la trajectoire, arrêtée en 2024, est en cours de révision au titre de l'article 3."
    assert parser_of(CONTRACTS["projects"].by_field["phase"])(notice).value == "en_revision"


@pytest.mark.parametrize(("cell", "value"), [("Oui", True), ("NON", False), ("oui ", True), (True, True), (0.0, False)])
def test_yes_and_no_are_read_in_any_case(cell, value):
    assert _read(cell, "bool").value is value


@pytest.mark.parametrize(
    ("text", "damage"),
    [
        ("DÃ©matÃ©rialisation", "« Ã© » au lieu de « é »"),
        ("BÃ‰BÃ‰", "« Ã‰ » au lieu de « É »"),
        ("Ã la carte", "« Ã »"),
        ("lâ€™aide", "« â€™ » au lieu de « ’ »"),
        ("lâ\x80\x99aide", "« â\x80\x99 » au lieu de « ’ »"),
        ("NÂ° 5", "« Â° » au lieu de « ° »"),
        ("CÅ“ur", "« Å“ » au lieu de « œ »"),
        ("ÃƒÂ©tude", "« ÃƒÂ© » au lieu de « é »"),
        ("D√©mat", "« √© » au lieu de « é »"),
        ("l‚Äôaide", "« ‚Äô » au lieu de « ’ »"),
        ("D├®mat", "« ├® » au lieu de « é »"),
        ("Syst\ufffdme", "« \ufffd »"),
    ],
)
def test_a_damaged_text_is_kept_and_the_damage_is_named(text, damage):
    parsed = _read(text, "text")
    assert (parsed.value, parsed.doubt, parsed.taken.replace("\u00a0", " ")) == (text, "text_damaged", damage)
    assert _read(f"<b>{text}</b>", "text").doubt == "text_damaged"


@pytest.mark.parametrize(
    "text", ["BÂTIMENT", "SÃO TOMÉ", "Ångström", "château à 5 €", "L’âge « œuvre »", "√2", "Île-de-France", "ÄÖÜ", "É»"]
)
def test_a_text_of_rare_letters_is_not_damaged(text):
    assert _read(text, "text") == Parsed(text)


@pytest.mark.parametrize("text", ["-", "–", "NC", "n/c", "N/A", "NA", "ND", "#", "?", "...", " - ", "Sans objet"])
def test_what_stands_in_the_place_of_an_id_is_none(text):
    assert is_no_id(text)


@pytest.mark.parametrize("text", ["1", "NC-1", "nation", "#12", "x", "1.2.10", "SEPT-21", "-" * 200])
def test_an_id_is_one_however_short(text):
    assert not is_no_id(text)


def test_html_is_reduced_to_its_text_and_its_link():
    parsed = _read('<a href="https://x.fr/a.pdf" title="t">Police (P176)</a>', "text")
    assert (parsed.value, parsed.link) == ("Police (P176)", "https://x.fr/a.pdf")
    assert _read("<A target=_blank HREF=https://x.fr/a>Police</A>", "text").link == "https://x.fr/a"
    assert _read("<p>un</p><p>deux<br/>trois &amp; <b>quatre</b></p>", "text").value == "un\ndeux\ntrois & quatre"


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ('<a href="javascript:alert(1)">x</a><script>y < z</script>', "x"),
        ("<style type='text/css'>p { color: red }</style>Refonte", "Refonte"),
        ("Refonte<script>alert(1)", "Refonte"),
        ("Refonte<!-- à <revoir> --> du SI", "Refonte du SI"),
    ],
)
def test_what_a_page_would_run_or_hide_is_no_text_and_no_link(cell, text):
    assert _read(cell, "text") == Parsed(text)


@pytest.mark.parametrize(
    "text",
    ["a <b et c> d", "x<y", "5 < n > 3", "<Nom du projet>", "a <-- b --> c", "<<<", "coût <a> 5 & <b et c> d", "<!--"],
)
def test_signs_that_make_no_tag_are_text(text):
    assert _read(text, "text").value == text.replace("<a>", "")


def test_a_text_of_many_tags_is_read_in_time():
    began = time.process_time()
    for part in ("<b>", "<a ", "<!--", "<a href='", "<script>", "</b ", '<a x="">', "&lt", "<!doctype "):
        _read(part * (32_000 // len(part)), "text")
    assert time.process_time() - began < 2


def test_other_text_is_normalised_and_nothing_else_of_it_is_changed():
    assert _read("  Refonte  du SI e\u0301tendue < 5 ", "text").value == "  Refonte  du SI étendue < 5 "
    assert _read(156.0, "text").value == "156"


@pytest.mark.parametrize(
    ("cell", "value", "doubt"),
    [
        (" https://x.fr ", "https://x.fr", None),
        ("www.x.fr", "https://www.x.fr", None),
        ("0", None, "cell_not_url"),
        ("javascript:alert(1)", None, "cell_not_url"),
    ],
)
def test_an_address_starts_with_http_or_is_not_published(cell, value, doubt):
    parsed = _read(cell, "url")
    assert (parsed.value, parsed.doubt) == (value, doubt)


@pytest.mark.parametrize(
    ("cell", "text"),
    [(5.0, "5"), (0.25, "0.25"), (True, "VRAI"), (date(2018, 2, 28), "2018-02-28"), (None, ""), ("x ", "x ")],
)
def test_a_cell_is_quoted_as_the_agent_sees_it(cell, text):
    assert typed_text(cell) == text


@pytest.mark.parametrize("kind", ["text", "cost", "volume", "date", "bool", "code", "url"])
@pytest.mark.parametrize("error", ["#REF!", "#N/A", "#NOM?", "#DIV/0!", "#VALEUR !", "#####", "Err:502", " #NULL! "])
def test_a_formula_that_failed_is_a_fault_and_never_a_word_for_no_value(error, kind):
    assert _read(error, kind) == Parsed(fault="cell_formula_error")


@pytest.mark.parametrize("text", ["#1 des projets", "Erreur 404", "N/A"])
def test_a_text_that_only_looks_like_a_formula_error_is_none(text):
    assert _read(text, "text").value == text


@pytest.mark.parametrize(
    ("cell", "kind", "value"),
    [("'42,5", "cost", Decimal("42.5")), ("'Oui", "bool", True), ("''HORIZON", "text", "HORIZON")],
)
def test_a_leading_apostrophe_is_left_out_and_told(cell, kind, value):
    parsed = _read(cell, kind)
    assert (parsed.value, parsed.doubt) == (value, "cell_apostrophe")


def test_what_stands_after_an_apostrophe_is_judged_as_it_is():
    assert _read("'douze", "cost").fault == "cell_unreadable_number"
    assert _read("'8.985", "cost").doubt == "number_three_digits"
    assert _read("'", "text").value == "'"


@pytest.mark.parametrize("kind", ["cost", "duration", "rate", "score", "volume", "integer"])
@pytest.mark.parametrize("cell", [date(2021, 5, 3), datetime(2021, 5, 3), "03/05/2021", "3-mai", "mai-45", "03-févr."])
def test_a_date_in_the_place_of_a_number_is_told_from_any_other_text(cell, kind):
    assert _read(cell, kind).fault == "cell_auto_date"


def test_the_number_that_became_a_date_is_proposed():
    assert _read(date(2021, 5, 3), "cost").taken == "3,5"
    assert _read("mai-45", "cost").taken is None


@pytest.mark.parametrize(
    "text",
    [
        "mai 68",
        "2021",
        "44197",
        "04/01/2021 00:00",
        "3PA-S",
        "SI-SAMU",
        "1-2",
        "31/02/2021",
        "42-mai",
        "plan 01/01/2020",
    ],
)
def test_a_name_is_not_taken_for_a_date(text):
    assert not looks_like_a_date(text)


@pytest.mark.parametrize(
    ("cells", "is_so"),
    [
        (["01/02/2020", "12/31/2020", None, "juillet 2013"], True),
        (["31/12/2020", "12/31/2020"], False),
        (["01/02/2020", "03/04/2020"], False),
        (["99/99/2020"], False),
        (["01/02/2020 00:00", "12/31/2020 00:00"], True),
        (["1/4/2021 12:00:00 AM"], True),
        (["31/12/2020 12:00:00 AM"], False),
        (["12/31/2020 à revoir"], False),
        ([date(2020, 1, 2), "2020-12-31"], False),
    ],
)
def test_a_column_is_month_first_only_where_nothing_else_fits(cells, is_so):
    assert is_month_first(cells) == is_so


def test_a_month_first_column_reads_every_text_so_and_leaves_the_rest_alone():
    read = month_first(parser_of(Column("field", "Titre", "date", "", "")))
    assert (read("12/31/2020").value, read("12/31/2020").taken) == (date(2020, 12, 31), "31/12/2020")
    assert (read("03/04/2020").value, read("03/04/2020").doubt) == (date(2020, 3, 4), "date_month_first")
    assert read("1/4/2021 12:00:00 AM").value == date(2021, 1, 4)
    assert read("juillet 2013") == Parsed(date(2013, 7, 1), precision="month")
    assert read("13/13/2020").fault == "cell_unreadable_date"


@pytest.mark.parametrize(
    "text", ["31/99999999999999999999/2020", "99999999999999999999/01/2020", "2020-99999999999999999999-01"]
)
def test_a_date_beyond_any_calendar_is_a_fault_and_no_crash(text):
    assert _read(text, "date").fault == "cell_unreadable_date"


@pytest.mark.parametrize("kind", ["cost", "duration", "rate", "score", "number", "volume", "integer"])
@pytest.mark.parametrize("cell", ["9" * 30, "-" + "9" * 30, 1e300, -1e300, 10**30, 1e18])
def test_a_number_beyond_measure_is_a_fault_and_no_crash(cell, kind):
    assert _read(cell, kind)._replace(taken=None) == Parsed(fault="cell_number_too_large")


@pytest.mark.parametrize("kind", ["rate", "score"])
@pytest.mark.parametrize("cell", ["1000", 1000.0, "98 700", "123456 %", "999"])
def test_a_rate_or_a_score_of_a_thousand_is_a_fault(cell, kind):
    assert _read(cell, kind).fault in ("cell_number_too_large", "cell_unreadable_number")


@pytest.mark.parametrize(
    ("cell", "meant"),
    [
        (53_020_000, "53,02 si c’est un montant en euros"),
        ("53 020 000", "53,02 si c’est un montant en euros"),
        ("145900", "145,9 si c’est un montant en milliers d’euros"),
        ("100 Md€", None),
        ("9" * 30, None),
    ],
)
def test_a_cost_that_no_project_has_is_a_fault_that_tells_what_it_may_be_in_millions(cell, meant):
    assert _read(cell, "cost") == Parsed(fault="cell_number_too_large", taken=meant)


def test_the_largest_cost_is_a_value():
    assert _read("99 999,99", "cost").value == Decimal("99999.99")
    assert _read("53 020 000 €", "cost").value == Decimal("53.02")


@pytest.mark.parametrize("kind", ["volume", "integer"])
@pytest.mark.parametrize(
    ("cell", "value", "taken"), [(1234.567, 1235, "1 235"), (349.5, 350, "350"), (-12.4, -12, "-12"), (10.4, 10, "10")]
)
def test_decimals_that_a_format_hides_are_rounded_and_told(cell, value, taken, kind):
    parsed = _read(cell, kind)
    assert (parsed.value, parsed.doubt, parsed.taken.replace("\u202f", " ")) == (value, "number_rounded", taken)


@pytest.mark.parametrize("cell", [219999.99999999997, 2.0000000000000004])
def test_what_a_sum_of_floats_leaves_behind_the_comma_is_no_decimal(cell):
    assert _read(cell, "volume") == Parsed(round(cell))


@pytest.mark.parametrize("cell", ["1234.567", "0.985", "0,985", 0.35, 1.2, "12,5"])
def test_a_volume_is_a_whole_number(cell):
    assert _read(cell, "volume") == Parsed(fault="cell_unreadable_number")


@pytest.mark.parametrize("cell", ["1500,00", "1 500,0", 1500.0, "1.500,00"])
def test_zeros_after_the_comma_leave_a_volume_whole(cell):
    assert _read(cell, "volume") == Parsed(1500)


@pytest.mark.parametrize(
    ("cell", "code"),
    [("2021-S1", "2021-S1"), ("S2 2021", "2021-S2"), ("s1 2099", "2099-S1"), ("2000-S2", "2000-S2")],
)
def test_an_edition_is_a_semester_of_this_century(cell, code):
    assert _read(cell, "edition") == Parsed(code)


@pytest.mark.parametrize("cell", ["1999-S1", "2100-S1", "T1 2021", "juillet 2021", "2021", date(2021, 7, 1), 2021])
def test_what_is_no_edition_is_a_fault(cell):
    assert _read(cell, "edition") == Parsed(fault="cell_unreadable_edition")


@pytest.mark.parametrize(
    ("cell", "day", "precision"),
    [
        ("T1 2026", date(2026, 1, 1), "quarter"),
        ("T4 2026", date(2026, 10, 1), "quarter"),
        ("2026 T2", date(2026, 4, 1), "quarter"),
        ("2016-06", date(2016, 6, 1), "month"),
        ("2015-01-01T00:00:00", date(2015, 1, 1), "day"),
        ("2015-01-01 12:30", date(2015, 1, 1), "day"),
        ("01/02/17", date(2017, 2, 1), "day"),
        (20_000, date(1954, 10, 3), "day"),
        (80_000.0, date(2119, 1, 11), "day"),
    ],
)
def test_a_period_starts_on_its_first_day_however_it_is_written(cell, day, precision):
    parsed = _read(cell, "date")
    assert (parsed.value, parsed.precision) == (day, precision)


@pytest.mark.parametrize("cell", [19_999, 80_001, True, "01/02/017", "mai 215", "06/216", "T2 " + "2" * 100])
def test_a_number_of_days_or_of_digits_that_no_date_has_is_a_fault(cell):
    assert _read(cell, "date") == Parsed(fault="cell_unreadable_date")


@pytest.mark.parametrize(
    ("cells", "is_so"),
    [(["12/31/2020", "12/12/2020"], True), (["12/12/2020"], False), (["1/13/2020"], True), (["13/13/2020"], False)],
)
def test_a_month_is_at_most_the_twelfth(cells, is_so):
    assert is_month_first(cells) is is_so


@pytest.mark.parametrize(
    ("cell", "kind", "value"),
    [
        ("8/10", "score", "8"),
        ("7,5 sur 10", "score", "7.5"),
        ("35 %", "number", "35"),
        ("1,5 milliards d'euros", "cost", "1500"),
        (",5", "cost", "0.5"),
        ("-1 234,5", "number", "-1234.5"),
        ("−3", "number", "-3"),
        ("320 ms", "integer", "320"),
        ("2147483647", "integer", "2147483647"),
    ],
)
def test_each_kind_of_number_has_units_of_its_own(cell, kind, value):
    assert _read(cell, kind).value == Decimal(value)


@pytest.mark.parametrize(
    ("cell", "kind"),
    [("2147483648", "integer"), ("1000000000000", "volume"), ("100000", "duration"), ("100000", "cost")],
)
def test_from_its_bound_on_a_number_is_too_large(cell, kind):
    assert _read(cell, kind).fault == "cell_number_too_large"
    assert _read(str(int(cell) - 1), kind).fault is None


@pytest.mark.parametrize(
    ("cell", "meant"),
    [
        ("999999", "999,999 si c’est un montant en milliers d’euros"),
        ("1000000", "1 si c’est un montant en euros"),
        ("99999999999", "99999,999999 si c’est un montant en euros"),
        ("100000000000", None),
        ("-145900", "-145,9 si c’est un montant en milliers d’euros"),
    ],
)
def test_a_cost_too_large_is_guessed_in_the_unit_that_makes_it_likely(cell, meant):
    assert _read(cell, "cost").taken == meant


@pytest.mark.parametrize(
    ("cell", "day_count", "number"),
    [
        (datetime(1900, 2, 17, 4, 48), EXCEL, "48.2"),
        (datetime(1900, 2, 16, 4, 48), OPENDOCUMENT, "48.2"),
        (datetime(1904, 2, 18, 4, 48), EXCEL_1904, "48.2"),
        (date(1900, 1, 5), EXCEL, "5"),
        (date(1902, 7, 8), EXCEL, "920"),
        (clock(20, 24), EXCEL, "0.85"),
        (timedelta(days=1, hours=12), EXCEL, "1.5"),
        (datetime(2021, 5, 3, 12), EXCEL, "44319.5"),
    ],
)
def test_the_number_under_a_date_format_is_found_again(cell, day_count, number):
    assert number_under(cell, day_count, is_whole=False) == Decimal(number)
    assert _read(cell, "cost").fault == "cell_auto_date"


def test_a_day_of_our_years_is_a_number_in_a_whole_column_alone():
    assert number_under(date(2020, 1, 1), EXCEL, is_whole=False) is None
    assert number_under(date(2020, 1, 1), EXCEL, is_whole=True) == 43831
    assert number_under("48,2", EXCEL, is_whole=True) is None


@pytest.mark.parametrize("cell", [42369, 42369.0, 42369.75])
def test_a_bare_serial_is_counted_from_the_day_of_its_workbook_and_told(cell):
    column = Column("field", "Titre", "date", "", "")
    read_from_1904 = counted_from(EXCEL_1904.day_0, parser_of(column))(cell)
    assert read_from_1904 == Parsed(date(2020, 1, 1), precision="day", doubt="date_serial", taken="01/01/2020")
    assert _read(cell, "date") == Parsed(date(2015, 12, 31), precision="day", doubt="date_serial", taken="31/12/2015")
    assert counted_from(EXCEL_1904.day_0, parser_of(column))("31/12/2015").value == date(2015, 12, 31)


@pytest.mark.parametrize("hour", [22, 23])
def test_the_day_of_a_date_is_its_own_and_an_hour_that_is_midnight_elsewhere_is_told(hour):
    told = Parsed(date(2020, 12, 31), precision="day", doubt="date_late_hour", taken="31/12/2020, et non 01/01/2021")
    assert _read(datetime(2020, 12, 31, hour), "date") == told
    assert _read(44196 + hour / 24, "date") == told


@pytest.mark.parametrize("cell", [date(2020, 12, 31), datetime(2020, 12, 31, 22, 15), datetime(2020, 12, 31, 8)])
def test_another_hour_says_nothing(cell):
    assert _read(cell, "date") == Parsed(date(2020, 12, 31), precision="day")
