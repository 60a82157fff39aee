"""The receipt shows what was read: each row that counts as it was understood, beside the edition before."""

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from orchestration.contracts import CONTRACTS
from orchestration.intake.receipts.as_read import planned_end
from orchestration.intake.take_in import take_in
from tests.intake.drops import drop, projects_csv
from tests.intake.receipts.test_receipt import _text

HEADER = "Identifiant;Nom du projet;Début;Durée actualisée;Date de fin actualisée;Phase;Coût complet actualisé (M€)"
CAP = "cap;CAP;01/01/2020;4,5;;Déploiement;42,5"
LUMEN = "lumen;LUMEN;janvier 2021;;T3 2024;Conception;1250"
FRONT = "front;FRONT;;;;Cadrage;En cadrage"


@pytest.fixture
def filed(settings):
    """File rows for an edition; what is read of the receipt: its page as text, its JSON, the page itself."""

    def file(*rows: str, edition: str = "2021-S2", month: int = 12) -> tuple[str, dict, str]:
        drop(settings.home, f"{edition}/MI/projets.csv", projects_csv(*rows, header=HEADER))
        (outcome,) = take_in(settings, datetime(2021, month, 1, 9, tzinfo=UTC)).outcomes
        folder = Path(outcome.receipt_folder)
        page = (folder / "accuse.html").read_text(encoding="utf-8")
        return _text(page), json.loads((folder / "accuse.json").read_text(encoding="utf-8")), page

    return file


def test_each_row_is_shown_as_it_was_understood_with_the_totals(filed):
    page, said, _ = filed(CAP, LUMEN, FRONT)
    assert "Ligne Projet Coût complet actualisé (M€) Fin prévue Phase du projet en cours" in page
    assert "2 CAP 42,5 M€ juillet 2024 Déploiement" in page
    assert "3 LUMEN 1 250 M€ T3 2024 Conception / Réalisation" in page
    assert "4 FRONT En cadrage – Cadrage" in page
    assert "3 projets 1 292,50 M€" in page
    assert said["accepted"] == [
        {
            "row": 2,
            "subject": "CAP",
            "declared_project_id": "cap",
            "current_cost_meur": 42.5,
            "planned_end_date": "2024-07-01",
            "phase": "deploiement",
        },
        {
            "row": 3,
            "subject": "LUMEN",
            "declared_project_id": "lumen",
            "current_cost_meur": 1250,
            "planned_end_date": "2024-07-01",
            "phase": "conception_realisation",
        },
        {
            "row": 4,
            "subject": "FRONT",
            "declared_project_id": "front",
            "current_cost_meur": None,
            "planned_end_date": None,
            "phase": "cadrage",
        },
    ]


def test_what_differs_from_the_edition_before_is_marked_and_nothing_else(filed):
    filed(CAP, LUMEN, edition="2021-S1", month=6)
    page, _, _ = filed(CAP.replace("42,5", "48"), LUMEN.replace("T3 2024", "juillet 2024"), FRONT)
    assert "Ce qui diffère de l’édition 2021-S1 est signalé." in page
    assert "2 CAP 48 M€ avant : 42,5 M€ juillet 2024 Déploiement" in page
    # A month of the quarter that was said is no other end.
    assert "3 LUMEN 1 250 M€ juillet 2024 Conception / Réalisation" in page
    assert "4 FRONT nouveau En cadrage" in page
    assert "3 projets avant : 2 projets 1 298,00 M€ avant : 1 292,50 M€" in page


def test_the_page_opens_with_what_was_read_where_all_is_well(settings, filed):
    drop(settings.home, "2021-S2/MJ/a.csv", projects_csv("CAP;Ministère de la Justice;01/01/2020;4,5;Cadrage;42,5"))
    (outcome,) = take_in(settings, datetime(2021, 11, 1, tzinfo=UTC)).outcomes
    well = _text((Path(outcome.receipt_folder) / "accuse.html").read_text(encoding="utf-8"))
    assert outcome.receipt.findings == ()
    assert well.index("Ce que nous avons lu") < well.index("Que faire ?")
    doubtful, said, _ = filed(CAP.replace("42,5", "quarante"))
    assert said["findings"]
    assert doubtful.index("À corriger") < doubtful.index("Ce que nous avons lu")
    assert "2 CAP non lu juillet 2024" in doubtful


def test_the_rows_that_are_refused_come_first_with_what_costs_them_their_place(filed):
    page, said, _ = filed(CAP.replace("42,5", "douze"), ";;2020;six;;Cadrage;7", FRONT, ";TOTAL;;;;;49,5")
    assert [one["row"] for one in said["accepted"]] == [2, 4]
    assert page.index("1 ligne refusée : ligne 3") < page.index("À corriger")
    refused = page[page.index("1 ligne refusée") : page.index("À corriger")]
    assert refused.index("le nom du projet doit être rempli") < refused.index("six")
    assert "douze" not in refused


def test_the_same_change_in_many_rows_is_said_once(filed):
    names = [f"p{number};PROJET {number};01/01/2020;4,5;;Cadrage;{number + 10}" for number in range(5)]
    filed(*names, edition="2021-S1", month=6)
    page, _, _ = filed(*(one.replace("Cadrage", "Conception") for one in names))
    assert "Valeurs changées : 5" in page
    assert "5 lignes Phase du projet en cours Cadrage Conception / Réalisation" in page
    assert page.count("Conception / Réalisation") == 1 + 5


def test_nothing_is_shown_of_a_file_that_is_refused(filed):
    page, said, _ = filed(";;2020;4;;Cadrage;7")
    assert (said["status"], said["accepted"]) == ("rejected", [])
    assert "Ce que nous avons lu" not in page


@pytest.mark.parametrize(
    ("row", "ends"),
    [
        ({"start_date": date(2020, 1, 1), "start_date_precision": "day", "current_duration_days": Decimal(365)},
         (date(2020, 12, 31), "month")),
        ({"start_date": date(2020, 1, 1), "start_date_precision": "quarter", "current_duration_days": Decimal(365)},
         (date(2020, 12, 31), "quarter")),
        ({"current_end_date": date(2024, 7, 1), "current_end_date_precision": "quarter"},
         (date(2024, 7, 1), "quarter")),
        # A duration without a start says no end, whatever stands beside it: the figures say none either.
        ({"current_duration_days": Decimal(365), "current_end_date": date(2024, 7, 1)}, None),
        ({"start_date": date(2020, 1, 1), "current_duration_days": Decimal(10**9)}, None),
    ],
)  # fmt: skip
def test_an_end_is_what_the_figures_make_of_it(row, ends):
    assert planned_end(CONTRACTS["projects"], row) == ends


def test_the_first_lines_of_a_file_that_is_refused_are_shown_as_they_were_split(settings):
    drop(settings.home, "2021-S2/MI/a.csv", b"Remont\xe9e 2021\nNom du projet - Co\xfbt\nCAP - 12<b>\n")
    (outcome,) = take_in(settings, datetime(2021, 12, 1, 9, tzinfo=UTC)).outcomes
    page = (Path(outcome.receipt_folder) / "accuse.html").read_text(encoding="utf-8")
    assert outcome.receipt.status == "rejected"
    assert "1 Remontée 2021 2 Nom du projet - Coût 3 CAP - 12<b>" in _text(page)
    assert "12&lt;b&gt;" in page


def test_an_id_is_said_to_be_read_as_the_perimeters_own(settings):
    header = "Identifiant;Nom du projet;Début;Durée actualisée;Phase;Coût complet actualisé (M€)"
    said, pages = {}, {}
    for perimeter, names in (("MI", ("ALPHA", "BETA", "OMEGA")), ("MJ", ("GAMMA", "DELTA", "SIGMA"))):
        rows = [f"{number};{name};01/01/2020;4,5;Cadrage;20" for number, name in zip("12-", names, strict=True)]
        drop(settings.home, f"2021-S2/{perimeter}/projets.csv", projects_csv(*rows, header=header))
    for outcome in take_in(settings, datetime(2021, 12, 1, 9, tzinfo=UTC)).outcomes:
        folder = Path(outcome.receipt_folder)
        said[outcome.receipt.perimeter] = json.loads((folder / "accuse.json").read_text(encoding="utf-8"))
        pages[outcome.receipt.perimeter] = _text((folder / "accuse.html").read_text(encoding="utf-8"))
    assert {perimeter: one["status"] for perimeter, one in said.items()} == {"MI": "accepted", "MJ": "accepted"}
    assert said["MI"]["own_ids"] == {"1": "mi-1", "2": "mi-2"}
    assert said["MJ"]["own_ids"] == {"1": "mj-1", "2": "mj-2"}
    assert "propres à votre périmètre : « 1 » est lu « mi-1 », « 2 » est lu « mi-2 »." in pages["MI"]
    assert "« 1 » est lu « mj-1 »" in pages["MJ"]


def test_a_file_without_ids_says_nothing_of_them(filed):
    page, said, _ = filed("-;CAP;01/01/2020;4,5;;Déploiement;42,5")
    assert "own_ids" not in said
    assert "identifiants" not in page
