"""The sentences of a receipt, one receipt at a time: its verdict, what to do, its calendar, its facts."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from orchestration.intake.comparing.previous_drop import Difference
from orchestration.intake.findings.finding import Finding
from orchestration.intake.inbox import Place
from orchestration.intake.ledger import Drop
from orchestration.intake.receipts.advice import advice, calendar, facts, published_fr, technical_facts
from orchestration.intake.receipts.html import as_html
from orchestration.intake.receipts.record import Receipt
from orchestration.intake.receipts.wording import shown_value, what_is_wrong, why
from tests.intake.golden.tables import indicators, procedures, projects
from tests.intake.read_file import read

NOW = datetime(2021, 12, 1, 9, tzinfo=UTC)
GOOD = Receipt(
    status="accepted",
    sha256="0" * 64,
    received_at=NOW,
    edition="2021-S2",
    perimeter="MI",
    kind="projects",
    contract_version="1.0.0",
    rules_version="1.2.0",
    rows_read=2,
    rows_accepted=2,
    findings=(),
    file_name="a.csv",
    drop_id=12,
    is_dry_run=False,
)
ERROR = Finding("r", "error", "Attendu.", "À faire.", cell="F2", row=2, column="Coût", value="douze")
WARNING = replace(ERROR, severity="warning")
OF_FILE = replace(ERROR, row=None, cell=None)
EARLIER = Drop(3, "2021-S2/MI/avant.csv", "1" * 64, datetime(2021, 11, 2, 9), Place("2021-S2", "MI", False))


def plain(text: str) -> str:
    return text.replace("\u00a0", " ").replace("\u202f", " ")


@pytest.mark.parametrize(
    ("changed", "verdict"),
    [
        ({}, "Votre fichier est accepté : 2 lignes prises en compte."),
        ({"is_dry_run": True}, "Votre fichier serait accepté : 2 lignes prises en compte."),
        ({"rows_read": 3}, "Votre fichier est accepté : 2 lignes prises en compte, 1 ligne refusée."),
        (
            {"rows_read": 5, "rows_accepted": 1, "findings": (ERROR, ERROR, WARNING, WARNING)},
            "Votre fichier est accepté : 1 ligne prise en compte, 4 lignes refusées, 2 erreurs à corriger, "
            "2 points à vérifier.",
        ),
        (
            {"findings": (ERROR, WARNING)},
            "Votre fichier est accepté : 2 lignes prises en compte, 1 erreur à corriger, 1 point à vérifier.",
        ),
        ({"status": "unchanged"}, "Ce fichier est identique à celui qui compte déjà : rien ne change."),
        (
            {"status": "rejected", "rows_accepted": 0, "findings": (WARNING, ERROR)},
            "Votre fichier est refusé : aucune de ses lignes ne peut être prise en compte. Attendu.",
        ),
        (
            {"status": "rejected", "rows_read": 0, "findings": (OF_FILE,)},
            "Votre fichier est refusé. Attendu.",
        ),
        (
            {"status": "rejected", "rows_read": 0, "findings": (OF_FILE, OF_FILE, ERROR), "is_dry_run": True},
            "Votre fichier serait refusé pour 2 raisons. Attendu.",
        ),
        ({"status": "rejected", "rows_read": 0}, "Votre fichier est refusé."),
    ],
)
def test_the_verdict_counts_what_is_taken_refused_to_be_mended_and_to_be_looked_at(changed, verdict):
    assert plain(replace(GOOD, **changed).verdict) == verdict


REPLACES = "le dernier dépôt accepté remplace le précédent."
AGAIN = "déposez de nouveau le fichier dans le dossier 2021-S2/MI"


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({}, ["Votre envoi compte déjà.", "Vous n’avez rien à corriger."]),
        (
            {"is_dry_run": True},
            [
                "C’était un essai : rien n’est compté. Pour que ce fichier compte, déposez-le dans le dossier "
                "2021-S2/MI.",
                "Vous n’avez rien à corriger.",
            ],
        ),
        (
            {"status": "accepted_with_warnings", "findings": (WARNING, ERROR)},
            [
                "Votre envoi compte déjà.",
                "Ce qui est en erreur ne sera pas publié tant que ce n’est pas corrigé.",
                f"Corrigez, puis {AGAIN} : {REPLACES}",
            ],
        ),
        (
            {"status": "accepted_with_warnings", "findings": (WARNING,)},
            [
                "Votre envoi compte déjà.",
                "Vérifiez les points ci-dessous. Si tout est juste, vous n’avez rien à faire.",
                f"Sinon, corrigez, puis {AGAIN} : {REPLACES}",
            ],
        ),
        (
            {"status": "unchanged"},
            [
                "Vous n’avez rien à faire. Si vous pensiez envoyer une nouvelle version, vérifiez que c’est le bon "
                "fichier."
            ],
        ),
        (
            {"status": "unchanged", "findings": (ERROR,)},
            [
                "Les points ci-dessous vous ont déjà été signalés. Si vous pensiez envoyer une nouvelle version, "
                "vérifiez que c’est le bon fichier."
            ],
        ),
        (
            {"status": "rejected", "findings": (OF_FILE,), "is_dry_run": True},
            [
                f"Corrigez ce qui est indiqué ci-dessous, puis {AGAIN}.",
                "Rien n’est perdu : ce dépôt est conservé et, si un dépôt précédent avait été accepté, il compte "
                "toujours.",
            ],
        ),
        (
            {"status": "rejected", "findings": (OF_FILE,), "earlier": EARLIER, "perimeter": None},
            [
                "Corrigez ce qui est indiqué ci-dessous, puis déposez de nouveau le fichier dans votre dossier de "
                "dépôt.",
                "En attendant, votre dépôt du 2 novembre 2021 (« avant.csv ») reste celui qui compte.",
            ],
        ),
        (
            {"status": "rejected", "findings": (OF_FILE,), "earlier": EARLIER, "edition": "2022-S1"},
            [
                "Corrigez ce qui est indiqué ci-dessous, puis déposez de nouveau le fichier dans le dossier "
                "2022-S1/MI.",
                "Rien n’est perdu : ce dépôt est conservé et, si un dépôt précédent avait été accepté, il compte "
                "toujours.",
            ],
        ),
        (
            {"status": "rejected", "findings": (replace(OF_FILE, blame="place"),)},
            ["Déplacez le fichier dans le bon dossier ; il n’a pas besoin d’être modifié."],
        ),
        (
            {"status": "rejected", "findings": (replace(OF_FILE, blame="place"), replace(OF_FILE, blame="us"))},
            ["Vous n’avez rien à faire."],
        ),
    ],
)
def test_what_to_do_follows_from_the_status_and_from_whose_fault_it_is(changed, said):
    assert [plain(sentence) for sentence in advice(replace(GOOD, **changed))] == said


def _elsewhere(*ministries: str, **changed: object) -> str:
    findings = tuple(
        replace(ERROR, row=row, value=ministry, is_of_other_perimeter=True)
        for row, ministry in enumerate(ministries, start=2)
    )
    receipt = replace(GOOD, status="accepted_with_warnings", rows_read=len(ministries), findings=findings)
    return plain(advice(replace(receipt, **changed))[1])


def test_a_file_whose_rows_all_name_another_perimeter_is_told_to_look_at_its_folder():
    assert _elsewhere("Ministère de la Justice", "Ministère de la Justice") == (
        "Toutes les lignes nomment un ministère du périmètre Justice (MJ) : vérifiez d’abord le dossier. Si c’est une "
        "erreur, déposez ce fichier dans le dossier 2021-S2/MJ et le vôtre dans 2021-S2/MI, où il remplacera celui-ci."
    )
    for ministries in (
        ("Ministère de la Magie", "Ministère de la Magie"),
        ("Ministère de la Justice", "Ministère des Armées"),
    ):
        assert _elsewhere(*ministries) == (
            "Toutes les lignes nomment un ministère inconnu de votre périmètre : vérifiez d’abord le dossier. Si c’est "
            "une erreur, déposez ce fichier dans le bon dossier et le vôtre dans 2021-S2/MI, où il remplacera celui-ci."
        )
    assert _elsewhere("Ministère de la Justice").startswith("Ce qui est en erreur")
    assert _elsewhere("Ministère de la Justice", "x", rows_read=3).startswith("Ce qui est en erreur")


@pytest.mark.parametrize(
    ("received", "said"),
    [
        (
            datetime(2021, 12, 31, 22, 59, tzinfo=UTC),
            [
                "Vous pouvez déposer une nouvelle version jusqu’au 31 décembre 2021.",
                "L’édition 2021-S2 sera publiée au plus tard le 15 janvier 2022.",
            ],
        ),
        (
            datetime(2021, 12, 31, 23, tzinfo=UTC),
            [
                "L’échéance de l’édition 2021-S2 était le 31 décembre 2021 : un dépôt accepté après cette date donne "
                "lieu à une révision de ce qui est publié.",
                "Prochaine échéance : le 30 juin 2022, pour l’édition 2022-S1.",
            ],
        ),
        (
            datetime(2022, 7, 1, tzinfo=UTC),
            [
                "L’échéance de l’édition 2021-S2 était le 31 décembre 2021 : un dépôt accepté après cette date donne "
                "lieu à une révision de ce qui est publié.",
                "Prochaine échéance : le 31 décembre 2022, pour l’édition 2022-S2.",
            ],
        ),
    ],
)
def test_the_calendar_turns_at_midnight_in_paris_after_the_deadline(received, said):
    assert [plain(sentence) for sentence in calendar(replace(GOOD, received_at=received))] == said
    assert calendar(replace(GOOD, received_at=received, edition=None)) == ()


def test_the_next_deadline_may_be_today():
    assert plain(calendar(replace(GOOD, received_at=datetime(2022, 6, 30, 12, tzinfo=UTC)))[1]) == (
        "Prochaine échéance : le 30 juin 2022, pour l’édition 2022-S1."
    )


def test_the_facts_name_what_is_known_and_leave_out_the_rest():
    said = facts(replace(GOOD, rows_read=3, findings=(ERROR, ERROR, WARNING)))
    assert [(name, plain(value)) for name, value in said] == [
        ("Fichier", "a.csv"),
        ("Nature", "Grands projets numériques"),
        ("Périmètre", "Intérieur et outre-mer (MI)"),
        ("Édition", "2021-S2 (second semestre 2021)"),
        ("Reçu le", "1er décembre 2021 à 10:00 (heure de Paris)"),
        ("Lignes lues", "3"),
        ("Lignes prises en compte", "2"),
    ]
    assert technical_facts(replace(GOOD, drop_id=12)) == (
        ("Numéro de dépôt", "12"),
        ("Versions", "modèle version 1.0.0, règles version 1.2.0"),
        ("Empreinte (sha256)", "0" * 64),
    )
    bare = replace(GOOD, kind=None, perimeter="XX", edition=None, contract_version=None, drop_id=None)
    known = dict(facts(bare))
    assert not {"Nature", "Périmètre", "Édition"} & known.keys()
    assert dict(technical_facts(bare)) == {"Versions": "règles version 1.2.0", "Empreinte (sha256)": "0" * 64}


def test_what_will_be_published_sums_the_known_costs_and_counts_what_is_online():
    count = len(projects().rows) - 1
    table = projects().fill("current_cost_meur", "12,5", "1000,25", *["NC"] * (count - 2))
    assert plain(published_fr("projects", read(table.csv()).rows)) == (
        f"{count} projets, dont 2 au coût connu, pour 1 012,75 M€ au total."
    )
    unknown = projects().fill("current_cost_meur", *["NC"] * count)
    assert plain(published_fr("projects", read(unknown.csv()).rows)) == f"{count} projets, sans coût connu."
    online = procedures().fill("online_status", "Oui", *["Non"] * (len(procedures().rows) - 2))
    assert plain(published_fr("procedures", read(online.csv()).rows)).endswith("dont 1 entièrement en ligne.")
    assert plain(published_fr("indicators", read(indicators().csv()).rows)).endswith(" indicateurs.")
    nothing = read(projects().csv()).rows[:0]
    assert (
        published_fr("projects", nothing) == "Vous déclarez n’avoir aucune ligne à publier (grands projets numériques)."
    )
    assert published_fr(None, nothing) is None


def test_a_receipt_is_filed_under_its_edition_and_perimeter_or_among_the_unplaced():
    root = Path("outbox")
    assert GOOD.folder(root) == root / "2021-S2" / "MI" / "20211201T090000Z-00012"
    for lacking in ({"edition": None}, {"perimeter": None}, {"edition": None, "perimeter": None}):
        assert replace(GOOD, **lacking).folder(root) == root / "_non_classes" / "20211201T090000Z-00012"
    assert replace(GOOD, drop_id=None).folder(root).name == "20211201T090000Z-00000"


def test_a_row_is_called_what_its_kind_calls_it():
    assert [replace(GOOD, kind=kind).subject_fr for kind in ("projects", "procedures", None)] == [
        "Projet",
        "Démarche",
        "Ligne",
    ]


def test_accuse_json_keeps_the_order_and_the_accents_of_what_it_says():
    text = replace(GOOD, findings=(ERROR,)).as_json()
    assert "À faire." in text
    assert text.startswith('{\n  "status": "accepted",\n  "sha256": "0')
    assert text.endswith("}\n")
    said = json.loads(text)
    assert (said["received_at"], said["edition"], said["perimeter"], said["kind"]) == (
        "2021-12-01T09:00:00Z",
        "2021-S2",
        "MI",
        "projects",
    )
    assert (said["contract_version"], said["rules_version"], said["rows_read"], said["rows_accepted"]) == (
        "1.0.0",
        "1.2.0",
        2,
        2,
    )
    assert list(said["findings"][0]) == [
        "rule",
        "severity",
        "sheet",
        "cell",
        "row",
        "column",
        "subject",
        "value",
        "expected",
        "remedy",
    ]


def _in_rows(count: int, **changed: object) -> list[Finding]:
    return [replace(ERROR, row=row, cell=f"F{row}", **changed) for row in range(2, count + 2)]


def test_the_most_frequent_come_first_then_they_stand_by_rule():
    found = [replace(ERROR, rule=rule, column=f"Colonne {rule}") for rule in "zabb"]
    page = as_html(replace(GOOD, findings=tuple(found)))
    assert sorted("abz", key=lambda rule: page.index(f"Colonne {rule}")) == ["b", "a", "z"]


@pytest.mark.parametrize(
    ("findings", "rows_read", "everywhere"),
    [
        (_in_rows(4), 4, "F2 à F5"),
        (_in_rows(3), 3, None),
        (_in_rows(4), 5, None),
        ([*_in_rows(3), replace(ERROR, row=5, cell="F5", expected="Autre.")], 4, None),
        ([*_in_rows(3), replace(ERROR, row=5, cell="F5", remedy="Autre.")], 4, None),
        ([replace(ERROR, row=row, cell=None) for row in range(2, 6)], 4, "2 à 5"),
        ([replace(one, value=value) for one, value in zip(_in_rows(5), "cabca", strict=True)], 5, "F2 à F6"),
        ([replace(one, value=value) for one, value in zip(_in_rows(4), "abcd", strict=True)], 4, None),
    ],
)
def test_what_every_row_says_alike_is_said_once(findings, rows_read, everywhere):
    page = " ".join(as_html(replace(GOOD, rows_read=rows_read, findings=tuple(findings))).split())
    assert ("Sur toutes les lignes" in page) == (everywhere is not None)
    assert everywhere is None or f"({everywhere})" in page


def test_a_page_names_the_submission_that_it_is_compared_with():
    before = replace(EARLIER, place=Place("2021-S1", "MI", False))
    for earlier, since in (
        (EARLIER, "votre dépôt du 2 novembre 2021 (« avant.csv »)"),
        (before, "votre dépôt du 2 novembre 2021 (« avant.csv ») pour l’édition 2021-S1"),
    ):
        page = plain(as_html(replace(GOOD, earlier=earlier, difference=Difference(("X",), (), ()))))
        assert since in page
        assert ("pour l’édition 2021-S1" in page) == (earlier is before)


def test_an_expectation_is_said_as_what_was_expected_and_a_fault_of_reading_as_it_is():
    assert what_is_wrong(replace(ERROR, rule="cell_unreadable_number")) == "Attendu."
    assert (why(replace(ERROR, rule="unheard_of")), what_is_wrong(replace(ERROR, rule="unheard_of"))) == (
        "",
        "Attendu.",
    )


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("-8.5013698630137", "−8,5014"),
        ("12.1000000001", "12,1"),
        ("12.0000000001", "12"),
        ("0.00001234567", "0.00001234567"),
        ("1234567.12345678", "1 234 567,1235"),
        ("12.123456", "12.123456"),
        (None, ""),
        (str(date(2017, 1, 31)), "31/01/2017"),
    ],
)
def test_a_computed_number_of_a_sheet_is_shown_with_its_first_decimals(value, shown):
    assert plain(shown_value(replace(ERROR, sheet="Projets", value=value))) == shown
