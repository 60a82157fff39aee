"""Of several files of one kind that a pass takes in for one place, each receipt says which counts and why."""

import os

import pytest

from orchestration.intake import take_in
from orchestration.intake.ledger import Ledger
from orchestration.intake.receipts.advice import advice
from orchestration.intake.receipts.html import as_html
from orchestration.settings import Settings
from tests.conftest import NOW
from tests.intake.drops import GOOD, HEADER, OTHER, drop, projects_csv

WHY = (
    "Ce qui est reçu en même temps est pris dans l’ordre des dates des fichiers, du plus ancien au plus récent, et à "
    "date égale dans l’ordre de leurs noms : chaque fichier accepté remplace celui qui comptait, sauf s’il lui est "
    "identique."
)
BAD = f"{HEADER}\r\n;;;;;\r\n".encode("cp1252")


def _drop(settings: Settings, name: str, data: bytes, age: int) -> None:
    path = drop(settings.home, f"2021-S2/MI/{name}", data)
    os.utime(path, (1_600_000_000 - age, 1_600_000_000 - age))


def _said(settings: Settings, now=NOW) -> dict[str, tuple[str, ...]]:
    return {one.path.rsplit("/", 1)[-1]: advice(one.receipt) for one in take_in.take_in(settings, now).outcomes}


def _together(name: str, which: str) -> tuple[str, str]:
    return f"Reçu en même temps que {name}, de même nature, pour la même édition et le même périmètre : {which}.", WHY


ONE, NOT_ONE = "c’est ce fichier-ci qui compte", "c’est « {} » qui compte, et non ce fichier-ci"


def test_the_later_file_counts_and_each_receipt_says_so(settings):
    _drop(settings, "a.csv", projects_csv(OTHER), age=0)
    _drop(settings, "b.csv", projects_csv(GOOD), age=60)
    outcomes = {one.path: one.receipt for one in take_in.take_in(settings, NOW).outcomes}
    later, earlier = outcomes["2021-S2/MI/a.csv"], outcomes["2021-S2/MI/b.csv"]
    assert advice(later)[:3] == (*_together("« b.csv »", ONE), "Votre envoi compte déjà.")
    assert advice(earlier)[:2] == _together("« a.csv »", NOT_ONE.format("a.csv"))
    assert "Votre envoi compte déjà." not in advice(earlier)
    assert "Rien de ce fichier." in as_html(earlier)
    assert "Rien de ce fichier." not in as_html(later)
    assert "c’est ce fichier-ci qui compte" in as_html(later)
    with Ledger(settings.ledger) as ledger:
        assert ledger.counting("2021-S2", "MI")["projects"].drop_id == later.drop_id


CASES = {
    "the later is refused": (projects_csv(GOOD), BAD, (ONE, NOT_ONE.format("a.csv"))),
    "the earlier is refused": (BAD, projects_csv(GOOD), (NOT_ONE.format("b.csv"), ONE)),
    "the same bytes twice": (projects_csv(GOOD), projects_csv(GOOD), (ONE, NOT_ONE.format("a.csv"))),
    "both refused": (BAD, BAD + b"\r\n", ("aucun de ces fichiers n’est accepté",) * 2),
}


@pytest.mark.parametrize(("first", "second", "which"), CASES.values(), ids=CASES)
def test_what_counts_is_what_the_ledger_says_counts(settings, first, second, which):
    _drop(settings, "a.csv", first, age=0)
    _drop(settings, "b.csv", second, age=0)
    said = _said(settings)
    assert (said["a.csv"][:2], said["b.csv"][:2]) == (
        _together("« b.csv »", which[0]),
        _together("« a.csv »", which[1]),
    )
    assert not [one for one in (*said["a.csv"], *said["b.csv"]) if "compte toujours" in one]
    with Ledger(settings.ledger) as ledger:
        counting = ledger.counting("2021-S2", "MI").get("projects")
    expected = [name for name, one in zip(("a.csv", "b.csv"), which, strict=True) if one == ONE]
    assert [counting.file_name] * bool(counting) == expected if counting else not expected


def test_where_none_of_them_counts_the_one_that_does_is_named(settings):
    _drop(settings, "a.csv", projects_csv(GOOD), age=0)
    assert _said(settings)["a.csv"][0] == "Votre envoi compte déjà."
    _drop(settings, "b.csv", BAD, age=0)
    _drop(settings, "c.csv", projects_csv(GOOD), age=0)
    said = _said(settings, NOW.replace(hour=10))
    which = "aucun ne remplace votre dépôt du 1er décembre 2021 (« a.csv »), qui reste celui qui compte"
    assert said["b.csv"][0].replace("\N{NO-BREAK SPACE}", " ") == _together("« c.csv »", which)[0]
    assert said["c.csv"][0].replace("\N{NO-BREAK SPACE}", " ") == _together("« b.csv »", which)[0]


def test_other_kinds_places_trials_and_passes_are_not_together(settings):
    _drop(settings, "a.csv", projects_csv(GOOD), age=0)
    _drop(settings, "essai/a.csv", projects_csv(OTHER), age=0)
    _drop(settings, "p.csv", b"procedure_id;name;online_status;total_volume\n1;A;Oui;5\n", age=0)
    drop(settings.home, "2021-S2/MJ/a.csv", projects_csv(OTHER))
    assert not [one for said in _said(settings).values() for one in said if "en même temps" in one]
    _drop(settings, "b.csv", projects_csv(OTHER), age=0)
    assert not [
        one for said in _said(settings, NOW.replace(hour=10)).values() for one in said if "en même temps" in one
    ]


def test_a_pass_that_died_between_them_changes_nothing_of_what_is_said(settings, monkeypatch):
    _drop(settings, "a.csv", projects_csv(GOOD), age=60)
    _drop(settings, "b.csv", projects_csv(OTHER), age=0)
    decide, asked = Ledger.decide, []

    def dies_the_second_time(ledger, drop_id, *arguments, **verdict):
        asked.append(drop_id)
        if len(asked) == 2:
            raise KeyboardInterrupt
        decide(ledger, drop_id, *arguments, **verdict)

    with monkeypatch.context() as dying:
        dying.setattr(Ledger, "decide", dies_the_second_time)
        with pytest.raises(KeyboardInterrupt):
            take_in.take_in(settings, NOW)
    said = _said(settings, NOW.replace(hour=10))
    assert said.keys() == {"b.csv"}
    assert said["b.csv"][:2] == _together("« a.csv »", ONE)
