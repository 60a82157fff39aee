"""The homes of the campaign: what is dropped there, and when.

What belongs here: small files of two editions that make slips, and putting them into an inbox. What does not: passes.
"""

import hashlib
import shutil
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from tests.intake.drops import drop, projects_csv
from tests.intake.golden.tables import EDITION, PREVIOUS_EDITION, procedures

FIRST = datetime(2021, 1, 15, 9, tzinfo=UTC)
SECOND = datetime(2021, 7, 15, 9, tzinfo=UTC)
Arrivals = Mapping[str, bytes]


HORIZON = "HORIZON;Ministère de l'Intérieur;01/01/2020;4,5;Déploiement;{}"
# The same project in the file that a ministry sends again to mend it.
CORRECTED = projects_csv(HORIZON.format("44"), "BOUSSOLE;Ministère de l'Intérieur;01/01/2021;3;Conception;12")

# In the order of their places: that is the order in which intake numbers them.
FIRST_WAVE: Arrivals = {
    f"{PREVIOUS_EDITION}/MC/projets.csv": projects_csv("ARCHIVES;Ministère de la Culture;01/03/2019;5;Déploiement;30"),
    f"{PREVIOUS_EDITION}/MEF/projets.xlsx": b"PK\x03\x04 not a workbook",
    f"{PREVIOUS_EDITION}/MI/projets.csv": projects_csv(
        HORIZON.format("42,5"), "BOUSSOLE;Ministère de l'Intérieur;01/01/2021;3;Conception;12"
    ),
    f"{PREVIOUS_EDITION}/MJ/projets.csv": projects_csv("GREFFE;Ministère de la Justice;01/06/2020;4;Réalisation;25"),
    f"{PREVIOUS_EDITION}/MSO/demarches.csv": procedures(PREVIOUS_EDITION).csv(),
}
SECOND_WAVE: Arrivals = {
    f"{PREVIOUS_EDITION}/MI/corrigé.csv": CORRECTED,
    f"{EDITION}/MC/projets.csv": projects_csv("ARCHIVES;Ministère de la Culture;01/03/2019;5,5;Déploiement;30"),
    f"{EDITION}/MEF/essai/projets.csv": projects_csv("ESSAI;Ministère de l'Économie;01/03/2019;5;Déploiement;30"),
    f"{EDITION}/MI/projets.csv": projects_csv(
        HORIZON.format("61"), "BOUSSOLE;Ministère de l'Intérieur;01/01/2021;3;Conception;12"
    ),
    f"{EDITION}/MJ/projets.xlsx": b"PK\x03\x04 not a workbook",
    f"{EDITION}/MSO/demarches.csv": procedures(EDITION).csv(),
}
# What comes while a pass is down; its place is the last one, so that its number is too.
LATE: Arrivals = {
    f"{EDITION}/SPM/projets.csv": projects_csv("PHARE;Services du Premier ministre;01/02/2021;3;Conception;10"),
}


def put(home: Path, arrivals: Arrivals) -> None:
    """Drop these files, whole, as a ministry does."""
    for place, data in arrivals.items():
        drop(home, place, data)


def copy(home: Path, target: Path) -> Path:
    """The same home elsewhere, times kept."""
    shutil.copytree(home, target, symlinks=True)
    return target


def sha256(data: bytes) -> str:
    """The name of these bytes in the archive."""
    return hashlib.sha256(data).hexdigest()
