"""The story of the demo, in French: the made-up State files six editions, and one project is followed to its cell.

What belongs here: which commands are run, in which order, and what is said of their answers. What does not: any figure
(each comes from a command that anyone may run again, or from a published file). `make demo` runs it.
"""

import json
import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from textwrap import fill
from time import monotonic
from typing import Any

from orchestration.domain.french import NBSP, day, label, moment, month, number, plural, signed
from orchestration.sample.state import EDITIONS
from orchestration.settings import Settings

# The project that the story follows, as the command line names it.
PROJECT = "gestion-des-personnels-education"
BEFORE, LAST = EDITIONS[-2:]
AN_EARLIER_DAY = date(2021, 12, 15)

_STATUSES = {
    "accepted": ("accepté",),
    "accepted_with_warnings": ("accepté avec réserves", "acceptés avec réserves"),
    "unchanged": ("inchangé",),
    "rejected": ("refusé",),
}
_PARTS = {
    "same_projects": "mêmes projets",
    "rises": "dont hausses",
    "falls": "dont baisses",
    "newly_known": "dont coûts enfin connus",
    "withdrawn": "dont coûts retirés",
    "entrants": "projets entrés",
    "leavers": "projets sortis",
}
_WIDTH = 118


class _Failed(Exception):
    """A command ended with an error; the message is what it said."""


def main() -> int:
    """Tell the story over the home of the settings; 1 where a command failed."""
    settings = Settings()
    began = monotonic()
    try:
        public_key = _own_key(settings)
        _file_six_editions(settings.home)
        _one_project(settings.home)
        _its_alert(settings.home)
        _its_cell()
        _what_was_said()
        _the_programme()
        _the_proof(settings.home, public_key)
    except _Failed as failed:
        sys.stderr.write(f"{failed}\n")
        return 1
    _pages(settings.home)
    _say(f"\nLa démonstration a duré {_seconds(monotonic() - began)}.")
    return 0


def _file_six_editions(home: Path) -> None:
    with _step("Un État inventé dépose six éditions, en dix vagues"):
        listing = home / "sample" / "drops.csv"
        _run("sample", str(listing.parent))
        command = _command("replay", str(listing))
        with (home / "demo.log").open("a", encoding="utf-8") as log:
            process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, encoding="utf-8")
            assert process.stdout is not None  # noqa: S101
            _tell_waves(process.stdout)
        if process.wait():
            raise _Failed(f"La reprise a échoué{NBSP}: voir {home / 'demo.log'}")
        _say(f"  Ce que les équipes ont reçu pendant ce temps est dans {home / 'demo.log'}")


def _tell_waves(lines: Iterable[str]) -> None:
    """A line for each wave that has had its pass, from those that `jalons replay` prints."""
    began, wave = monotonic(), ""
    for line in lines:
        if found := re.match(r"Wave (\d+) of (\d+) \((\S+)\)", line):
            wave = f"  vague {found[1]} sur {found[2]}, {day(date.fromisoformat(found[3]))}"
        elif found := re.match(r"  Drops: (.*)", line):
            counts = (part.split(" ", 1) for part in found[1].split(", "))
            drops = ", ".join(plural(int(count), *_STATUSES[status]) for count, status in counts)
            _say(f"{wave}{NBSP}: {drops} ({_seconds(monotonic() - began)})")
            began = monotonic()
        elif "Failed" in line or "Held" in line:
            _say(line.rstrip())


def _one_project(home: Path) -> None:
    with _step("Un projet, d’édition en édition"):
        for edition in EDITIONS:
            file = home / "releases" / edition / "current" / "data" / "portfolio.json"
            if not file.exists():
                raise _Failed(f"L’édition {edition} n’est pas publiée{NBSP}: voir {home / 'demo.log'}")
            project = next(row for row in _read(file.read_text(encoding="utf-8")) if row["project_id"] == PROJECT)
            if edition == EDITIONS[0]:
                _say(f"  {project['name']} ({project['perimeter_name']})")
            cost = f"{number(Decimal(project['current_cost_meur']), 1)}{NBSP}M€"
            end = month(date.fromisoformat(project["planned_end_date"]))
            confidence = project["declared_confidence"]
            declared = f", confiance déclarée{NBSP}: {label(confidence)}" if confidence else ""
            _say(f"  {edition}  {cost:>10}  fin prévue en {end}{declared}")
            if project["variance_comment"]:
                _say(f"           le ministère{NBSP}: «{NBSP}{project['variance_comment']}{NBSP}»")
        _say(f"  Les mêmes lignes sont publiées{NBSP}: {home / 'releases' / LAST / 'current' / 'data'}/portfolio.csv")


def _its_alert(home: Path) -> None:
    with _step("Son alerte, telle que l’équipe la reçoit, et ce que le ministère en dit"):
        alerts = _ask("alerts", LAST)
        mine = [one for one in alerts if one["subject"] == PROJECT]
        name = next(one["subject_name"] for one in mine)
        # A line that is not indented opens a message.
        messages = re.split(r"\n(?=\S)", (home / "demo.log").read_text(encoding="utf-8"))
        told = next((text for text in reversed(messages) if name in text.split("\n")[0] and LAST in text), "")
        for line in (line.strip() for line in told.splitlines()):
            _say(fill(line, _WIDTH, initial_indent="  ", subsequent_indent="     "))
        cells = _ask("trace", PROJECT, "--edition", LAST)
        for cell in cells:
            if cell["column"] == "variance_comment" and cell["value"]:
                _say(f"  Le ministère{NBSP}: «{NBSP}{cell['value']}{NBSP}» ({cell['file']}, cellule {cell['cell']})")
        severities = Counter(one["severity"] for one in alerts if one["severity"])
        counted = ", ".join(f"{count} «{NBSP}{label(severity)}{NBSP}»" for severity, count in severities.items())
        _say(f"  En tout, l’édition {LAST} a {plural(severities.total(), 'alerte')}{NBSP}: {counted}.")


def _its_cell() -> None:
    with _step("Du chiffre publié à sa cellule"):
        cells = _ask("trace", "total_cost_bn_eur", "--edition", LAST)
        published = _ask("figures", LAST)["total_cost_bn_eur"]
        total = sum(Decimal(cell["value_number"]) for cell in cells if cell["value_number"] is not None)
        _say(
            f"  Coût total publié{NBSP}: {number(published, 2)}{NBSP}Md€. Les {len(cells)} cellules dont il vient font"
            f" {number(total, 2)}{NBSP}M€."
        )
        cell = next(cell for cell in cells if cell["project_id"] == PROJECT)
        place = f"feuille «{NBSP}{cell['sheet']}{NBSP}», cellule {cell['cell']}" if cell["sheet"] else cell["cell"]
        _say(f"  Celle du projet{NBSP}: «{NBSP}{cell['value']}{NBSP}», {place} de {cell['file']},")
        received = moment(datetime.fromisoformat(cell["received_at"]))
        _say(f"  déposé par {cell['perimeter']}, reçu le {received}, empreinte SHA-256 {cell['sha256'][:16]}…")


def _what_was_said() -> None:
    with _step(f"Ce que nous disions le {day(AN_EARLIER_DAY)}, et aujourd’hui"):
        then, now = _ask("figures", LAST, "--as-of", AN_EARLIER_DAY.isoformat()), _ask("figures", LAST)
        for title, name, places in (
            ("grands projets", "projects", 0),
            ("coût total (Md€)", "total_cost_bn_eur", 2),
            ("dérive moyenne des coûts (%)", "budget_variance_mean_pct", 1),
            ("démarches entièrement en ligne", "procedures_online", 0),
        ):
            _say(f"  {title:<32}{number(then[name], places):>8}  →{number(now[name], places):>8}")
        if then["provisional"]:
            _say(f"  Les premiers chiffres étaient provisoires{NBSP}: tous les ministères n’avaient pas déposé.")
        parts = _ask("compare", BEFORE, LAST)["total_cost_meur"]
        moved = ", ".join(
            f"{words} {signed(Decimal(str(parts[part])), 1)}{NBSP}M€" for part, words in _PARTS.items() if parts[part]
        )
        _say(
            fill(
                f"Depuis {BEFORE}, le coût a changé ainsi{NBSP}: {moved}.",
                _WIDTH,
                initial_indent="  ",
                subsequent_indent="  ",
            )
        )


def _the_programme() -> None:
    with _step("Le programme TECH.GOUV et les démarches"):
        roadmap, last = _ask("figures", BEFORE), _ask("figures", LAST)
        _say(
            f"  {BEFORE}{NBSP}: {roadmap['roadmap_actions']} actions en {roadmap['roadmap_missions']} missions,"
            f" {roadmap['roadmap_completed']} achevées, {roadmap['roadmap_due_by_year_end']} à achever dans l’année,"
            f" {roadmap['roadmap_new']} nouvelles"
        )
        connected = last["franceconnect"] + last["franceconnect_plus"]
        share = Decimal(100 * connected) / last["procedures"]
        _say(
            f"  {LAST}{NBSP}: {last['procedures_online']} démarches en ligne sur {last['procedures']},"
            f" {number(share)}{NBSP}% avec FranceConnect ou FranceConnect+"
        )
        telework = next(one for one in last["indicators"] if one["indicator_id"] == "teletravail")
        _say(
            f"  Agents en mesure de télétravailler{NBSP}: {number(telework['value'])}{NBSP}%, pour une cible de"
            f" {number(telework['target'])}{NBSP}% en {telework['target_date'][:4]}"
        )


def _own_key(settings: Settings) -> Path:
    """A key of the demo's own, kept from one time to the next outside of the checkout, unless one is set."""
    path = settings.signing_key
    if path is None:
        data = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
        path = Path(data) / "jalons" / "demo.key"
        if not path.exists():
            _run("keys", "make", str(path))
        os.environ["JALONS_SIGNING_KEY"] = str(path)
    return path.with_name(f"{path.name}.pub")


def _the_proof(home: Path, public_key: Path) -> None:
    with _step("La preuve : tout ce qui est publié, vérifié sans l’installation"):
        words = ("verify", str(home / "releases"), "--key", str(public_key))
        _say(f"  $ jalons {' '.join(words)}")
        proved = [line for line in _run(*words).splitlines() if line.strip().startswith("✓")]
        for line in (*proved[:4], *proved[-3:]):
            _say(f"  {line.strip()}")


def _pages(home: Path) -> None:
    _say("\nÀ ouvrir maintenant")
    pages = [
        (f"La page de l’édition {LAST}", home / "releases" / LAST / "current" / "index.html"),
        ("La même, au premier jour", home / "releases" / LAST / "r1" / "index.html"),
    ]
    receipts = sorted((home / "outbox" / LAST / "MEN").glob("*/accuse.html"))
    pages += [("L’accusé de réception du ministère", receipt) for receipt in receipts[-1:]]
    refused = sorted((home / "outbox" / "2020-S2" / "SPM").glob("*/accuse.html"))
    refused = [page for page in refused if _read(page.with_suffix(".json").read_text("utf-8"))["status"] == "rejected"]
    pages += [("Celui d’un fichier refusé", receipt) for receipt in refused[:1]]
    pages += [("Toutes les éditions et leurs révisions", home / "releases" / "index.html")]
    for title, page in pages:
        _say(f"  {title}{NBSP}: {page.absolute().as_uri()}")
    _say(f"  L’interface de Dagster{NBSP}: make dev, puis http://127.0.0.1:3000")


@contextmanager
def _step(title: str) -> Iterator[None]:
    """A title, what is told under it, and how long it took."""
    _say(f"\n{title}")
    began = monotonic()
    yield
    _say(f"  [{_seconds(monotonic() - began)}]")


def _ask(*words: str) -> Any:
    """What a command answers as JSON; the command is shown, so that it can be run again."""
    _say(f"  $ jalons {' '.join(words)}")
    return _read(_run(*words, "--json"))


def _run(*words: str) -> str:
    done = subprocess.run(_command(*words), capture_output=True, encoding="utf-8", check=False)
    if done.returncode:
        raise _Failed(f"jalons {' '.join(words)}{NBSP}: {done.stderr or done.stdout}")
    return done.stdout


def _command(*words: str) -> Sequence[str]:
    return (str(Path(sys.executable).with_name("jalons")), *words)


def _read(text: str) -> Any:
    return json.loads(text, parse_float=Decimal)


def _seconds(duration: float) -> str:
    return f"{number(Decimal(str(round(duration, 1))), 1)}{NBSP}s"


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
