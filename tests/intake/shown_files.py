"""Files of projects of which it is known what a careful reader sees in each cell, and what a receipt owes them.

What belongs here: making them in each format, with what agents do to theirs (number formats, merges, stray quotes,
totals, damaged letters), and comparing. What does not: files that nobody would make on purpose (`fuzzing`).
"""

import io
import json
import random
import re
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from xml.sax.saxutils import escape

import xlsxwriter

# A number that its column may hold (M€, years), or nothing: a word for that, or what nobody can read as one.
Seen = Decimal | None


@dataclass(frozen=True)
class ShownCell:
    """What a file holds in a cell, the format that shows it, and what a careful reader sees there.

    `says` is that nothing may be made of it without a word: what is seen is no value, and no blank either.
    """

    held: Any
    seen: Seen = None
    says: bool = False
    format: "Format | None" = None


@dataclass(frozen=True)
class Format:
    """A number format: the words around the number, how often it is divided by a thousand, or that it is a date."""

    before: str = ""
    after: str = ""
    thousands: int = 0
    decimals: int = 0
    is_grouped: bool = False
    is_date: bool = False
    is_hidden: bool = False

    def excel(self, way: int) -> str:
        """The code of the format, written in one of the ways of spreadsheets."""
        if self.is_hidden:
            return ";;;"
        if self.is_date:
            return "dd/mm/yyyy"
        digits = ("#,##0" if self.is_grouped else "0") + "." * bool(self.decimals) + "0" * self.decimals
        before, after = (_in_code(words, way) for words in (self.before, self.after))
        code = f"{before}{digits}{',' * self.thousands}{after}"
        return (code, f"{code};[Red]-{code}", f"{code};-{code};0", f"_-{code}_-", f"[>=0]{code};-{code}")[way % 5]


def _in_code(words: str, way: int) -> str:
    if words.strip() == "%":
        return words.strip()
    if words.strip() == "€":
        return (' "€"', "\\ [$€-40C]", "\\ €", "_ [$€-1]", ' "€"')[way % 5]
    return "".join(f"\\{sign}" for sign in words) if way % 3 == 2 else f'"{words}"' * bool(words)


@dataclass
class ShownProject:
    """A project of a file: its name, of which `mark` stays whatever happens to its letters, its cells and its row."""

    mark: str
    name: str
    cost: ShownCell
    duration: ShownCell
    start: Any
    phase: str
    comment: str
    row: int = 0


@dataclass
class ShownFile:
    """A made file: what is seen in it, project by project, and where; `done` says what was done to it."""

    suffix: str
    data: bytes = field(repr=False)
    projects: Sequence[ShownProject] = ()
    done: Sequence[str] = ()


# What agents type, and what they see in it.

_PHASES = ("Déploiement", "Conception / Réalisation", "Expérimentation", "Terminé")
_NBSP, _THIN = "\u00a0", "\u202f"
_NOTHING = ("", None, "NC", "n/c", "-", "–", "En cadrage", "À venir", "Non applicable")
_UNREADABLE = (
    *("12-15", "20 à 50 M€", "environ 12", "12,5 M€ + 3 M€", "l2,5", "12O", "1²", "quarante", "12,5 $", "12/15"),
    *("#REF!", "#DIV/0!", "?", "cf. annexe", "12,5 (2019) puis 14", "4,2E+01", "12,5 par an", "12.5.3,1", "1,2,3 M"),
    *("03/05/2021", "mai-21", "35 %", "12 h", "12,5 k$", "0x2A", "(12,5)", "12,5-", "12 5", "12 ; 13", "12,5 M€ HT"),
)


def _french(value: Decimal, space: str = "") -> str:
    return f"{value.normalize():,f}".replace(",", space).replace(".", ",")


def _cost(value: Decimal, chance: random.Random, is_workbook: bool) -> ShownCell:
    """One cost in M€ in one of the ways in which agents write it."""
    draw = chance.random()
    if draw < 0.06:
        return ShownCell(chance.choice(_NOTHING))
    if draw < 0.12:
        return ShownCell(chance.choice(_UNREADABLE), says=True)
    if is_workbook and draw < 0.75:
        return _formatted_cost(value, chance)
    space = chance.choice((" ", _NBSP, _THIN))
    thousands, euros = value * 1000, value * 10**6
    euro = chance.choice(("€", "€", "EUR", "euros"))
    units = ("M€", " M", " Meuros", " M€ TTC", " m€", " M €", " millions d’euros", " millions")
    texts = (
        *(_french(value), _french(value), _french(value), f"{value.normalize():f}"),
        f"{_french(value)}{space}M{euro}",
        f"{_french(value)}{chance.choice(units)}",
        f"{_french(thousands, space)}{space}{chance.choice(('k', 'K'))}{euro}",
        f"{_french(thousands, space)}k€",
        f"{_french(thousands, chance.choice(('', space)))} milliers d'euros",
        f"{_french(euros, space)}{space}{euro}" if euros >= 10_000 else _french(value),
        f"€ {_french(euros, space)}" if euros >= 10_000 else _french(value),
        f"{_french(value / 1000)} Md€",
        f"+{_french(value)}",
        f"{_french(value)}{space}",
        f"'{_french(value)}",
        f"{value.normalize():f}00 M€" if "." in f"{value.normalize():f}" else f"{value.normalize():f},00 M€",
    )
    return ShownCell(chance.choice(texts), value)


def _formatted_cost(value: Decimal, chance: random.Random) -> ShownCell:
    """A number that its format shows in M€, or says to be something else."""
    decimals = chance.randrange(3)
    euros = chance.choice((" €", " €", "€"))
    match chance.randrange(12):
        case 0 | 1:
            return ShownCell(float(value), value)
        case 2:
            after = chance.choice((" M€", "M€", " M", " M€ TTC", " millions", " M €"))
            return ShownCell(float(value), value, format=Format(after=after, decimals=decimals))
        case 3:
            after = chance.choice((" k€", "k€", " K€", " k€ TTC", " milliers d'euros"))
            shown = Format(after=after, decimals=decimals, is_grouped=chance.random() < 0.5)
            return ShownCell(float(value * 1000), value, format=shown)
        case 4:
            scaled = chance.choice((1, 2))
            after = chance.choice((" M€", "", " M"))
            return ShownCell(float(value * 1000**scaled), value, format=Format("", after, scaled, decimals))
        case 5:
            return ShownCell(float(value * 10**6), value, format=Format(after=" k€", thousands=1, is_grouped=True))
        case 6:
            return ShownCell(float(value * 10**6), value, format=Format(after=euros, is_grouped=True))
        case 7:
            # An amount that a money format shows: in M€ like its column, or in euros; either way it is said.
            return ShownCell(float(value), value, says=True, format=Format(after=euros, decimals=decimals))
        case 8:
            after = chance.choice((" %", "%", " mois", " ans", " ETP", " $", " k$", " M$"))
            return ShownCell(float(value), None, says=True, format=Format(after=after, decimals=decimals))
        case 9:
            return ShownCell(float(value), None, says=True, format=Format(is_date=True))
        case 10:
            return ShownCell(float(value), None, says=True, format=Format(is_hidden=True))
        case _:
            return ShownCell(float(value / 1000), value, format=Format(after=chance.choice((" Md€", " milliards"))))


_UNREADABLE_DURATIONS = ("4 ans et 6 mois", "2 à 3 ans", "environ 4", "longue", "12 M€", "35 %", "#N/A", "4 ans (TMA)")


def _duration(chance: random.Random, is_workbook: bool) -> ShownCell:
    """A duration in years."""
    months = chance.randrange(12, 120, 3)
    years = Decimal(months) / 12
    draw = chance.random()
    if draw < 0.05:
        return ShownCell(chance.choice(_NOTHING))
    if draw < 0.1:
        return ShownCell(chance.choice(_UNREADABLE_DURATIONS), says=True)
    if is_workbook and draw < 0.7:
        match chance.randrange(6):
            case 0:
                return ShownCell(months, years, format=Format(after=chance.choice((" mois", "mois", " Mois"))))
            case 1:
                after = chance.choice((" ans", " an(s)", " années"))
                return ShownCell(float(years), years, format=Format(after=after, decimals=2))
            case 2:
                return ShownCell(float(years), None, says=True, format=Format(after="%", decimals=1))
            case 3:
                return ShownCell(months // 3, Decimal(months) / 12, format=Format(after=" trimestres"))
            case 4:
                return ShownCell(float(years), None, says=True, format=Format(is_date=True))
            case _:
                return ShownCell(float(years), years)
    in_months = (f"{months} mois", f"{months}{_NBSP}mois", f"{months // 3} trimestres")
    return ShownCell(chance.choice((_french(years), f"{_french(years)} ans", f"{years:f}", *in_months)), years)


# Tables.

_HEADERS = {
    "id": ("Identifiant du projet", "ID Projet", "Identifiant"),
    "name": ("Nom du projet", "NOM DU PROJET", "Projet"),
    "ministry": ("Ministère porteur",),
    "start": ("Début", "Date de début"),
    "duration": ("Durée prévisionnelle en année", "Durée actualisée (années)"),
    "phase": ("Phase du projet en cours", "Phase"),
    "cost": ("Coût estimé", "Coût complet actualisé (M€)", "Coût complet"),
    "comment": ("Commentaire sur l'écart", "Commentaire"),
    "description": ("Description et objectifs du projet",),
}
_LABELS = (
    *("TOTAL", "Total", "Total général", "TOTAL GÉNÉRAL (M€)", "Total :", "TOTAL M€", "Sous-total", "Sous total DNUM"),
    *("S/T", "s/total 2021", "Sous-Total :", "Cumul", "Somme", "Montant total", "Coût total", "Ensemble des projets"),
    *("dont DNUM", "Rappel 2020", "Σ", "Total HT", "TOTAUX", "Grand total", "Ss-total", "Total du ministère"),
    *("- Total", "** TOTAL **", "=> Total", "Totaux :", "Moyenne", "Total 5 projets", "Sub-total", "Récapitulatif"),
    *("T O T A L", "Budget total", "Reste à payer"),
)
_TEXTS = (
    *(
        "Refonte ; lot 1",
        'Le projet "phare"',
        "Ligne 1\nligne 2",
        "à l’étude, déjà reçu",
        "Œuvre n° 5 – été",
        "",
        "x" * 300,
    ),
    *("=SOMME(A1:A3)", "« été » : 12,5 M€", "3 > 2 & 5", "-"),
)

Row = dict[str, Any]


def made(chance: random.Random, number: int) -> ShownFile:
    """The file of this number, in a format by chance."""
    suffix = chance.choice(("csv", "csv", "xlsx", "xlsx", "ods", "json"))
    is_workbook = suffix in ("xlsx", "ods")
    projects = [_project(chance, f"P{number:03}Q{place:02}", is_workbook) for place in range(chance.randint(2, 9))]
    table = _Table(chance, projects, suffix)
    changes = [change for change in _CHANGES if suffix in _FORMATS.get(change, suffix)]
    # In the order of the list: cells are merged once no row is put between them.
    for change in sorted(chance.sample(changes, chance.choice((0, 1, 1, 2, 3))), key=changes.index):
        table.done.append(change.__name__.strip("_"))
        change(table)
    numbers = {row.get("name"): table.first + place for place, row in reversed([*enumerate(table.rows, start=1)])}
    for one in projects:
        one.row = numbers[one.name]
    return ShownFile(suffix, _WRITERS[suffix](table), projects, table.done)


def _project(chance: random.Random, mark: str, is_workbook: bool) -> ShownProject:
    digits = chance.choice(((1, 999, 10), (1, 999, 100), (100, 9_000, 100), (10_000, 300_000, 1000)))
    value = max(Decimal(chance.randint(*digits[:2])) / digits[2], Decimal("0.05"))
    name = f"{mark} {chance.choice(('Hermès', 'SIRH', 'Été', 'Portail', 'TOTALIS', 'Ensemble', 'Dont Acte'))}"
    return ShownProject(
        mark,
        name,
        _cost(value, chance, is_workbook),
        _duration(chance, is_workbook),
        chance.choice((date(2019, chance.randint(1, 12), 5), f"{chance.randint(1, 28):02}/03/2018", "juillet 2018")),
        chance.choice(_PHASES),
        chance.choice(_TEXTS),
    )


class _Table:
    """A table in the making: rows by field, and what is done around it."""

    def __init__(self, chance: random.Random, projects: Sequence[ShownProject], suffix: str) -> None:
        self.chance, self.projects, self.suffix = chance, projects, suffix
        self.fields = ["name", "ministry", "start", "duration", "phase", "cost", "comment", "description"]
        if chance.random() < 0.4:
            self.fields.insert(0, "id")
        if chance.random() < 0.4:
            chance.shuffle(self.fields)
        self.headers = {name: chance.choice(_HEADERS[name]) for name in self.fields}
        self.rows: list[Row] = [self._row(place, one) for place, one in enumerate(projects, start=1)]
        self.above: list[list[Any]] = []
        # The upper and the lower row of each, and the column.
        self.merges: list[tuple[Row, Row, str]] = []
        self.hidden: list[Row] = []
        self.raw: dict[int, Callable[[str], str]] = {}
        self.encoding = chance.choice(("utf-8", "utf-8-sig", "cp1252", "cp1252"))
        self.is_mojibake = False
        self.done: list[str] = []

    def _row(self, place: int, one: ShownProject) -> Row:
        cells = {"id": f"p-{place}", "name": one.name, "ministry": "Ministère de la Justice", "start": one.start}
        more = {"duration": one.duration, "phase": one.phase, "cost": one.cost, "comment": one.comment}
        return cells | more | {"description": self.chance.choice(_TEXTS)}

    def lines(self) -> list[list[Any]]:
        """Every row, those above the header first."""
        header = [self.headers[name] for name in self.fields]
        return [*self.above, header, *([row.get(name) for name in self.fields] for row in self.rows)]

    @property
    def first(self) -> int:
        """The place of the first row under the header among all."""
        return len(self.above) + 1

    def total_of(self, rows: Sequence[Row]) -> Decimal:
        """What the costs of these rows make, as they are seen."""
        return sum((row["cost"].seen or Decimal() for row in rows if isinstance(row.get("cost"), ShownCell)), Decimal())

    def a_place(self) -> int:
        """The place of a row, among those under the header."""
        return self.chance.randrange(len(self.rows))

    def a_label(self) -> str:
        """A label of totals, in letters that the file has."""
        label = self.chance.choice(_LABELS)
        return "Total" if self.suffix == "csv" and label == "Σ" else label

    def blocks(self) -> list[tuple[int, int, int, int]]:
        """The merged cells: the first row, the first column, the last row, the last column, from 0."""
        places = {id(row): self.first + place for place, row in enumerate(self.rows)}
        blocks = [(places[id(upper)], places[id(lower)], self.fields.index(name)) for upper, lower, name in self.merges]
        return [(top, column, bottom, column) for top, bottom, column in blocks if bottom == top + 1]


def _total(table: _Table) -> None:
    chance, at = table.chance, len(table.rows)
    if chance.random() < 0.5:
        at = chance.randint(2, at)
    total = table.total_of(table.rows[:at])
    row: Row = {"cost": chance.choice((_french(total), f"{_french(total)} M€", total, _french(total * 1000) + " k€"))}
    where = chance.choice(("name", "name", "name", table.fields[0], "ministry", None))
    if where == "cost":
        where = "name"
    if where:
        row[where] = table.a_label()
    if chance.random() < 0.2:
        row["duration"] = "-"
    if chance.random() < 0.15:
        row["comment"] = "calculé le 3 mai"
    if chance.random() < 0.1:
        row["phase"] = "-"
    table.rows.insert(at, row)


def _subtotals(table: _Table) -> None:
    chance, rows = table.chance, list(table.rows)
    middle = max(1, len(rows) // 2)
    made: list[Row] = []
    for group, label in ((rows[:middle], "DNUM"), (rows[middle:], "DGFiP")):
        if chance.random() < 0.4:
            made.append({"name": f"Projets {label}"})
        made += [*group, {"name": f"{table.a_label()} {label}", "cost": table.total_of(group)}]
    made.append({"name": chance.choice(("TOTAL", "Total général")), "cost": table.total_of(rows)})
    table.rows[:] = made


def _title_block(table: _Table) -> None:
    lines = (["Remontée des projets"], [], ["Édition", "2021-S2"], ["Montants en M€", None, 12], ["Confidentiel"])
    table.above[:0] = [list(table.chance.choice(lines)) for _ in range(table.chance.randint(1, 4))]


def _blank_rows(table: _Table) -> None:
    table.rows.insert(table.a_place(), {})


def _header_again(table: _Table) -> None:
    table.rows.insert(table.a_place(), dict(table.headers))


def _units_row(table: _Table) -> None:
    table.rows.insert(0, {"start": "(jj/mm/aaaa)", "duration": "en années", "cost": "en M€"})


def _notes_below(table: _Table) -> None:
    texts = ("Source : DNUM, juin 2021", "* hors masse salariale", "Fait à Paris, le 3 mai 2021", "(1) 2020 : 12,5 M€")
    table.rows.append({})
    table.rows.append({table.chance.choice((table.fields[0], "name")): table.chance.choice(texts)})


def _merge(table: _Table) -> None:
    """Two rows show one amount between them; what lies under stays in the file, as spreadsheets may leave it."""
    pairs = zip(table.rows, table.rows[1:], strict=False)
    names = [row.get("name") for row in table.rows]
    # What is under the merge is no second row of a project.
    places = [
        place
        for place, (upper, lower) in enumerate(pairs)
        if "comment" in upper and "comment" in lower and lower["name"] not in names[: place + 1]
    ]
    if places:
        place = table.chance.choice(places)
        name = table.chance.choice(("cost", "cost", "duration", "phase"))
        for one in table.projects:
            if one.name == table.rows[place + 1].get("name") and name in ("cost", "duration"):
                setattr(one, name, ShownCell(None))
        table.merges.append((*table.rows[place : place + 2], name))


def _hide_rows(table: _Table) -> None:
    table.hidden.append(table.rows[table.a_place()])


def _formulas(table: _Table) -> None:
    """Formulas that no program ever calculated: nothing is to be seen in them."""
    for place in sorted({table.a_place(), table.a_place()}):
        one = next((one for one in table.projects if one.name == table.rows[place].get("name")), None)
        if one is not None:
            one.cost = table.rows[place]["cost"] = ShownCell("=12+3", says=True)


def _stray_quote(table: _Table) -> None:
    ways: tuple[Callable[[str], str], ...] = (
        lambda text: f'"{text}',
        lambda text: f'{text}"',
        lambda text: f'"{text[:3]}" {text[3:]}',
        lambda text: f'{text[:3]}"{text[3:]}',
        lambda text: f'"{text}""',
    )
    for _ in range(table.chance.choice((1, 1, 2))):
        table.raw[table.a_place()] = table.chance.choice(ways)


def _unquoted(table: _Table) -> None:
    """Separators within cells that nobody quoted."""
    table.raw[table.a_place()] = lambda text: text


def _mojibake(table: _Table) -> None:
    table.is_mojibake = True


def _twice(table: _Table) -> None:
    row = table.rows[table.a_place()]
    if "comment" in row:
        table.rows.append(dict(row))


def _dash_rows(table: _Table) -> None:
    table.rows.insert(table.a_place(), dict.fromkeys(table.fields, "-"))


def _other_table(table: _Table) -> None:
    """A second table under the first, with a header of its own."""
    place = max(1, len(table.rows) // 2)
    table.rows[place:place] = [{}, {table.fields[0]: "Autres projets"}, dict(table.headers)]


_CHANGES: Sequence[Callable[[_Table], None]] = (
    *(_twice, _total, _subtotals, _blank_rows, _header_again, _units_row, _dash_rows, _other_table, _notes_below),
    *(_title_block, _merge, _hide_rows, _formulas, _stray_quote, _unquoted, _mojibake),
)
# The formats that some of them are for.
_FORMATS: Mapping[Callable[[_Table], None], Sequence[str]] = {
    _merge: ("xlsx", "ods"),
    _hide_rows: ("xlsx",),
    _formulas: ("xlsx",),
    _title_block: ("csv", "xlsx", "ods"),
    **dict.fromkeys((_stray_quote, _unquoted, _mojibake), ("csv",)),
}


# Formats of files.


def _held(cell: Any) -> Any:
    return cell.held if isinstance(cell, ShownCell) else cell


def _text(cell: Any) -> str:
    held = _held(cell)
    if held is None:
        return ""
    if isinstance(held, date):
        return f"{held:%d/%m/%Y}"
    return _french(Decimal(str(held))) if isinstance(held, float | Decimal) else str(held)


def _csv(table: _Table) -> bytes:
    separator, end = table.chance.choice(";;,\t|"), table.chance.choice(("\n", "\r\n"))
    lines = []
    for number, cells in enumerate(table.lines()):
        change = table.raw.get(number - table.first)
        texts = [_text(cell) for cell in cells]
        spoiled = table.chance.randrange(len(texts)) if change and texts else -1
        quoted = [
            change(text) if change and place == spoiled else _quoted(text, separator)
            for place, text in enumerate(texts)
        ]
        lines.append(separator.join(quoted))
    if table.is_mojibake:
        # Headers that were damaged too cost the whole file.
        whole = table.first if table.chance.random() < 0.8 else 0
        lines[whole:] = [line.encode().decode("cp1252", "replace") for line in lines[whole:]]
    return end.join([*lines, ""]).encode("utf-8" if table.is_mojibake else table.encoding, "replace")


def _quoted(text: str, separator: str) -> str:
    return '"' + text.replace('"', '""') + '"' if re.search(rf'["\r\n{re.escape(separator)}]', text) else text


def _json(table: _Table) -> bytes:
    records = [{table.headers[name]: _held(row.get(name)) for name in table.fields} for row in table.rows]
    return json.dumps(
        records, default=lambda held: f"{held:%Y-%m-%d}" if isinstance(held, date) else float(held)
    ).encode()


def _xlsx(table: _Table) -> bytes:
    content = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(content, options | {"default_date_format": "dd/mm/yyyy"}) as book:
        page = book.add_worksheet("Projets")
        way = table.chance.randrange(5)
        for number, cells in enumerate(table.lines()):
            for position, cell in enumerate(cells):
                held = _held(cell)
                shown = cell.format if isinstance(cell, ShownCell) else None
                style = book.add_format({"num_format": shown.excel(way)}) if shown else None
                if isinstance(cell, ShownCell) and held == "=12+3":
                    page.write_formula(number, position, held, None, "")
                elif held is not None:
                    page.write(number, position, held, style)
        # Only the blocks: what lies under them stays where it is.
        page.merge += map(list, table.blocks())
        for place, row in enumerate(table.rows):
            if any(row is one for one in table.hidden):
                page.set_row(table.first + place, None, None, {"hidden": True})
    return content.getvalue()


def _ods(table: _Table) -> bytes:
    styles: dict[Format, str] = {}
    heads = {(top, column) for top, column, _, _ in table.blocks()}
    covered = {(bottom, column) for _, column, bottom, _ in table.blocks()}
    rows = []
    for number, cells in enumerate(table.lines()):
        said = []
        for position, cell in enumerate(cells):
            shown = cell.format if isinstance(cell, ShownCell) else None
            name = styles.setdefault(shown, f"ce{len(styles)}") if shown else ""
            span = ' table:number-rows-spanned="2" table:number-columns-spanned="1"' * ((number, position) in heads)
            held = _held(cell)
            if shown and shown.is_date:
                held = datetime(1899, 12, 30) + timedelta(days=held)
            said.append(_ods_cell(held, name, span, is_covered=(number, position) in covered))
        rows.append(f"<table:table-row>{''.join(said)}</table:table-row>")
    body = f"<office:automatic-styles>{''.join(_ods_style(*one) for one in styles.items())}</office:automatic-styles>"
    body += f'<office:body><office:spreadsheet><table:table table:name="Projets">{"".join(rows)}</table:table>'
    urn, kind = "urn:oasis:names:tc:opendocument:xmlns", "application/vnd.oasis.opendocument.spreadsheet"
    names = "".join(f' xmlns:{one}="{urn}:{one}:1.0"' for one in ("office", "table", "text", "style"))
    names += f' xmlns:number="{urn}:datastyle:1.0"'
    content = f"<office:document-content{names}>{body}</office:spreadsheet></office:body></office:document-content>"
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w") as entries:
        entries.writestr(zipfile.ZipInfo("mimetype"), kind)
        entries.writestr(zipfile.ZipInfo("content.xml"), content)
        manifest = f'<m:manifest xmlns:m="{urn}:manifest:1.0"><m:file-entry m:full-path="/" m:media-type="{kind}"/>'
        manifest += '<m:file-entry m:full-path="content.xml" m:media-type="text/xml"/></m:manifest>'
        entries.writestr(zipfile.ZipInfo("META-INF/manifest.xml"), manifest)
    return package.getvalue()


def _ods_style(shown: Format, name: str) -> str:
    if shown.is_date:
        element, inside = "date", "<number:day/><number:text>/</number:text><number:month/>"
    elif shown.is_hidden:
        element, inside = "number", "<number:text/>"
    else:
        element = "percentage" if "%" in shown.after else "number"
        factor = f' number:display-factor="{1000**shown.thousands}"' * bool(shown.thousands)
        places = f'number:decimal-places="{shown.decimals}" number:min-integer-digits="1"{factor}'
        before, after = (f"<number:text>{escape(one)}</number:text>" * bool(one) for one in (shown.before, shown.after))
        inside = f"{before}<number:number {places}/>{after}"
    return (
        f'<number:{element}-style style:name="n{name}">{inside}</number:{element}-style>'
        f'<style:style style:name="{name}" style:family="table-cell" style:data-style-name="n{name}"/>'
    )


def _ods_cell(held: Any, style: str, span: str, *, is_covered: bool) -> str:
    tag = "covered-table-cell" if is_covered else "table-cell"
    named = f' table:style-name="{style}"' * bool(style) + span
    match held:
        case None | "":
            return f"<table:{tag}{named}/>"
        case int() | float() | Decimal():
            typed = f'office:value-type="float" office:value="{held}"'
        case date():
            typed = f'office:value-type="date" office:date-value="{held.isoformat()}"'
        case _:
            typed = 'office:value-type="string"'
    lines = "".join(f"<text:p>{escape(line)}</text:p>" for line in _text(held).split("\n"))
    return f"<table:{tag}{named} {typed}>{lines}</table:{tag}>"


_WRITERS: Mapping[str, Callable[[_Table], bytes]] = {"csv": _csv, "json": _json, "xlsx": _xlsx, "ods": _ods}


def formats_of(file: ShownFile) -> str:
    """The units that number formats give to costs of a file."""
    return " ".join(one.cost.format.after for one in file.projects if one.cost.format)


# What a receipt owes its reader.

_MARK = re.compile(r"P\d{3}Q\d{2}")
# Findings that take a whole row, or say that its values are not where they seem.
_OF_ROWS = frozenset({"row_total", "row_total_kept", "row_note", "row_header", "row_name_only", "row_shifted"})
_TOLERANCE = Decimal("1e-6")


def unsaid(file: ShownFile, accuse: Mapping[str, Any], rows: Mapping[int, Mapping[str, Any]]) -> list[str]:
    """The figures of a receipt that are not what a careful reader sees, and of which no finding says a word.

    `rows` are those of the lake, by number.
    """
    if accuse["status"] == "rejected":
        return []
    findings = accuse["findings"]
    wrong = []
    accepted = {}
    for one in accuse["accepted"]:
        mark = _MARK.search(one["subject"].replace('"', ""))
        if mark and mark[0] not in accepted:
            accepted[mark[0]] = one
        elif (one["current_cost_meur"] or mark) and not _says(findings, one["row"], None):
            wrong.append(f"row {one['row']} ({one['subject'][:40]}) counts, and is no project of the file")
    for project in file.projects:
        one = accepted.get(project.mark)
        if one is None:
            if not any(finding["row"] == project.row and finding["severity"] == "error" for finding in findings):
                wrong.append(f"{project.mark} does not count")
            continue
        row = rows[one["row"]]
        columns = json.loads(row["cell_columns"])
        for name, cell, taken, unit in (
            ("current_cost_meur", project.cost, one["current_cost_meur"], Decimal(1)),
            ("current_duration_days", project.duration, row["current_duration_days"], Decimal(365)),
        ):
            value = None if taken is None else Decimal(str(taken)) / unit
            is_right = value == cell.seen or (None not in (value, cell.seen) and abs(value - cell.seen) < _TOLERANCE)
            if (cell.says or not is_right) and not _says(findings, one["row"], columns.get(name)):
                wrong.append(f"{project.mark} row {one['row']} {name}: {cell} read as {value}")
    return wrong


def _says(findings: Sequence[Mapping[str, Any]], row: int, letters: str | None) -> bool:
    """Whether a finding names a cell, or takes its row; `letters` are those of its column."""
    cell = f"{letters}{row}"
    for finding in findings:
        if finding["cell"] == cell or (finding["row"] == row and finding["rule"] in _OF_ROWS):
            return True
        if finding["row"] is None and letters and re.search(rf"\b{letters}\d*\b", finding["expected"]):
            return True
    return False
