"""The receipt says the verdict, what to do, what will be published and what changed, to an agent who knows no code."""

import html
import json
import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from orchestration.cli import app
from orchestration.intake import take_in
from orchestration.intake.findings.finding import Finding
from orchestration.intake.receipts.files import receipt_files
from orchestration.intake.receipts.html import SHOWN, as_html
from orchestration.intake.receipts.record import Receipt
from tests.intake.drops import GOOD, HEADER, OTHER, drop, projects_csv, workbook
from tests.intake.read_file import sheets_of

NOW = datetime(2021, 12, 1, 9, tzinfo=UTC)
FAULTY = OTHER.replace("12", "douze")


def _text(page: str) -> str:
    """What a reader sees of a page, on one line, whatever spaces it holds."""
    body = re.sub(r"<[^>]+>", " ", page[page.index("<main>") :])
    return " ".join(html.unescape(body).split())


def _filed(settings, *drops: tuple[str, bytes], now: datetime = NOW) -> Receipt:
    """The receipt of the last of these drops, each in a pass of its own, a day apart."""
    for number, (place, data) in enumerate(drops):
        drop(settings.home, place, data)
        (outcome,) = take_in.take_in(settings, now + timedelta(days=number)).outcomes
    return outcome.receipt


def _page(settings, *drops: tuple[str, bytes], now: datetime = NOW) -> str:
    return _text(as_html(_filed(settings, *drops, now=now)))


def test_an_accepted_file_asks_for_nothing_and_says_what_will_be_published(settings):
    page = _page(settings, ("2021-S2/MI/a.csv", projects_csv(GOOD, OTHER.replace("12", "En cadrage"))))
    assert "Votre fichier est accepté : 2 lignes prises en compte." in page
    assert "Que faire ? Votre envoi compte déjà. Vous n’avez rien à corriger." in page
    assert "Ce qui sera publié 2 projets, dont 1 au coût connu, pour 42,50 M€ au total." in page
    assert "jusqu’au 31 décembre 2021" in page


def test_an_error_in_a_cell_says_what_is_missing_and_how_to_mend_it(settings):
    page = _page(settings, ("2021-S2/MI/a.csv", projects_csv(GOOD, FAULTY)))
    assert "2 lignes prises en compte, 1 erreur à corriger." in page
    assert "Ce qui est en erreur ne sera pas publié tant que ce n’est pas corrigé." in page
    assert "déposez de nouveau le fichier dans le dossier 2021-S2/MI" in page
    assert "À corriger Colonne « Coût estimé » : 1 cellule" in page
    assert re.search(r"F3 BOUSSOLE douze", page)


def test_a_doubt_asks_to_look_again_and_no_more(settings):
    page = _page(settings, ("2021-S2/MI/a.csv", projects_csv(GOOD.replace("42,5", "1.234"))))
    assert "1 ligne prise en compte, 1 point à vérifier." in page
    assert "Si tout est juste, vous n’avez rien à faire." in page
    assert "À corriger" not in page


def test_a_refused_file_says_why_and_which_drop_still_counts(settings):
    lacking = b"Nom du projet;Phase;Co\xfbt estim\xe9\r\nX;Cadrage;3\r\n"
    page = _page(settings, ("2021-S2/MI/bon.csv", projects_csv(GOOD)), ("2021-S2/MI/autre.csv", lacking))
    assert "Votre fichier est refusé pour 2 raisons. La colonne « Début » est obligatoire" in page
    assert "votre dépôt du 1er décembre 2021 (« bon.csv ») reste celui qui compte" in page
    assert "Ce qui sera publié Rien de ce fichier." in page


def test_a_file_without_one_good_row_says_so(settings):
    page = _page(settings, ("2021-S2/MI/a.csv", projects_csv(GOOD.replace("HORIZON", ""))))
    assert "Votre fichier est refusé : aucune de ses lignes ne peut être prise en compte." in page


def test_a_misplaced_file_is_to_be_moved_not_mended(settings):
    page = _page(settings, ("2021-S3/MI/a.csv", projects_csv(GOOD)))
    assert "Déplacez le fichier dans le bon dossier ; il n’a pas besoin d’être modifié." in page


def test_an_unchanged_file_asks_for_nothing(settings):
    data = projects_csv(GOOD)
    page = _page(settings, ("2021-S2/MI/a.csv", data), ("2021-S2/MI/b.csv", data))
    assert "identique à celui qui compte déjà" in page
    assert "Ce qui sera publié" not in page


def test_a_dry_run_never_says_that_it_counts(settings):
    page = _page(settings, ("2021-S2/MI/essai/a.csv", projects_csv(GOOD)))
    assert "essai à blanc" in page
    assert "Votre fichier serait accepté : 1 ligne prise en compte." in page
    assert "Pour que ce fichier compte, déposez-le dans le dossier 2021-S2/MI." in page
    assert "Votre envoi compte déjà" not in page


def test_a_late_drop_is_told_the_next_deadline(settings):
    page = _page(settings, ("2021-S2/MI/a.csv", projects_csv(GOOD)), now=datetime(2022, 1, 3, tzinfo=UTC))
    assert "L’échéance de l’édition 2021-S2 était le 31 décembre 2021" in page
    assert "Prochaine échéance : le 30 juin 2022, pour l’édition 2022-S1." in page


def test_nothing_to_declare_is_said_in_words(settings):
    page = _page(settings, ("2021-S2/MI/a.csv", projects_csv("NÉANT;;;;;")))
    assert "Vous déclarez n’avoir aucune ligne à publier" in page


def test_what_changed_is_told_against_the_submission_that_counted(settings):
    receipt = _filed(
        settings,
        ("2021-S2/MI/a.csv", projects_csv(GOOD)),
        ("2021-S2/MI/b.csv", projects_csv(GOOD.replace("42,5", "50"), OTHER)),
    )
    page = _text(as_html(receipt))
    assert "Ce qui change depuis votre dépôt du 1er décembre 2021 (« a.csv »)" in page
    assert "Nouveaux : 1 BOUSSOLE" in page
    assert "HORIZON Coût complet actualisé (M€) 42,5 M€ 50 M€" in page
    assert json.loads(receipt_files(receipt, b"", ())["differences.json"])["new"] == ["BOUSSOLE"]


def test_what_changed_is_told_against_the_edition_before_when_it_is_the_first(settings):
    page = _page(settings, ("2021-S1/MI/a.csv", projects_csv(GOOD, OTHER)), ("2021-S2/MI/b.csv", projects_csv(GOOD)))
    assert "Ce qui change depuis votre dépôt du 1er décembre 2021 (« a.csv ») pour l’édition 2021-S1" in page
    assert "Absents de ce fichier : 1 BOUSSOLE" in page


def test_what_changed_is_never_told_against_a_refused_a_dry_or_a_later_drop(settings):
    page = _page(
        settings,
        ("2022-S1/MI/plus tard.csv", projects_csv(OTHER)),
        ("2021-S2/MI/essai/essai.csv", projects_csv(OTHER)),
        ("2021-S2/MI/refus.csv", b"%PDF-1.4"),
        ("2021-S2/MJ/autre.csv", projects_csv(OTHER)),
        ("2021-S2/MI/bon.csv", projects_csv(GOOD)),
    )
    assert "Ce qui change" not in page


def test_drops_of_one_pass_are_compared_in_the_order_of_the_ledger(settings):
    drop(settings.home, "2021-S2/MI/a.csv", projects_csv(GOOD))
    drop(settings.home, "2021-S2/MI/b.csv", projects_csv(GOOD, OTHER))
    first, second = take_in.take_in(settings, NOW).outcomes
    assert first.receipt.difference is None
    assert second.receipt.difference.new == ("BOUSSOLE",)


@pytest.mark.parametrize("step", ["write_submission", "decide"])
def test_a_receipt_decided_again_after_a_crash_says_the_same(settings, monkeypatch, step):
    def die(*_arguments, **_named):
        raise KeyboardInterrupt

    _filed(settings, ("2021-S2/MI/a.csv", projects_csv(GOOD)))
    drop(settings.home, "2021-S2/MI/b.csv", projects_csv(GOOD, FAULTY))
    drop(settings.home, "2021-S2/MI/c.csv", projects_csv(OTHER))
    with monkeypatch.context() as dying:
        dying.setattr(take_in.lake if step == "write_submission" else take_in.Ledger, step, die)
        with pytest.raises(KeyboardInterrupt):
            take_in.take_in(settings, NOW + timedelta(days=1))
    before = _written(settings.home / "outbox")
    take_in.take_in(settings, NOW + timedelta(days=2))
    after = _written(settings.home / "outbox")
    assert before.items() <= after.items()
    assert [name for name in after if name.endswith("differences.json")] == [
        "2021-S2/MI/20211202T090000Z-00002/differences.json",
        "2021-S2/MI/20211202T090000Z-00003/differences.json",
    ]


def _written(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_check_gives_the_receipt_of_a_dry_run_which_finds_what_a_filed_one_does(settings, tmp_path):
    data = projects_csv(GOOD, FAULTY)
    _filed(settings, ("2021-S2/MI/a.csv", projects_csv(GOOD)))
    path = tmp_path / "b.csv"
    path.write_bytes(data)
    checked = take_in.check_file(path, NOW + timedelta(days=1), "2021-S2", "MI", settings).receipt
    drop(settings.home, "2021-S2/MI/essai/b.csv", data)
    (dry,) = take_in.take_in(settings, NOW + timedelta(days=1)).outcomes
    drop(settings.home, "2021-S2/MI/b.csv", data)
    (filed,) = take_in.take_in(settings, NOW + timedelta(days=1)).outcomes
    written = _written(Path(dry.receipt_folder))
    assert sorted(written) == ["accuse.html", "accuse.json", "annote.xlsx", "differences.json"]
    assert receipt_files(replace(checked, drop_id=dry.receipt.drop_id), data, sheets_of(data)) == written
    assert checked.verdict.startswith("Votre fichier serait accepté")
    assert dry.receipt.as_json() == checked.as_json() == filed.receipt.as_json()
    assert dry.receipt.difference == filed.receipt.difference


def test_check_writes_the_same_files_on_request(settings, tmp_path, monkeypatch):
    monkeypatch.setenv("JALONS_HOME", "")
    path, out = tmp_path / "a.csv", tmp_path / "receipt"
    path.write_bytes(projects_csv(GOOD, FAULTY))
    place = ["--edition", "2021-S2", "--perimeter", "MI", "--home", str(settings.home)]
    result = CliRunner().invoke(app, ["check", str(path), *place, "--out", str(out)])
    assert result.exit_code == 0, result.output
    assert sorted(file.name for file in out.iterdir()) == ["accuse.html", "accuse.json", "annote.xlsx"]


def test_check_without_a_home_knows_of_no_earlier_drop(tmp_path):
    path = tmp_path / "b.csv"
    path.write_bytes(projects_csv(GOOD))
    receipt = take_in.check_file(path, NOW, "2021-S2", "MI").receipt
    assert (receipt.status, receipt.earlier, receipt.difference) == ("accepted", None, None)


HOSTILE = "<script>alert(1)</script>&\"'{{ 7*7 }}"


def _made(*findings: Finding, **fields: object) -> Receipt:
    named: dict[str, object] = {
        "status": "accepted_with_warnings",
        "sha256": "0" * 64,
        "received_at": NOW,
        "edition": "2021-S2",
        "perimeter": "MI",
        "kind": "projects",
        "contract_version": "1.0.0",
        "rules_version": "1.0.0",
        "rows_read": 1,
        "rows_accepted": 1,
        "findings": findings,
        "file_name": "a.csv",
        "drop_id": 1,
        "is_dry_run": False,
    }
    return Receipt(**(named | fields))


def test_what_was_submitted_is_shown_and_never_interpreted():
    words = dict.fromkeys(("expected", "remedy", "sheet", "column", "subject", "value"), HOSTILE)
    findings = [Finding("r", "error", cell="A2", row=2, **words), Finding("s", "warning", **words)]
    page = as_html(_made(*findings, file_name=HOSTILE))
    assert "<script" not in page
    assert _text(page).count(HOSTILE) >= 10


def test_repeated_findings_are_grouped_and_capped_on_screen_and_complete_in_the_file():
    findings = [
        Finding("r", "error", "Attendu.", "À faire.", cell=f"F{row}", row=row, column="Coût", value=f"v{row}")
        for row in range(2, 502)
    ]
    receipt = _made(*findings)
    page = as_html(receipt)
    assert page.count("Attendu.") == 1
    assert f"… et {500 - SHOWN} autres : tous sont dans" in _text(page)
    assert f"v{SHOWN + 1}<" in page
    assert f"v{SHOWN + 2}<" not in page
    assert len(json.loads(receipt.as_json())["findings"]) == 500


def test_findings_of_one_rule_that_say_different_things_each_say_it():
    findings = [
        Finding("r", "warning", f"Il a été lu {number}.", "À faire.", cell=f"F{number}", row=number, column="Coût")
        for number in (2, 3)
    ]
    page = _text(as_html(_made(*findings)))
    assert "F2 (vide) Il a été lu 2. À faire." in page.replace("  ", " ")
    assert "Il a été lu 3." in page


ALIKE = [GOOD.replace("HORIZON", f"P{n}").replace("Déploiement", "Peut-être") for n in range(6)]


def test_what_is_the_same_on_every_row_is_said_once(settings):
    receipt = _filed(settings, ("2021-S2/MI/a.csv", projects_csv(*ALIKE)))
    assert len(receipt.findings) == 6
    page = _text(as_html(receipt))
    assert page.count("Peut-être") == 1
    assert "Sur toutes les lignes (E2 à E7). Valeur saisie : Peut-être ." in page


@pytest.mark.parametrize("rows", [[*ALIKE, GOOD], ALIKE[:3]], ids=["not on every row", "on few rows"])
def test_what_is_not_on_every_row_or_on_few_is_listed(settings, rows):
    page = _text(as_html(_filed(settings, ("2021-S2/MI/a.csv", projects_csv(*rows)))))
    assert "Sur toutes les lignes" not in page
    assert "E2 P0 Peut-être" in page


def test_what_differs_from_row_to_row_is_listed_and_the_same_few_values_are_counted():
    def page(*values: str) -> str:
        findings = [
            Finding("r", "error", "Attendu.", "À faire.", cell=f"F{row}", row=row, column="Coût", value=value)
            for row, value in enumerate(values, start=2)
        ]
        return _text(as_html(_made(*findings, rows_read=len(values))))

    assert "Sur toutes les lignes (F2 à F6). Valeurs saisies : x (3 fois), y (2 fois)." in page(*"xyxyx")
    assert "Sur toutes les lignes" not in page(*"abcde")


def test_rows_set_aside_are_told_together_as_rows_whichever_cell_tells_it(settings):
    notes = ";".join(("", "NB : en M€", "", "", "", "")), ";".join(("Fait à Paris", *[""] * 5))
    page = _page(settings, ("2021-S2/MI/a.csv", projects_csv(GOOD, *notes)))
    assert "À vérifier Ligne entière : 2 lignes Cette ligne ne contient que du texte" in page
    assert "Colonne «" not in page


def test_what_concerns_every_row_and_no_cell_is_said_once_without_a_value():
    findings = [Finding("r", "warning", "Attendu.", "À faire.", row=row) for row in range(2, 8)]
    page = _text(as_html(_made(*findings, rows_read=6)))
    assert "Ligne entière : 6 lignes Attendu. À faire. Sur toutes les lignes (2 à 7). Ce qui sera publié" in page


ELSEWHERE = [GOOD.replace("HORIZON", f"P{n}").replace("de l'Intérieur", "de la Justice") for n in range(6)]


def test_a_file_of_another_perimeter_is_told_to_look_at_its_folder_first(settings):
    page = _page(settings, ("2021-S2/MI/a.csv", projects_csv(*ELSEWHERE)))
    assert "Toutes les lignes nomment un ministère du périmètre Justice (MJ) : vérifiez d’abord le dossier." in page
    assert "déposez ce fichier dans le dossier 2021-S2/MJ et le vôtre dans 2021-S2/MI" in page


def test_a_ministry_that_nobody_knows_leads_to_no_other_perimeter(settings):
    rows = [row.replace("de la Justice", "des Horizons") for row in ELSEWHERE]
    page = _page(settings, ("2021-S2/MI/a.csv", projects_csv(*rows)))
    assert "Toutes les lignes nomment un ministère inconnu de votre périmètre" in page
    assert "Toutes les lignes" not in _page(settings, ("2021-S2/MI/b.csv", projects_csv(*rows, GOOD)))


def test_each_rule_says_why_it_is_there(settings):
    data = workbook(
        [*HEADER.split(";"), "Montant"],
        ["HORIZON", "Ministère de la Justice", "01/01/2020", "4,5", "Déploiement", "douze", "3"],
    )
    page = _page(settings, ("2021-S2/MI/a.xlsx", data))
    assert "Attendu : le nom du ministère est connu pour le périmètre ministériel du dossier de dépôt." in page
    for reason in ("Le dossier décide du périmètre", "Un texte à la place d’un nombre", "Une colonne dont l’en-tête"):
        assert f"Pourquoi : {reason}" in page


def test_a_date_is_shown_as_the_agent_wrote_it_and_kept_as_it_was_read(settings):
    rows = [
        [*HEADER.split(";"), "Date de fin"],
        ["HORIZON", "Ministère de l’Intérieur", date(2020, 1, 1), 4.5, "Déploiement", 42.5, date(2017, 3, 1)],
        ["BOUSSOLE", "Ministère de l’Intérieur", date(2020, 1, 1), -8.5013698630137, "Cadrage", 12, None],
    ]
    receipt = _filed(settings, ("2021-S2/MI/a.xlsx", workbook(*rows)))
    page = _text(as_html(receipt))
    assert "G2 HORIZON 01/03/2017" in page
    assert "D3 BOUSSOLE −8,5014" in page
    assert "2017-03-01" not in page
    values = [one["value"] for one in json.loads(receipt.as_json())["findings"]]
    assert {"2017-03-01", "-8.5013698630137"} <= set(values)


@pytest.mark.parametrize(
    ("sheet", "value", "shown"),
    [
        ("Projets", "2017-01-31", "31/01/2017"),
        ("Projets", "2017-02-31", "2017-02-31"),
        ("Projets", "SIRH 2017-01-31", "SIRH 2017-01-31"),
        ("Projets", "42.5", "42.5"),
        ("Projets", "0.00000001", "0.00000001"),
        (None, "2017-01-31", "2017-01-31"),
        (None, "8.5013698630137", "8.5013698630137"),
    ],
)
def test_only_a_day_or_a_computed_number_of_a_sheet_is_shown_otherwise_than_typed(sheet, value, shown):
    finding = Finding("r", "error", "Attendu.", "À faire.", sheet=sheet, cell="A2", row=2, value=value)
    assert f"A2 {shown} Ce qui sera publié" in _text(as_html(_made(finding)))


@pytest.mark.parametrize(
    ("sheet", "value", "shown"),
    [
        ("Projets", "42.5", "42,5"),
        ("Projets", "-0.0035", "-0,0035"),
        ("Projets", "1.234,5", "1.234,5"),
        ("Projets", "42", "42"),
        ("Projets", "8.5013698630137", "8,5014"),
        (None, "42.5", "42.5"),
    ],
)
def test_a_number_of_a_sheet_is_shown_with_its_comma(sheet, value, shown):
    finding = Finding("r", "error", "Attendu.", "À faire.", sheet=sheet, cell="A2", row=2, value=value, is_number=True)
    assert f"A2 {shown} Ce qui sera publié" in _text(as_html(_made(finding)))


def test_agents_read_of_a_model_and_never_of_a_contract(settings):
    page = _page(settings, ("2021-S2/MI/a.csv", projects_csv(GOOD)))
    assert "Versions modèle version 1.0.0, règles version" in page
    assert "contrat" not in page.lower()


def test_a_fault_of_ours_in_the_copy_costs_the_copy_alone(monkeypatch, caplog):
    def fail(*_arguments):
        raise RuntimeError("a bug")

    monkeypatch.setattr("orchestration.intake.receipts.annotation.annotate", fail)
    files = receipt_files(_made(), projects_csv(GOOD), sheets_of(projects_csv(GOOD)))
    assert sorted(files) == ["accuse.html", "accuse.json"]
    assert b"annote.xlsx" not in files["accuse.html"]
    assert "a bug" in caplog.text


def test_half_a_character_in_a_json_file_does_not_stop_the_receipt():
    half = Finding("r", "error", "Attendu.", "À faire.", cell="A2", row=2, value="\ud800")
    files = receipt_files(_made(half, file_name="\ud800.json"), projects_csv(GOOD), sheets_of(projects_csv(GOOD)))
    assert json.loads(files["accuse.json"])["findings"][0]["value"] == "?"
    assert "annote.xlsx" in files
