"""The receipts that the contacts of a perimeter get by mail: what became of each of its drops, once.

What belongs here: which drops, and what the message says. What does not: the receipt itself (`intake.receipts`), whose
folder it names, and sending (`sending`).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from orchestration.alerting.message import Line, Message
from orchestration.domain.french import moment, plural, typeset
from orchestration.intake.ledger import DROPS
from orchestration.store.sql import naive_utc

# An older one is told no more: a channel that is opened on a home with a history begins with what is filed now.
_LONGEST = timedelta(days=7)

_TITLES = {
    "accepted": "✅ Fichier accepté",
    "accepted_with_warnings": "Fichier accepté, avec des remarques",
    "unchanged": "Fichier identique au précédent",
    "rejected": "🔴 Fichier refusé",
}


@dataclass(frozen=True)
class Filed:
    """A drop of a perimeter that was decided: the verdict in French, and the folder of its receipt."""

    drop_id: int
    path: str
    edition: str | None
    received_at: datetime
    status: str
    is_dry_run: bool
    errors: int
    warnings: int
    verdict: str
    receipt: str | None


def filed(engine: sa.Engine, perimeter: str, now: datetime) -> Iterator[Filed]:
    """The drops of a perimeter that were decided lately, the oldest first; dry runs too: somebody asked."""
    columns = [DROPS.c[name] for name in Filed.__dataclass_fields__]
    chosen = (
        sa.select(*columns)
        .where(
            DROPS.c.perimeter == perimeter,
            DROPS.c.status.in_(_TITLES),
            DROPS.c.received_at >= naive_utc(now - _LONGEST),
        )
        .order_by(DROPS.c.drop_id)
    )
    with engine.connect() as connection:
        for row in connection.execute(chosen).mappings():
            counts = {name: row[name] or 0 for name in ("errors", "warnings")}
            yield Filed(**{**row, **counts, "verdict": row["verdict"] or ""})


def headline(drop: Filed) -> str:
    """The subject of the message."""
    name = drop.path.rpartition("/")[2]
    where = f" · édition {drop.edition}" if drop.edition else ""
    trial = " (essai)" if drop.is_dry_run else ""
    return typeset(f"{_TITLES[drop.status]}{trial} · {name}{where}")


def message(key: str, drops: Sequence[Filed], *, is_repeat: bool = False) -> Message:
    """The message of one drop: the verdict, what was found, and where the whole receipt is."""
    (drop,) = drops
    found = [
        *([plural(drop.errors, "erreur")] if drop.errors else []),
        *([plural(drop.warnings, "remarque")] if drop.warnings else []),
    ]
    counted = [Line(typeset(f"L’accusé en donne {' et '.join(found)}, avec la ligne et la colonne."))] if found else []
    where = [Line(typeset(f"L’accusé complet est dans le dossier {drop.receipt} des accusés."))] if drop.receipt else []
    return Message(
        key=key,
        title=headline(drop),
        lines=(Line(drop.verdict), *counted, *where),
        notes=(typeset(f"Fichier déposé : {drop.path}, reçu le {moment(drop.received_at)}."),),
        is_repeat=is_repeat,
    )
