"""What engineers read of what went wrong with stores and clock: every word of it, as they get it."""

from datetime import UTC, datetime
from typing import Any

import pytest

from orchestration.alerting import messages
from orchestration.alerting.faults import INCIDENT_RULES, of_incident
from orchestration.alerting.messages import Message
from orchestration.intake.incidents import Incident, IncidentRule

NOW = datetime(2021, 12, 1, 9, tzinfo=UTC)
FILE = "projects/edition=2021-S1/perimeter=MI/00000007.parquet"
SHA256 = "ab12" * 16
ROWS = {"store": "lake", "perimeter": "MI", "kind": "projects", "drop_id": 7}
LOST = ROWS | {"reason": f"the archive has no file {SHA256}", "path": "2021-S1/MI/p.csv", "sha256": SHA256}
UNLISTED = {"what": "unlisted", "inbox": "/srv/depot", "files": 44}
MEND = "À faire : chercher ce qui a touché aux fichiers de la machine."
PUT_BACK = (
    "À faire : remettre depuis une copie ce qui est nommé ici, ou le fichier d’origine à sa place dans la boîte de "
    "dépôt, puis relancer une passe (`jalons run`), qui vérifie. Si les octets sont là, mais que les règles "
    "d’aujourd’hui les lisent autrement, et à raison, relire la case dans Dagster (`jalons ui`)."
)
PUT_FILES_BACK = (
    "À faire : remettre ces fichiers depuis une copie, et retirer ceux qui n’en sont pas ; la passe suivante vérifie."
)

# Rule, subject, edition, details; then the title, the line, and what to do.
GOLDEN: dict[str, tuple[tuple[IncidentRule, str, str | None, dict[str, Any]], tuple[str, str, str]]] = {
    "rows made again": (
        ("store_mended", FILE, "2021-S1", ROWS),
        (
            "🟠 Attention · Fichier refait · édition 2021-S1",
            f"Le fichier du lac {FILE} (MI, édition 2021-S1, Grands projets, dépôt n° 7) manquait, ou n’était plus "
            "celui qui avait été écrit : il a été refait à partir des octets archivés, avec autant de lignes que "
            "celles acceptées. Rien n’est perdu.",
            MEND,
        ),
    ),
    "a published file made again": (
        ("store_mended", "2021-S1/r2/index.html", "2021-S1", {"store": "releases", "revision": 2}),
        (
            "🟠 Attention · Fichier refait · édition 2021-S1",
            "Le fichier publié 2021-S1/r2/index.html n’était plus tel qu’il a été publié : il a été refait à "
            "l’identique. Rien n’est perdu.",
            MEND,
        ),
    ),
    "the link of the readers put back": (
        ("store_mended", "2021-S1/current", "2021-S1", {"store": "releases", "revision": 2}),
        (
            "🟠 Attention · Fichier refait · édition 2021-S1",
            "Le lien publié 2021-S1/current ne menait plus à la révision 2, la dernière parue : il y mène de nouveau. "
            "Rien n’est perdu.",
            MEND,
        ),
    ),
    "bytes of a drop lost": (
        ("store_damaged", SHA256, None, {"store": "archive", "path": "2021-S2/MI/p.csv", "drop_id": 9, "reason": "x"}),
        (
            "🔴 Critique · Fichier perdu ou abîmé",
            f"Le dépôt 2021-S2/MI/p.csv (n° 9) attend : ses octets, dans l’archive ab/{SHA256}, manquent ou sont "
            "abîmés, et la boîte de dépôt ne les a plus.",
            PUT_BACK,
        ),
    ),
    "rows lost": (
        ("store_damaged", FILE, "2021-S1", LOST),
        (
            "🔴 Critique · Fichier perdu ou abîmé · édition 2021-S1",
            f"Les lignes acceptées de MI, édition 2021-S1, Grands projets, dépôt n° 7 ne sont plus dans le lac "
            f"({FILE}), et n’ont pas pu être refaites : the archive has no file {SHA256}. Cette édition et les "
            f"suivantes gardent la révision qu’elles ont. Les octets reçus (2021-S1/MI/p.csv) sont, dans l’archive, "
            f"ab/{SHA256}.",
            PUT_BACK,
        ),
    ),
    "the revision of the readers altered": (
        (
            *("release_altered", "2021-S1/r2", "2021-S1"),
            {"store": "releases", "revision": 2, "is_latest": True, "files": ["data/top50.parquet", "note.txt"]},
        ),
        (
            "🔴 Critique · Publication altérée · édition 2021-S1",
            "La révision 2 de l’édition 2021-S1 (releases/2021-S1/r2), celle que voient les lecteurs, n’est plus telle "
            "qu’elle a été publiée : data/top50.parquet, note.txt.",
            PUT_FILES_BACK,
        ),
    ),
    "a past revision altered": (
        (
            *("release_altered", "2021-S1/r1", "2021-S1"),
            {"store": "releases", "revision": 1, "is_latest": False, "files": list("abcdefg")},
        ),
        (
            "🔴 Critique · Publication altérée · édition 2021-S1",
            "La révision 1 de l’édition 2021-S1 (releases/2021-S1/r1), qui n’est plus la dernière, n’est plus telle "
            "qu’elle a été publiée : a, b, c, d, e et 2 autres.",
            PUT_FILES_BACK,
        ),
    ),
    "what a scrub found": (
        ("scrub_found", "receipts", None, {"store": "receipts", "files": ["2021-S1/MI/20210615T090000Z-00007"]}),
        (
            "🔴 Critique · Vérification complète : anomalie",
            "La vérification complète des accusés a trouvé des fichiers absents ou abîmés : "
            "2021-S1/MI/20210615T090000Z-00007.",
            "À faire : lancer une passe (`jalons run`), qui refait ce qui peut l’être, puis `jalons scrub` ; remettre "
            "le reste depuis une copie, et vérifier le disque.",
        ),
    ),
    "a damaged ledger": (
        ("scrub_found", "ledger", None, {"store": "ledger", "files": ["ledger"]}),
        (
            "🔴 Critique · Vérification complète : anomalie",
            "La vérification complète a trouvé la base du registre abîmée.",
            "À faire : vérifier le disque, puis refaire le registre à partir de sa dernière copie et de l’archive "
            "(`jalons restore`), et relancer une passe (`jalons run`).",
        ),
    ),
    "a clock behind": (
        ("clock_behind", "clock", None, {"now": "2021-11-30T09:00:00+00:00", "latest": "2021-12-01T09:00:00+00:00"}),
        (
            "🟠 Attention · Horloge en retard sur le registre",
            "L’horloge de la machine indiquait le 30 novembre 2021 à 09:00 (UTC), et le dernier dépôt du registre est "
            "daté du 1er décembre 2021 à 09:00 (UTC). Ce qui arrive d’ici là porte cette dernière date, dans l’ordre "
            "d’arrivée : aucune correction n’est perdue.",
            "À faire : mettre l’horloge à l’heure ; si c’est le registre qui se trompe, donner l’heure vraie à ce "
            "qu’il date trop tard (`jalons clock mend`, suivi de cette heure).",
        ),
    ),
    "an inbox that is gone": (
        ("inbox_missing", "inbox", None, {"what": "absent", "inbox": "/srv/depot", "files": 44}),
        (
            "🔴 Critique · Boîte de dépôt absente ou vidée",
            "La boîte de dépôt n’est plus là (/srv/depot). Elle contenait 44 fichiers. "
            "Ce qui a été reçu avant est gardé ; plus rien n’est reçu d’ici là.",
            "À faire : monter son disque, ou remettre le dossier à sa place.",
        ),
    ),
    "an inbox emptied": (
        ("inbox_missing", "inbox", None, {"what": "emptied", "inbox": "/srv/depot", "files": 1}),
        (
            "🔴 Critique · Boîte de dépôt absente ou vidée",
            "La boîte de dépôt (/srv/depot) est vide tout à coup. Elle contenait 1 fichier. "
            "Ce qui a été reçu avant est gardé.",
            "À faire : monter son disque, ou remettre les fichiers à leur place ; si elle a été vidée exprès, le dire "
            "(`jalons inbox confirm`).",
        ),
    ),
    "an inbox that cannot be listed": (
        ("inbox_missing", "inbox", None, UNLISTED | {"errno": 13, "reason": "Permission denied"}),
        (
            "🔴 Critique · Boîte de dépôt absente ou vidée",
            "La boîte de dépôt (/srv/depot) ne peut pas être lue : droit de lecture manquant. "
            "Ce qui a été reçu avant est gardé ; plus rien n’est reçu d’ici là.",
            "À faire : donner le droit de lecture au compte qui lance Jalons, ou vérifier le disque.",
        ),
    ),
    "an inbox out of reach": (
        ("inbox_unreachable", "no_answer", None, {"what": "unreachable", "inbox": "sftp://depot/inbox", "files": 3}),
        (
            "🔴 Critique · Boîte de dépôt hors d’atteinte",
            "La boîte de dépôt (sftp://depot/inbox) ne peut pas être atteinte : son serveur ne répond pas. Ce qui a "
            "été reçu avant est gardé, et ce qui a été déposé depuis y attend.",
            "À faire : vérifier le réseau et le serveur ; la lecture est tentée de nouveau.",
        ),
    ),
    "a folder that cannot be listed": (
        ("inbox_unreadable", "2021-S2/MI", None, UNLISTED | {"what": "folder", "errno": 5, "reason": "I/O error"}),
        (
            "🔴 Critique · Boîte de dépôt illisible en partie",
            "Le dossier 2021-S2/MI de la boîte de dépôt ne peut pas être lu : le disque ne donne pas ses octets. Rien "
            "de ce qu’il contient n’est reçu ; le reste de la boîte l’est.",
            "À faire : donner le droit de lecture au compte qui lance Jalons, ou vérifier le disque.",
        ),
    ),
    "a file that cannot be read": (
        ("inbox_unreadable", "2021-S2/MI/a.csv", None, UNLISTED | {"what": "file", "errno": 116, "reason": "Stale"}),
        (
            "🔴 Critique · Boîte de dépôt illisible en partie",
            "Le fichier 2021-S2/MI/a.csv de la boîte de dépôt ne peut pas être lu : Stale. Rien n’en est reçu d’ici "
            "là ; la lecture est tentée de nouveau, et les autres fichiers sont reçus.",
            "À faire : donner le droit de lecture au compte qui lance Jalons, ou vérifier le disque.",
        ),
    ),
}


def message_of(rule: IncidentRule, subject: str, edition: str | None, details: dict[str, Any]) -> Message:
    return messages.fault("key", [of_incident(Incident(rule, subject, edition, details, NOW))], "")


@pytest.mark.parametrize(("incident", "said"), GOLDEN.values(), ids=GOLDEN)
def test_engineers_read_what_happened_to_what_and_what_to_do(
    incident: tuple[IncidentRule, str, str | None, dict[str, Any]], said: tuple[str, str, str]
) -> None:
    message = message_of(*incident)
    read = tuple(
        text.replace("\N{NO-BREAK SPACE}", " ") for text in (message.title, *map(str, message.lines), *message.notes)
    )
    assert read == said


@pytest.mark.parametrize("incident", [incident for incident, _ in GOLDEN.values()], ids=GOLDEN)
def test_a_no_break_space_stands_before_double_signs_and_no_apostrophe_is_straight(
    incident: tuple[IncidentRule, str, str | None, dict[str, Any]],
) -> None:
    message = message_of(*incident)
    for text in (message.title, *map(str, message.lines), *message.notes):
        assert not [sign for sign in ":;!?" if f" {sign}" in text]
        assert "'" not in text


def test_every_rule_of_an_incident_has_its_words_here() -> None:
    assert {incident[0] for incident, _ in GOLDEN.values()} == set(INCIDENT_RULES)
