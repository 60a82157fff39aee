"""The golden cases: a file with one fault, what must be found and where, and the nearest file without it.

What belongs here: data. What does not: making tables (tables) and running (test_golden).
"""

import io
import json
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from orchestration.sample.writers import PDF, XLS, xlsx_bytes
from tests.intake.golden.tables import (
    EDITION,
    PREVIOUS_EDITION,
    Table,
    indicators,
    legacy_projects,
    procedures,
    projects,
    projects_with_ends,
    roadmap,
)

# Where a file is dropped: where nothing was filed before, after the previous edition, or out of place.
ALONE, AFTER, ASTRAY = "alone", "after", "astray"


@dataclass(frozen=True)
class Case:
    """A faulty file; `found` are the rules that it must meet, each with its cell (null for the whole file).

    `good` is its nearest neighbour, in which nothing must be found.
    """

    name: str
    data: bytes
    found: tuple[tuple[str, str | None], ...]
    good: bytes | None = None
    where: str = ALONE

    def __str__(self) -> str:
        return self.name


def previous_files() -> dict[str, bytes]:
    """What the ministry filed for the edition before, by file name."""
    return {
        "projets.csv": projects(PREVIOUS_EDITION).csv(),
        "demarches.csv": procedures(PREVIOUS_EDITION).csv(),
        "actions.csv": roadmap().csv(),
    }


def cases() -> list[Case]:
    """All of them, by rule."""
    return [*_of_files(), *_of_layout(), *_of_rows(), *_of_cells(), *_of_values(), *_of_the_previous_edition()]


def _one(rule: str, table: Table, cell: str | None, good: Table | None = None, **more: str) -> Case:
    """The usual case: a CSV with one finding."""
    return Case(more.pop("name", rule), table.csv(), ((rule, cell),), good.csv() if good else None, **more)


def _of_files() -> Iterator[Case]:
    good = projects().xlsx()
    macros = _package({"[Content_Types].xml": b"", "xl/workbook.xml": b"<workbook/>", "xl/vbaProject.bin": b"\0"})
    encrypted = XLS + "EncryptedPackage".encode("utf-16-le")
    for rule, data in {
        "file_empty": b"",
        "format_xls": XLS,
        "format_xlsm": macros,
        "format_pdf": PDF,
        "format_encrypted": encrypted,
        "format_html": b"<!DOCTYPE html><html><table><tr><td>Nom du projet</td></tr></table></html>",
        "format_spreadsheet": _package({"[Content_Types].xml": b"", "xl/workbook.bin": b"\x83\x01"}),
        "format_archive": _package({"remontee.csv": projects().csv()}),
        "format_document": _package({"[Content_Types].xml": b"", "word/document.xml": b"<document/>"}),
        "text_encoding": projects().csv().decode("utf-8-sig").encode("mac_roman"),
        "format_unknown": b"\x00\x01\x02\x03" * 9,
        "file_damaged": good[: len(good) // 2],
        "json_not_records": b'{"Nom du projet": "HORIZON"}',
        "quote_unclosed": projects().csv() + b'x;"DERNIER PROJET;',
    }.items():
        yield Case(rule, data, ((rule, None),), good)
    yield Case("text_encoding, MS-DOS", _recoded("cp850"), (("text_encoding", None),))
    yield Case(
        "text_encoding, UTF-16 without a mark", _recoded("utf-16-le"), (("text_encoding", None),), _recoded("utf-16")
    )
    records = json.loads(projects().json())
    lines = "\n".join(json.dumps(one, ensure_ascii=False) for one in records).encode()
    yield Case("file_damaged, lines of JSON that are cut", lines[:-30], (("file_damaged", None),), lines)
    yield from _of_quotes()
    yield Case("cell_too_long", projects().put(3, description="x" * 40_000).csv(), (("cell_too_long", None),))
    yield Case("file_too_large", b"Nom du projet\n" + b"x\n" * 130_000, (("file_too_large", None),))
    soon = "".join(f"Projet {number};bientôt;4;Cadrage;12\n" for number in range(5_001))
    many = "Nom du projet;Début;Durée prévisionnelle en année;Phase du projet en cours;Coût estimé\n" + soon
    yield Case("findings_too_many", many.encode(), (("findings_too_many", None),))
    yield Case("place_unknown", good, (("place_unknown", None),), where=ASTRAY)


def _recoded(encoding: str) -> bytes:
    return projects().csv().decode("utf-8-sig").replace("€", "EUR" if encoding == "cp850" else "€").encode(encoding)


def _of_quotes() -> Iterator[Case]:
    """Quotes that nobody meant, each beside what a spreadsheet would have written."""

    def spoilt(name: str, old: str, new: str, table: Table, separator: str = ";") -> Case:
        text = table.csv(separator).decode("utf-8-sig")
        assert text.count(old) == 1
        data = text.replace(old, new).encode()
        return Case(name, data, (("quote_stray", None),), table.csv(separator))

    def two(first: str, last: str) -> Table:
        return projects().put(3, name=first).put(5, name=last)

    spoils = [("", ";"), (" in tabs", "\t"), (" in commas", ",")]
    for where, separator in spoils:
        stray = two("ALPHA", "GAMMA").csv(separator).decode("utf-8-sig")
        stray = stray.replace(f"{separator}ALPHA", f'{separator}"ALPHA').replace(
            f"{separator}GAMMA", f'{separator}"GAMMA'
        )
        yield Case(f"quote_stray{where}", stray.encode(), (("quote_stray", None),), two("A", "G").csv(separator))
    closed = two("ALPHA", "GAMMA").csv().decode("utf-8-sig").replace(";ALPHA", ';"ALPHA').replace("GAMMA;", 'GAMMA";')
    yield Case("quote_stray, closed at the end of a cell", closed.encode(), (("quote_stray", None),))
    for where, separator in spoils:
        table = projects().without("exit_reason", "published_on")
        table.put(3, description="Deux\nlots", variance_comment="ALPHA").put(4, name="BETA")
        stray = table.csv(separator).decode("utf-8-sig").replace(f"{separator}ALPHA", f'{separator}"ALPHA')
        stray = stray.replace(f"{separator}BETA", f'{separator}BETA"')
        name = f"quote_stray, after a cell of two lines{where}"
        yield Case(name, stray.encode(), (("quote_stray", None),), table.csv(separator))
    yield spoilt("quote_stray, text after it", ";ALPHA;", ';"ALPHA" bis;', projects().put(3, name="ALPHA"))
    # Paragraphs, lists, and words in quotes are what a comment is made of.
    prose = "Trois lots, puis deux ; un avenant, signé ;\nretard du titulaire, reprise des données, etc.\n- « A », B, C"
    quoted = projects().put(3, variance_comment=prose).put(4, description='Dit "le grand", a; b; c')
    yield Case("quotes around prose", quoted.csv(), ())
    yield Case("quotes around prose, in commas", quoted.csv(","), ())
    blanks = projects().put(3, name="ALPHA").csv().replace(b";ALPHA;", b';"ALPHA" ;')
    yield Case("a blank after a quote", blanks, ())


def _package(entries: dict[str, bytes]) -> bytes:
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w") as zipped:
        for name, content in entries.items():
            zipped.writestr(name, content)
    return package.getvalue()


def _of_layout() -> Iterator[Case]:
    other = Table(["a", "b", "c"], [["Logiciel", "Éditeur", "Postes"], ["Suite", "Éditeur A", 1200]])
    yield _one("header_unknown", other, None)
    split = projects().insert(1).header("initial_cost_meur", "Coût")
    split.put(1, initial_duration_days="Durée").put(
        2, initial_duration_days="initiale", current_duration_days="actualisée"
    )
    split.put(2, initial_cost_meur="initial", current_cost_meur="actualisé")
    yield _one("header_on_two_rows", split, None, projects().insert(1, "Remontée du ministère"))
    title = "Grands projets, ministère, édition, colonnes, phases, coûts, durées, dates, contacts, suites, notes, fin"
    titled = projects().csv()
    for lines in (1, 50):
        above = "".join(f"{title} {line}\r\n" for line in range(lines)).encode()
        yield Case(f"a title of {lines} lines with more commas than the table", above + titled, ())
        yield Case(f"a title of {lines} lines above tabs", above.replace(b",", b";") + projects().csv("\t"), ())
        sheet = projects()
        for _ in range(lines):
            sheet.insert(1, title)
        yield Case(f"a title of {lines} lines in a workbook", sheet.xlsx(), ())
    far = b"Note\r\n" * 51 + titled
    yield Case("header_unknown, under 51 lines", far, (("header_unknown", None),))
    yield Case("a title in brackets", b"[Diffusion restreinte] {MSO}, 2021\r\n" + titled, ())
    again = projects()
    again.insert(5, *again.rows[0])
    cost, other = (again.fields.index(field) for field in ("initial_cost_meur", "current_cost_meur"))
    again.rows[4][cost], again.rows[4][other] = again.rows[4][other], again.rows[4][cost]
    yield _one("header_moved", again, None)
    yield _one("column_missing", projects().without("phase"), None, projects().blank("phase"))
    lookalike = projects().header("phase", "Phase du projet en cour")
    yield Case("column_missing with a lookalike", lookalike.csv(), (("column_missing", None),))
    twice = projects().column("Coût estimé", *[12] * 7)
    yield _one("column_twice", twice, None)
    swapped = projects().swap("start_date", "current_cost_meur")
    yield _one("columns_swapped", swapped, None, projects())
    yield _one("columns_swapped", projects().swap("phase", "is_interministerial"), None, name="columns_swapped, words")
    bands = legacy_projects().swap("cost_band", "current_cost_meur")
    yield _one("columns_swapped", bands, None, name="columns_swapped, a text")
    exchanged = legacy_projects().blank("cost_band").fill("current_cost_meur", *[Decimal(n) / 2 for n in range(5, 12)])
    exchanged.fill("current_duration_days", *map(Decimal, ("97.5", "145.9", "36.1", "45.8", "18.5", "26", "6.2")))
    yield Case(
        "cost_and_duration_swapped",
        exchanged.csv(),
        (
            ("cost_and_duration_swapped", None),
            *(
                ("project_current_duration_plausible", exchanged.at("current_duration_days", row))
                for row in (2, 3, 4, 5)
            ),
        ),
        legacy_projects().csv(),
    )
    by_band = legacy_projects().fill("current_duration_days", *range(10, 17))
    by_band.fill("current_cost_meur", *[Decimal("4.5")] * 7)
    by_band.fill("cost_band", *["entre 9 et 20 M€"] * 7)
    yield Case(
        "cost_and_duration_swapped, by the bands",
        by_band.csv(),
        (
            ("cost_and_duration_swapped", None),
            *(("project_cost_in_band", by_band.at("cost_band", row)) for row in range(2, 9)),
        ),
    )
    thousands = legacy_projects().blank("cost_band").multiply("current_cost_meur", 1000)
    yield Case(
        "costs_in_thousands",
        thousands.csv(),
        (
            ("costs_in_thousands", None),
            *(
                (
                    "project_current_cost_plausible" if cost < 100_000 else "cell_number_too_large",
                    thousands.at("current_cost_meur", row),
                )
                for row in range(2, 9)
                if (cost := thousands.get("current_cost_meur", row)) > 10_000
            ),
        ),
        legacy_projects().blank("cost_band").csv(),
    )
    euros = legacy_projects().blank("cost_band").multiply("current_cost_meur", 1_000_000)
    yield Case(
        "costs_in_thousands, in euros",
        euros.csv(),
        (
            ("costs_in_thousands", None),
            *(("cell_number_too_large", euros.at("current_cost_meur", row)) for row in range(2, 9)),
        ),
    )
    months = legacy_projects().fill("current_duration_days", 102, 108, 90, 72, 72, 60, 36)
    yield Case(
        "durations_not_in_years",
        months.csv(),
        (
            ("durations_not_in_years", None),
            *(("project_current_duration_plausible", months.at("current_duration_days", row)) for row in range(2, 9)),
        ),
        legacy_projects().fill("current_duration_days", 8.5, 9, 7.5, 6, 6, 5, 3).csv(),
    )
    yield _one("column_nameless", projects().column(None, "à revoir"), None, projects().column(None))
    yield _one("column_unknown", projects().column("Avis du DSI", "favorable"), None, projects().column("Avis du DSI"))
    typo = projects().header("declared_confidence", "Confiance declaree (avis)")
    yield Case("column_unknown with a lookalike", typo.csv(), (("column_unknown", None),))
    header = projects()
    header.rows = header.rows[:1]
    yield _one("rows_missing", header, None, Table(header.fields, [*header.rows, ["NÉANT"]]))
    yield _one("row_note", projects().insert(2, "NÉANT"), "A2", name="row_note, NÉANT above projects")
    yield _one("row_note", projects().insert(6, None, "Néant"), "B6", name="row_note, NÉANT among projects")
    notes = Table(header.fields, [*header.rows, ["TOTAL", *[None] * 10, 12]])
    yield Case("rows_missing under a total", notes.csv(), (("rows_missing", None), ("row_total", "A2")))

    old = projects(PREVIOUS_EDITION)
    yield Case(
        "sheets_several", projects().xlsx(others={"2020-S2": old}), (("sheets_several", None),), projects().xlsx()
    )
    yield Case(
        "sheets_several, one hidden", projects().xlsx(hidden_others={"2020-S2": old}), (("sheets_several", None),)
    )
    yield Case("sheet_hidden", projects().xlsx(is_hidden=True), (("sheet_hidden", None),), projects().xlsx())
    yield Case(
        "filter_active",
        projects().xlsx(filtered_on="phase", hidden_rows=(3, 4, 6)),
        (("filter_active", None),),
        projects().xlsx(filtered_on="phase"),
    )
    yield Case("rows_hidden", projects().xlsx(hidden_rows=(5,)), (("rows_hidden", None),), projects().xlsx())
    # What holds nothing may be hidden.
    yield Case(
        "columns_hidden",
        projects().xlsx(hidden_columns="C:XFD"),
        (("columns_hidden", None),),
        projects().xlsx(hidden_columns="AA:XFD"),
    )

    struck = (("rows_struck", None),)
    whole = [f"{letters}5" for letters in "ABCDEFGHIJKL"]
    # A figure or a comment that is crossed out says nothing of its row.
    yield Case("rows_struck", projects().xlsx(struck=whole), struck, projects().xlsx(struck=["I5", "L6", "L7", "P7"]))
    yield Case("rows_struck, names alone", projects().xlsx(struck=["B4", "B5"]), struck, projects().xlsx(struck=["B1"]))
    yield Case("rows_struck, in OpenDocument", projects().ods(struck_row=6), struck, projects().ods(struck_row=1))
    procedure = procedures().put(3, name="Ma démarche")
    yield Case("rows_struck, a procedure", procedure.ods(struck_row=3), struck, procedure.ods())

    receipt = "Accusé de réception;;\r\nVotre fichier est accepté.;;\r\n;;\r\nGravité;Où;Colonne\r\nErreur;G4;Début\r\n"
    yield Case("receipt_alone", receipt.encode(), (("receipt_alone", None),), projects().csv())
    yield Case("receipt_alone, in cp1252", receipt.encode("cp1252"), (("receipt_alone", None),))


def _of_rows() -> Iterator[Case]:
    total = projects().insert(9, None, "TOTAL", *[None] * 8, Decimal("365.2"), Decimal("374"))
    yield _one("row_total", total, "B9", projects())
    yield _one("row_total", projects().insert(9, *[None] * 11, Decimal("374")), "L9", name="row_total without a label")
    average = procedures().insert(9, "Moyenne", *[None] * 6, 13_000_000)
    yield _one("row_total", average, "A9", name="row_total, an average")
    named_total = projects().put(4, name="TOTAL ACCÈS")
    yield _one("row_note", projects().insert(9, "Source : direction du numérique, juin 2021"), "A9", named_total)
    yield _one("row_note", projects().insert(9, "* hors masse salariale"), "A9", name="row_note, a footnote")
    section = projects().insert(2, None, "Ministères Chargés des Affaires Sociales")
    yield _one("row_note", section, "B2", name="row_note, a section")
    yield _one("row_name_only", projects().insert(9, None, "PROJETS EN COURS"), "B9")
    again = projects()
    yield _one("row_header", again.insert(6, *again.rows[0]), "A6", projects())
    numbered = projects()
    numbered.insert(6, "N°", *numbered.rows[0][1:])
    yield _one("row_header", numbered, "A6", name="row_header, whose first cell differs")
    yield Case("row_header, whose first cell differs, in a workbook", numbered.xlsx(), (("row_header", "A6"),))
    capitals = projects()
    capitals.insert(6, None, *[str(cell).upper() for cell in capitals.rows[0][1:]])
    yield Case("row_header in capitals", capitals.ods(), (("row_header", "B6"),))
    aliases = procedures()
    aliases.insert(6, "Réf.", *aliases.rows[0][1:])
    yield _one("row_header", aliases, "A6", name="row_header, of procedures")
    yield from _of_totals()
    yield from _of_notes()
    units = projects().insert(
        2, None, "texte", None, "Oui ou non", None, None, "jour", "années", "années", None, "M€", "M€"
    )
    yield _one("row_header", units, "B2", name="row_header, units")
    comma = projects().put(3, current_duration_days="9,5").csv(",").replace(b'"9,5"', b"9,5")
    right = projects().put(3, current_duration_days="9,5").csv(",")
    yield Case("row_shifted", comma, (("row_shifted", projects().at("current_duration_days", 3)),), right)
    missing = projects()
    missing.rows[3] = [*missing.rows[3][:3], *missing.rows[3][4:], None]
    yield _one("row_shifted", missing, missing.at("is_interministerial", 4), name="row_shifted to the left")
    merged = projects().put(4, ministry=None).put(5, ministry=None)
    yield Case("cells_merged", merged.xlsx(merged=("C3:C5",)), (("cells_merged", "C3"),), merged.xlsx())
    # A value left under a merge is not read: this one would be an error.
    hidden = projects().put(4, current_cost_meur=-1).xlsx(merged=(f"{merged.at('current_cost_meur', 3)}:L4",))
    yield Case("cells_merged over a value", hidden, (("cells_merged", merged.at("current_cost_meur", 3)),))
    yield Case("cells_merged above the table", projects().insert(1, "Remontée").xlsx(merged=("A1:F1",)), ())


def _of_totals() -> Iterator[Case]:
    """Aggregates that hold more than numbers, by their label or by their amount."""
    whose = projects().get("ministry", 2)

    def last(name: str | None, cost: object, **more: object) -> Table:
        return projects().repeat(
            8,
            **(dict.fromkeys(projects().fields) | {"name": name, "ministry": whose, "current_cost_meur": cost} | more),
        )

    for label in ("Total", "S/total", "Sous-total DGS", "Grand total", "Coût total", "Dont titre 2", "Rappel 2020"):
        yield _one("row_total", last(label, 12, variance_comment="hors T2"), "B9", name=f"row_total, {label}")
    yield Case("row_total with a text in a workbook", last("TOTAL", 12).xlsx(), (("row_total", "B9"),))
    yield Case("row_total with a text in JSON", last("TOTAL", 12).json(), (("row_total", "B9"),))
    dashes = last(None, 12, declared_project_id="TOTAL", start_date="-", phase="–", is_interministerial="Non")
    yield _one("row_total", dashes, "A9", name="row_total beside dashes")
    costs = [projects().get("current_cost_meur", row) for row in range(2, 9)]
    for name, table in (("all", last("Programme 204", sum(costs))), ("two", last("Programme 204", sum(costs[-2:])))):
        yield _one("row_total", table, "B9", name=f"row_total, the sum of {name}")
        yield Case(f"row_total, the sum of {name}, in a workbook", table.xlsx(), (("row_total", "B9"),))
    volumes = procedures()
    volume = sum(volumes.get("total_volume", row) or 0 for row in range(2, 9))
    blank = dict.fromkeys(volumes.fields)
    yield _one(
        "row_total",
        volumes.repeat(8, **(blank | {"name": "Pôle social", "total_volume": volume})),
        "A9",
        name="row_total of procedures",
    )
    odd = {"initial_cost_meur": "NC", "initial_duration_days": "NC"}
    kept = last("TOTAL DGS", 12, phase="Déploiement", **odd)
    good = last("TOTALIA", 12, phase="Déploiement", **odd)
    yield _one("row_total_kept", kept, "B9", good)
    yield _one("row_total_kept", last("X", sum(costs), phase="Déploiement", **odd), "B9", name="row_total_kept, a sum")
    yield _one("row_total_kept", projects().put(8, name="Total"), "A8", name="row_total_kept, a row that is filled")
    for name in ("RappelConso", "Dontologie", "Sommier", "Ensemblier", "Cumulus", "Sous-marin", "Totalis"):
        yield Case(f"no total: {name}", last(name, 12).csv(), ())
    yield Case("no total: RappelConso, a procedure", procedures().put(3, name="RappelConso").csv(), ())


def _of_notes() -> Iterator[Case]:
    """What stands below a table, and is no row of it."""

    def below(*rows: list[object]) -> Table:
        table = projects()
        for row in rows:
            table.insert(len(table.rows) + 1, *row)
        return table

    signed = below([], ["Fait à Paris, le 15 juin 2021", "Le directeur du numérique"])
    yield _one("row_note", signed, "A10", name="row_note, a signature")
    yield Case("row_note, a signature in a workbook", signed.xlsx(), (("row_note", "A10"),))
    yield Case("row_note, a signature in OpenDocument", signed.ods(), (("row_note", "A10"),))
    at_once = below([None, "Fait à Paris, le", None, None, None, None, date(2021, 6, 15)])
    yield Case("row_note, a signature with its date", at_once.xlsx(), (("row_note", "B9"),))
    yield _one("row_note", below([None, "Visa du secrétaire général", "Avis favorable"]), "B9", name="row_note, a visa")
    legend = below([], ["Légende"], ["Vert", "dans les temps"], [None, "Orange", "à surveiller"])
    found = tuple(("row_note", cell) for cell in ("A10", "A11", "B12"))
    yield Case("row_note, a legend", legend.csv(), found)
    yield Case("row_note, a legend in a workbook", legend.xlsx(), found)
    total = below(
        [None, "TOTAL", None, None, None, None, None, None, None, None, None, 12], [None, "J. Dupont", "DNUM"]
    )
    yield Case("row_note under a total", total.csv(), (("row_total", "B9"), ("row_note", "B10")))
    nothing = projects()
    nothing.rows = [nothing.rows[0], ["NÉANT"], [], [None, "J. Dupont", "directrice du numérique"]]
    yield _one("row_note", nothing, "B4", name="row_note under NÉANT")
    # A project may stand below a blank row, and may be called like a signature.
    apart = projects()
    apart.insert(8)
    yield Case("a project below a blank row", apart.csv(), ())
    yield Case("a project called like a signature", projects().put(8, name="Signature électronique").csv(), ())
    yield Case("a project called like a visa", projects().put(8, name="VISA").xlsx(), ())


def _of_cells() -> Iterator[Case]:
    cost, start, name = (projects().at(field, 3) for field in ("current_cost_meur", "start_date", "name"))
    yield _one(
        "cell_unreadable_number",
        projects().put(3, current_cost_meur="environ 145"),
        cost,
        projects().put(3, current_cost_meur="145 M€"),
    )
    yield _one(
        "cell_unreadable_date",
        projects().put(3, start_date="courant 2015"),
        start,
        projects().put(3, start_date="S1 2015"),
    )
    yield _one(
        "cell_unreadable_edition",
        roadmap().put(3, entry_edition="printemps 2020"),
        "E3",
        roadmap().put(3, entry_edition="S2 2020"),
    )
    yield _one(
        "cell_unreadable_yes_no",
        projects().put(3, is_interministerial="en partie"),
        projects().at("is_interministerial", 3),
        projects().put(3, is_interministerial="oui"),
    )
    yield _one(
        "cell_unknown_word",
        projects().put(3, phase="Presque terminé"),
        projects().at("phase", 3),
        projects().put(3, phase="DEPLOIEMENT"),
    )
    yield _one(
        "cell_not_url",
        projects().put(3, more_info_url="voir l’intranet"),
        projects().at("more_info_url", 3),
        projects().put(3, more_info_url="www.exemple.gouv.fr"),
    )
    yield _one(
        "cell_number_too_large",
        projects().put(3, current_cost_meur="145900000"),
        cost,
        projects().put(3, current_cost_meur="145 900 k€"),
    )
    yield from _of_costs_in_euros()
    yield _one("cell_formula_error", projects().put(3, current_cost_meur="#REF!"), cost)
    yield Case(
        "cell_formula_error in a workbook",
        projects().xlsx(formulas={cost: ("=Budget!F5/0", "#DIV/0!")}),
        (("cell_formula_error", cost),),
        projects().xlsx(formulas={cost: ("=100+45.9", 145.9)}),
    )
    yield Case(
        "formula_without_value",
        projects().xlsx(formulas={cost: ("=100+45.9", "")}),
        (("formula_without_value", cost),),
        projects().xlsx(formulas={cost: ("=100+45.9", 145.9)}),
    )
    yield Case(
        "formula_external",
        projects().xlsx(formulas={cost: ("='[1]2021'!F5", 145.9)}),
        (("formula_external", cost),),
        projects().xlsx(formulas={cost: ("=Tableau1[2021]", 145.9)}),
    )
    years = projects().at("current_duration_days", 3)
    as_shown = projects().put(3, current_cost_meur=145_900, current_duration_days=108)
    in_column = projects().xlsx(formats={cost: '#,##0.0" M€"', years: '0.0" ans"'})
    yield Case(
        "cell_read_as_shown",
        as_shown.xlsx(formats={cost: '#,##0" k€"', years: '0" mois"'}),
        (("cell_read_as_shown", cost), ("cell_read_as_shown", years)),
        in_column,
    )
    scaled = projects().put(3, current_cost_meur=145_900_000).xlsx(formats={cost: "0.0,,"})
    yield Case("cell_read_as_shown, a scale alone", scaled, (("cell_read_as_shown", cost),), in_column)
    measure = indicators().put(2, baseline_value=0.12, target_value=0.25, measured_value=0.35)
    shares = {measure.at(field, 2): "0%" for field in ("baseline_value", "target_value", "measured_value")}
    yield Case(
        "cell_read_as_shown, percents of an indicator",
        measure.xlsx(formats=shares),
        tuple(("cell_read_as_shown", cell) for cell in shares),
        indicators().xlsx(formats=dict.fromkeys(shares, '0" %"')),
    )
    yield Case(
        "cell_number_hidden",
        projects().xlsx(formats={cost: ";;;", years: '"NC"'}),
        (("cell_number_hidden", cost), ("cell_number_hidden", years)),
        projects().xlsx(formats={cost: '0.0;-0.0;"NC"', years: "0.0;;@"}),
    )
    score, rate = (procedures().at(field, 3) for field in ("satisfaction_score", "autonomy_rate"))
    graded = procedures().put(3, satisfaction_score=0.82, autonomy_rate=0.82)
    yield Case(
        "cell_format_not_of_column",
        graded.xlsx(formats={score: "0%", rate: "0%"}),
        (("cell_format_not_of_column", score),),
        graded.put(3, satisfaction_score=8.2).xlsx(formats={score: '0.0" /10"', rate: "0.0%"}),
    )
    zeros = {projects().at("current_cost_meur", row): ("=100+45.9", 0) for row in (3, 4, 5)}
    yield Case("formula_without_value, zeros", projects().xlsx(formulas=zeros), (("formula_without_value", None),))
    linked = {projects().at("current_cost_meur", row): (f"='[1]2021'!F{row}", 145.9) for row in (3, 4, 6)}
    yield Case("formula_external, in many cells", projects().xlsx(formulas=linked), (("formula_external", None),))
    yield Case(
        "cell_auto_date",
        projects().put(3, current_duration_days=date(2021, 5, 9)).xlsx(),
        (("cell_auto_date", projects().at("current_duration_days", 3)),),
        projects().put(3, current_duration_days="9.5").xlsx(),
    )
    yield _one("cell_auto_date", projects().put(3, current_cost_meur="3-mai"), cost, name="cell_auto_date in a CSV")
    yield Case(
        "name_auto_date",
        projects().put(3, declared_project_id=None, name=date(2021, 9, 1)).xlsx(),
        (("name_auto_date", name),),
        projects().put(3, name="SEPT-21").xlsx(),
    )
    yield Case(
        "name_auto_date in an id",
        roadmap().put(3, action_id=date(2021, 10, 2)).ods(),
        (("name_auto_date", "A3"),),
        roadmap().put(3, action_id="2.10.21").ods(),
    )
    for number, text in enumerate(("sept-21", "1.2.10", "03/05/2021")):
        kept = projects().put(3, name=text).csv() if number == 0 else roadmap().put(3, action_id=text).csv()
        yield Case(f"a text that is like a date, {text}", kept, ())
    yield from _of_damaged_texts()
    yield from _of_dates()
    yield _one(
        "cell_apostrophe",
        projects().put(3, current_cost_meur="'145,9"),
        cost,
        projects().put(3, current_cost_meur="145,9"),
    )
    yield _one("cell_apostrophe", projects().put(3, name="'CARNET DE SOINS"), name, name="cell_apostrophe in a name")
    yield _one(
        "number_three_digits",
        projects().put(8, current_cost_meur="6,205"),
        projects().at("current_cost_meur", 8),
        # The decimal mark of the column's other values.
        projects().put(8, current_cost_meur="6.205"),
    )
    yield _one(
        "number_three_digits",
        projects().put(8, current_duration_days="3,125"),
        projects().at("current_duration_days", 8),
        projects().put(8, current_duration_days="3.125"),
        name="number_three_digits in a duration",
    )
    volumes = procedures().put(3, total_volume=52_187_834.25, load_time_ms=349.5)
    yield Case(
        "number_rounded",
        volumes.xlsx(),
        (("number_rounded", volumes.at("total_volume", 3)), ("number_rounded", volumes.at("load_time_ms", 3))),
        procedures().put(3, total_volume=52_187_834.0, load_time_ms=350.00000000000006).xlsx(),
    )
    yield Case("number_rounded in JSON", volumes.json(), tuple(("number_rounded", f"{at}3") for at in ("H", "V")))
    ids = projects().put(3, declared_project_id="-").put(5, declared_project_id="-").put(6, declared_project_id="NC")
    yield Case("ids that are none", ids.put(7, declared_project_id="#").csv(), ())
    yield Case("ids that are none, in a workbook", ids.put(2, declared_project_id="N/A").xlsx(), ())
    yield _one("action_id_present", roadmap().put(3, action_id="n/c"), "A3", name="action_id_present, a word for none")
    yield Case("a phase that is not known", projects().put(3, phase="NA").csv(), ())
    american = projects().fill("start_date", "04/01/2016", "12/31/2015", "07/01/2016")
    yield Case(
        "date_month_first",
        american.csv(),
        tuple(("date_month_first", american.at("start_date", row)) for row in (2, 3, 4)),
        projects().fill("start_date", "01/04/2016", "31/12/2015", "01/07/2016").csv(),
    )
    yield Case(
        "date_serial of a workbook",
        projects().put(3, start_date=42278).xlsx(),
        (("date_serial", start),),
        projects().put(3, start_date=date(2015, 10, 1)).xlsx(),
    )
    serial = xlsx_bytes(projects().put(3, start_date=40816).rows, date_1904=True)
    yield Case("date_serial, from 1904", serial, (("date_serial", start),))
    late = projects().put(3, start_date=datetime(2015, 9, 30, 22))
    yield Case(
        "date_late_hour of a workbook",
        late.xlsx(),
        (("date_late_hour", start),),
        projects().put(3, start_date=datetime(2015, 10, 1, 9)).xlsx(),
    )
    mixed = projects().fill("start_date", "31/12/2015", "12/31/2015")
    yield _one("cell_unreadable_date", mixed, mixed.at("start_date", 3), name="cell_unreadable_date, two orders")
    yield _one(
        "initial_value_missing",
        projects().put(3, initial_cost_meur=None),
        projects().at("initial_cost_meur", 3),
        projects().put(3, initial_cost_meur="NC"),
    )


def _of_costs_in_euros() -> Iterator[Case]:
    def costs(*values: str) -> Table:
        return projects().fill("current_cost_meur", *values)

    cost = projects().at("current_cost_meur", 3)
    shown = costs("97,00 €", "145,90 €", "36,00\u00a0€", "45,80\u202f€")
    yield Case(
        "cost_bare_euro",
        shown.csv(),
        tuple(("cost_bare_euro", projects().at("current_cost_meur", row)) for row in (2, 3, 4, 5)),
        costs("97,00 M €", "145,90 M€ TTC", "36\u202fmillions d’euros", "45,8 M").csv(),
    )
    whole = projects().put(3, current_cost_meur="145 900 000,00 €")
    yield Case("cost_bare_euro in a workbook", whole.xlsx(), (("cost_bare_euro", cost),))
    yield Case(
        "cost_bare_euro, of others", projects().put(3, current_cost_meur="€145.90").ods(), (("cost_bare_euro", cost),)
    )
    for name, data in {
        "in a workbook": projects().put(3, current_cost_meur="0,1459 Md €").xlsx(),
        "in JSON": projects().put(3, current_cost_meur="145 900 k €").json(),
    }.items():
        yield Case(f"a unit with spaces, {name}", data, ())
    unclear = projects().put(3, current_cost_meur="1 459,00 €")
    yield _one("cost_in_euros_or_meur", unclear, cost, projects().put(3, current_cost_meur="145 900 k€"))
    yield Case("cost_in_euros_or_meur in JSON", unclear.json(), (("cost_in_euros_or_meur", cost),))
    unseen = projects().put(
        3, current_cost_meur="145,9\u200b", initial_cost_meur="\ufeff145", phase="Expéri\u00admentation"
    )
    unseen.put(4, declared_project_id="\u200e-", start_date="\u206801/07/2016\u2069").header(
        "phase", "Phase\u2060 en cours"
    )
    for name, data in {"CSV": unseen.csv(), "XLSX": unseen.xlsx(), "ODS": unseen.ods(), "JSON": unseen.json()}.items():
        yield Case(f"signs that nobody sees, {name}", data, ())


def _of_damaged_texts() -> Iterator[Case]:
    right = projects().put(3, name="CARNET DE SOINS NUMÉRIQUE", description="L’espace de l’usager à 10 €")
    name, description = (right.at(field, 3) for field in ("name", "description"))
    utf8_as_cp1252 = projects().put(3, name="CARNET DE SOINS NUMÃ‰RIQUE", description="Lâ€™espace de lâ€™usager")
    found = (("text_damaged", name), ("text_damaged", description))
    yield Case("text_damaged", utf8_as_cp1252.csv(), found, right.csv())
    lost = projects().put(3, name="CARNET DE SOINS NUM\ufffdRIQUE")
    yield Case("text_damaged, a letter lost, in a workbook", lost.xlsx(), (("text_damaged", name),), right.xlsx())
    utf8_as_macroman = projects().put(3, description="L‚Äôespace num√©rique")
    yield Case("text_damaged in JSON", utf8_as_macroman.json(), (("text_damaged", description),), right.json())


def _of_dates() -> Iterator[Case]:
    start = projects().at("start_date", 3)
    read = projects().fill(
        "start_date", "01/04/2016 00:00", "jeudi 1er octobre 2015", "3e trimestre 2016", "2e sem. 2017"
    )
    yield _one("date_serial", projects().put(3, start_date="42278"), start, read)
    yield Case(
        "date_serial in a workbook", projects().put(3, start_date=42278).xlsx(), (("date_serial", start),), read.xlsx()
    )
    late = projects().put(3, start_date=datetime(2015, 9, 30, 22))
    midnight = projects().put(3, start_date=datetime(2015, 10, 1))
    yield Case("date_late_hour", late.xlsx(), (("date_late_hour", start),), midnight.xlsx())
    zoned = projects().put(3, start_date="2015-09-30T22:00:00.000Z").json()
    yield Case("date_late_hour in JSON", late.json(), (("date_late_hour", start),), zoned)
    american = projects().fill("start_date", "4/1/2016 12:00:00 AM", "10/1/2015 12:00:00 AM")
    told = tuple(("date_month_first", american.at("start_date", row)) for row in (2, 3))
    yield Case("date_month_first, with a clock", american.csv(), told)


Maker = Callable[[], Table]
_NO_COST = {"initial_cost_meur": "NC", "current_cost_meur": "NC"}


def _of_values() -> Iterator[Case]:
    """One cell or two of one row, the rule, and the same cells when they are right."""
    made: list[tuple[Maker, str, str, dict[str, object], dict[str, object]]] = [
        (projects, "project_name_present", "name", {"name": None}, {}),
        (projects, "project_initial_cost_not_negative", "initial_cost_meur", {"initial_cost_meur": -145}, {}),
        (projects, "project_current_cost_not_negative", "current_cost_meur", {"current_cost_meur": "-145,9"}, {}),
        *(
            (projects, f"project_{which}_cost_given", f"{which}_cost_meur", {f"{which}_cost_meur": zero}, {})
            for which, zero in (("initial", 0), ("current", "0,00 €"))
        ),
        *(
            (
                projects,
                f"project_{which}_cost_not_tiny",
                f"{which}_cost_meur",
                {**_NO_COST, f"{which}_cost_meur": "9 k€"},
                {**_NO_COST, f"{which}_cost_meur": "10 k€"},
            )
            for which in ("initial", "current")
        ),
        (
            projects,
            "project_costs_of_one_scale",
            "current_cost_meur",
            {"current_cost_meur": 1459},
            {"current_cost_meur": 1100},
        ),
        (projects, "project_initial_duration_positive", "initial_duration_days", {"initial_duration_days": 0}, {}),
        (projects, "project_current_duration_positive", "current_duration_days", {"current_duration_days": "-9"}, {}),
        (
            projects,
            "project_initial_duration_plausible",
            "initial_duration_days",
            {"initial_duration_days": 31},
            {"initial_duration_days": 30},
        ),
        (
            legacy_projects,
            "project_current_duration_plausible",
            "current_duration_days",
            {"current_duration_days": 54},
            {"current_duration_days": 30},
        ),
        (
            projects,
            "project_durations_of_one_scale",
            "current_duration_days",
            {"initial_duration_days": 3, "current_duration_days": 27},
            {"initial_duration_days": 3, "current_duration_days": 20},
        ),
        (projects, "project_start_plausible", "start_date", {"start_date": "01/10/1915"}, {"start_date": "01/10/1995"}),
        (
            projects_with_ends,
            "project_end_after_start",
            "current_end_date",
            {"current_end_date": date(2014, 9, 28)},
            {"current_end_date": date(2026, 9, 28)},
        ),
        (
            projects_with_ends,
            "project_initial_end_after_start",
            "initial_end_date",
            {"initial_end_date": date(2014, 9, 28)},
            {"initial_end_date": date(2026, 9, 28)},
        ),
        (
            legacy_projects,
            "project_cost_unit_fits_band",
            "current_cost_meur",
            {"current_cost_meur": 9500, "cost_band": "entre 9 et 20 M€"},
            {"current_cost_meur": "9500 k€", "cost_band": "entre 9 et 20 M€"},
        ),
        (
            legacy_projects,
            "project_cost_in_band",
            "cost_band",
            {"cost_band": "< 5 M€"},
            {"cost_band": "plus de 100 M€"},
        ),
        (
            projects,
            "project_ministry_in_perimeter",
            "ministry",
            {"ministry": "Ministère de la Justice"},
            {"ministry": "MINISTERE CHARGE DES AFFAIRES SOCIALES"},
        ),
        (
            projects,
            "project_exit_reason_given",
            "exit_reason",
            {"phase": "Abandonné"},
            {"phase": "Abandonné", "exit_reason": "Repris par un dispositif européen"},
        ),
        (procedures, "procedure_identity_present", "name", {"name": None, "procedure_id": None}, {"name": None}),
        (
            procedures,
            "procedure_ministry_in_perimeter",
            "ministry",
            {"ministry": "Ministère de la Justice"},
            {"ministry": None},
        ),
        (
            procedures,
            "procedure_perimeter_name_in_perimeter",
            "perimeter_name",
            {"perimeter_name": "Justice"},
            {"perimeter_name": None},
        ),
        (
            procedures,
            "procedure_total_volume_not_negative",
            "total_volume",
            {"total_volume": -1, "online_volume": None},
            {"total_volume": None},
        ),
        (
            procedures,
            "procedure_online_volume_not_negative",
            "online_volume",
            {"online_volume": -1},
            {"online_volume": None},
        ),
        (
            procedures,
            "procedure_online_volume_within_total",
            "online_volume",
            {"total_volume": 100, "online_volume": 101},
            {"total_volume": 100, "online_volume": 100, "digital_use_rate": 1},
        ),
        (
            procedures,
            "procedure_online_volume_expected",
            "online_volume",
            {"online_status": "Non"},
            {"online_status": "Non", "online_volume": 0, "digital_use_rate": None},
        ),
        (
            procedures,
            "procedure_digital_use_rate_fits_volumes",
            "digital_use_rate",
            {"digital_use_rate": "80 %"},
            {"digital_use_rate": "55 %"},
        ),
        (
            procedures,
            "procedure_digital_use_rate_within_bounds",
            "digital_use_rate",
            {"digital_use_rate": 55},
            {"digital_use_rate": "55%"},
        ),
        *(
            (procedures, f"procedure_{field}_within_bounds", field, {field: 85}, {field: "85 %"})
            for field in ("autonomy_rate", "help_reachable_rate")
        ),
        (
            procedures,
            "procedure_accessibility_rate_within_bounds",
            "accessibility_rate",
            {"accessibility_rate": 48},
            {"accessibility_rate": "48 %"},
        ),
        (
            procedures,
            "procedure_availability_rate_within_bounds",
            "availability_rate",
            {"availability_rate": "99,9"},
            {"availability_rate": "99,9 %"},
        ),
        (
            procedures,
            "procedure_availability_rate_plausible",
            "availability_rate",
            {"availability_rate": "0,0055"},
            {"availability_rate": "0,5"},
        ),
        *(
            (procedures, f"procedure_{field}_within_bounds", field, {field: "14"}, {field: "7/10"})
            for field in ("satisfaction_score", "language_clarity_score", "help_efficiency_score")
        ),
        *(
            (procedures, f"procedure_{field}_plausible", field, {field: "0,82"}, {field: "8,2"})
            for field in ("satisfaction_score", "language_clarity_score", "help_efficiency_score")
        ),
        (procedures, "procedure_dlnuf_score_not_negative", "dlnuf_score", {"dlnuf_score": -1}, {"dlnuf_score": 0}),
        (procedures, "procedure_load_time_positive", "load_time_ms", {"load_time_ms": 0}, {"load_time_ms": 1}),
        (
            procedures,
            "procedure_load_time_plausible",
            "load_time_ms",
            {"load_time_ms": 60_001},
            {"load_time_ms": "60000 ms"},
        ),
        (
            procedures,
            "procedure_accessibility_level_fits_rate",
            "disability_status",
            {"disability_status": "Totale"},
            {"disability_status": "Totale", "accessibility_rate": 1},
        ),
        (
            procedures,
            "procedure_accessibility_declared_by_then",
            "accessibility_declared_on",
            {"accessibility_declared_on": date(2021, 7, 1)},
            {"accessibility_declared_on": date(2021, 6, 30)},
        ),
        (roadmap, "action_id_present", "action_id", {"action_id": None}, {}),
        (roadmap, "action_title_present", "title", {"title": None}, {}),
        (roadmap, "action_mission_present", "mission", {"mission": None}, {}),
        (roadmap, "action_status_present", "status", {"status": None}, {}),
        (roadmap, "action_entered_by_then", "entry_edition", {"entry_edition": "2021-S2"}, {"entry_edition": EDITION}),
        (roadmap, "action_planned_end_plausible", "planned_end", {"planned_end": "31/12/1921"}, {}),
        (
            roadmap,
            "action_end_given",
            "actual_end",
            {"status": "Achevé"},
            {"status": "Achevé", "actual_end": date(2021, 6, 1)},
        ),
        (
            roadmap,
            "action_end_fits_status",
            "actual_end",
            {"actual_end": date(2021, 6, 1)},
            {"status": "Abandonné", "actual_end": date(2021, 6, 1)},
        ),
        (
            roadmap,
            "action_ended_by_then",
            "actual_end",
            {"status": "Achevé", "actual_end": date(2021, 7, 1)},
            {"status": "Achevé", "actual_end": date(2021, 6, 30)},
        ),
        (indicators, "indicator_id_present", "indicator_id", {"indicator_id": None}, {}),
        (indicators, "indicator_title_present", "title", {"title": None}, {}),
        (indicators, "indicator_unit_present", "unit", {"unit": None}, {}),
        (
            indicators,
            "indicator_percent_not_fraction",
            "unit",
            {"unit": "%", "baseline_value": "0,12", "target_value": "0,25", "measured_value": "0,35"},
            {"unit": "%", "baseline_value": "12 %", "target_value": "25 %", "measured_value": "35 %"},
        ),
        (
            indicators,
            "indicator_measured_value_not_fraction",
            "measured_value",
            {"unit": "%", "baseline_value": "12", "target_value": "25", "measured_value": "0,35"},
            {"unit": "%", "baseline_value": "12", "target_value": "25", "measured_value": "35"},
        ),
        (indicators, "indicator_baseline_value_dated", "baseline_date", {"baseline_date": None}, {}),
        (indicators, "indicator_target_value_dated", "target_date", {"target_date": None}, {"target_date": "À venir"}),
        (indicators, "indicator_measured_value_dated", "measured_on", {"measured_on": None}, {}),
        (indicators, "indicator_target_differs_from_baseline", "target_value", {"target_value": 40}, {}),
        (indicators, "indicator_target_after_baseline", "target_date", {"target_date": "29/06/2019"}, {}),
        (indicators, "indicator_measured_after_baseline", "measured_on", {"measured_on": "29/06/2019"}, {}),
        (indicators, "indicator_measured_by_then", "measured_on", {"measured_on": "01/07/2021"}, {}),
    ]
    for make, rule, field, wrong, right in made:
        yield _one(rule, make().put(3, **wrong), make().at(field, 3), make().put(3, **right))

    # A figure that is implausible by itself, beside one that is not known.
    for which in ("initial", "current"):
        costs = (
            legacy_projects().blank("cost_band") if which == "current" else projects().put(3, current_cost_meur="NC")
        )
        field = f"{which}_cost_meur"
        good = projects().put(3, current_cost_meur="NC") if which == "initial" else legacy_projects()
        yield _one(f"project_{which}_cost_plausible", costs.put(3, **{field: 14_500}), costs.at(field, 3), good)
    twice = projects().repeat(3, declared_project_id=None, name="Carnet de Soins")
    yield _one(
        "project_declared_once", projects().repeat(3), "B9", projects().repeat(3, declared_project_id="x", name="X")
    )
    yield _one("project_name_unambiguous", twice.put(9, declared_project_id="carnet-2"), "B9")
    yield _one(
        "project_id_unambiguous",
        projects().repeat(3, name="X"),
        "A9",
        projects().repeat(3, name="X", declared_project_id="NC"),
    )
    yield _one(
        "procedure_declared_once", procedures().repeat(3), "B9", procedures().repeat(3, procedure_id=1, name="X")
    )
    yield _one("procedure_name_unambiguous", procedures().repeat(3, procedure_id=1), "A9")
    yield _one("action_declared_once", roadmap().repeat(3), "A5", roadmap().repeat(3, action_id="x"))
    yield _one("indicator_declared_once", indicators().repeat(3), "A4", indicators().repeat(3, indicator_id="x"))
    ends = projects().header("variance_comment", "Date de fin actualisée")
    ends.fields[ends.fields.index("variance_comment")] = "current_end_date"
    ends = ends.put(5, current_end_date=None).put(3, current_end_date=date(2022, 9, 28))
    agreed = projects().header("variance_comment", "Date de fin actualisée")
    agreed.fields[agreed.fields.index("variance_comment")] = "current_end_date"
    agreed = agreed.put(5, current_end_date=None).put(3, current_end_date=date(2026, 9, 28))
    yield _one("project_end_fits_duration", ends, ends.at("current_end_date", 3), agreed)


def _of_the_previous_edition() -> Iterator[Case]:
    def changed(rule: str, field: str, wrong: object, right: object, name: str = "", **more: object) -> Case:
        make = procedures if field == "total_volume" else projects
        faulty, good = make().put(3, **{field: wrong, **more}), make().put(3, **{field: right, **more})
        return _one(rule, faulty, faulty.at(field, 3), good, name=f"{rule} {name}".strip(), where=AFTER)

    yield Case("previous_file_again", previous_files()["projets.csv"], (("previous_file_again", None),), where=AFTER)
    alone = {"initial_cost_meur": "NC", "initial_duration_days": "NC"}
    yield changed("previous_cost_thousandfold", "current_cost_meur", "0,1459", "145,9", **alone)
    yield changed("previous_cost_tenfold", "current_cost_meur", 1459, 1100, **alone)
    yield changed("previous_duration_unit", "current_duration_days", "0,75", 18, **alone)
    yield changed(
        "previous_volume_tenfold", "total_volume", 521_878_340, 52_187_834, online_volume=None, digital_use_rate=None
    )
    yield changed("previous_baseline_changed", "initial_cost_meur", 140, 145)
    yield changed("previous_baseline_changed", "start_date", "novembre 2015", "octobre 2015", name="a start")
    yield changed("previous_figure_withdrawn", "current_cost_meur", None, "145,9")
    renamed = projects().put(3, declared_project_id=None, name="CARNET DE SOINS NUMÉRIQUE")
    kept = projects().put(3, declared_project_id="carnetdesoins", name="CARNET DE SOINS NUMÉRIQUE")
    yield _one("previous_name_close", renamed, "B3", kept, where=AFTER)
    yield _one("previous_id_unknown", projects().put(3, declared_project_id="carnet-2021"), "A3", where=AFTER)
    swapped = projects().put(3, name="HANDICAP SANS RUPTURE").put(4, name="CARNET DE SOINS")
    moved = (("previous_id_moved", "A3"), ("previous_id_moved", "A4"))
    yield Case("previous_id_moved", swapped.csv(), moved, projects().put(3, name="CARNET 2").csv(), where=AFTER)
    actions = roadmap().put(3, action_id="infra-99")
    yield _one("previous_id_unknown", actions, "A3", name="previous_id_unknown, an action", where=AFTER)
    yield _one("previous_id_missing", projects().put(4, declared_project_id=None), "A4", projects(), where=AFTER)
    without = projects().without("declared_project_id")
    yield _one("previous_id_missing", without, "A4", name="previous_id_missing, without the column", where=AFTER)
    yield _one("previous_rows_absent", projects().remove(3), None, projects(), where=AFTER)
    actions = roadmap().remove(3)
    yield _one(
        "previous_rows_absent", actions, None, roadmap().remove(2), name="previous_rows_absent, actions", where=AFTER
    )
