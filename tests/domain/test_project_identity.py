"""Which project a filed row is about; each step of the order is in the unit tests of int_project_rows."""

import random
from collections import defaultdict

import pytest

from orchestration.domain.folding import fold_name, folded_name
from orchestration.domain.project_identity import Filing, declared_key, identify, own_id, possible_ids, slug


def filed(
    edition: str,
    perimeter: str,
    name: str,
    declared_id: str | None = None,
    *,
    received_at: str = "1",
    register_id: str | None = None,
    is_current: bool = True,
) -> Filing:
    return Filing(
        edition,
        perimeter,
        received_at,
        f"{edition}/{perimeter}/{received_at}",
        folded_name(name),
        declared_id,
        name,
        register_id,
        is_current,
    )


def ids(*filings: Filing) -> list[str]:
    found = identify(filings)
    return [found[one].project_id for one in filings]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("FRANCE-VISAS", "france-visas"),
        (" Élire – élaboration… ", "elire-elaboration"),
        ("MISTR@L", "mistral"),
        ("MCIC²", "mcic2"),
        ("L’INPT (projets FH\net IP)", "l-inpt-projets-fh-et-ip"),
        ("Œuvre", "oeuvre"),
        ("Ωμέγα 2 bis", "2-bis"),
        ("Ωμέγα", "ωμέγα"),
        ("***", "projet"),
        ("a" * 300, "a" * 100),
    ],
)
def test_a_slug_is_the_words_of_a_name(name: str, expected: str) -> None:
    assert slug(name) == expected
    if fold_name(name) and len(name) < 100:
        assert slug(name).replace("-", "") == fold_name(name)


@pytest.mark.parametrize(
    "text", ["-", "–", "NC", "n/c", "N/A", "#N/A", "#", "?", "…", "Néant", "à venir", " ", "#REF!", None]
)
def test_what_stands_for_no_id_is_none(text: str | None) -> None:
    assert declared_key(text, "MI") is None
    assert own_id(text, "MI") is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1", "mi-1"),
        ("MI-1", "mi-1"),
        ("mi_1 ", "mi-1"),
        ("mj-1", "mi-mj-1"),
        ("SIRH/2020", "mi-sirh-2020"),
        ("1.1", "mi-1-1"),
        ("11", "mi-11"),
        ("NCA", "mi-nca"),
        ("Ω", "mi-ω"),
        ("=1+1", "mi-1-1"),
    ],
)
def test_a_declared_id_is_read_as_its_perimeters_own(text: str, expected: str) -> None:
    assert own_id(text, "MI") == expected


def test_ids_are_those_of_all_that_was_filed_in_whatever_order_it_came() -> None:
    filings = [
        filed("2017-S1", "MI", "FRANCE CONNECT"),
        filed("2017-S1", "MJ", "Portalis", "1"),
        filed("2017-S2", "MEF", "FranceConnect"),
        filed("2017-S2", "MI", "Alpha", "1"),
        filed("2017-S2", "MJ", "Portalis V2", "1"),
        filed("2018-S1", "MEF", "Alpha"),
        filed("2018-S1", "MJ", "Alpha", "1"),
    ]
    expected = ["france-connect", "mj-1", "france-connect", "mi-1", "mj-1", "mi-1", "mj-1"]
    shuffled = random.Random(17)  # noqa: S311
    for _ in range(30):
        times = shuffled.sample("abcdefg", k=7)
        again = [
            filed(one.edition, one.perimeter, one.name, one.declared_id, received_at=at)
            for one, at in zip(filings, times, strict=True)
        ]
        order = shuffled.sample(again, k=len(again))
        found = identify(order)
        assert [found[one].project_id for one in again] == expected


def test_no_two_projects_of_an_edition_have_one_id_whatever_is_filed() -> None:
    """But for one name that several perimeters file, without an id or under the same published one."""
    drawn = random.Random(4)  # noqa: S311
    for _ in range(300):
        filings = {
            filed(
                f"202{drawn.randrange(4)}-S1",
                drawn.choice(["MI", "MJ"]),
                drawn.choice(["Alpha", "Beta", "MI 1", "alpha 2"]),
                drawn.choice([None, "1", "2", "mi-1", "alpha", "-"]),
            )
            for _ in range(drawn.randrange(1, 14))
        }
        found = identify(filings)
        assert found.keys() == filings
        sharing: dict[tuple[str, str], list[Filing]] = defaultdict(list)
        for one, identity in found.items():
            sharing[one.edition, identity.project_id].append(one)
        for together in sharing.values():
            assert len({one.folded_name for one in together}) == 1, together
            assert len({one.perimeter for one in together}) == len(together), together


def test_a_superseded_row_is_the_project_that_its_correction_says_and_teaches_nothing() -> None:
    first = filed("2017-S1", "MI", "Alpha", received_at="1", is_current=False)
    corrected = filed("2017-S1", "MI", "Alpha", "7", received_at="2")
    misfiled = filed("2017-S1", "MI", "Gamma", "9", received_at="1", is_current=False)
    later = filed("2017-S2", "MI", "Delta", "9")
    assert ids(first, corrected, misfiled, later) == ["mi-7", "mi-7", "mi-9", "mi-9"]
    renamed = filed("2017-S2", "MI", "Gamma", "8")
    assert ids(corrected, misfiled, renamed) == ["mi-7", "mi-9", "mi-8"]


def test_the_register_gives_way_to_nobody_and_teaches_no_name() -> None:
    filings = [
        filed("2016-S2", "MI", "Lynx"),
        filed("2017-S1", "MI", "Lynx", "4", register_id="sirh"),
        filed("2017-S2", "MI", "Lynx"),
        filed("2017-S2", "MI", "Sirius", "4"),
    ]
    assert ids(*filings) == ["lynx", "sirh", "lynx", "sirh"]
    assert ids(*filings, filed("2017-S2", "MJ", "Paie", register_id="sirh"))[3] == "mi-4"


def test_the_ids_that_a_row_may_have_had_are_its_glued_name_its_declared_id_and_its_own() -> None:
    assert possible_ids(filed("2017-S1", "MI", "France-Visas")) == {"francevisas", "france-visas"}
    declared = filed("2017-S1", "MI", "France-Visas", " 1")
    assert possible_ids(declared) == {"1", "mi-1", "france-visas", "francevisas"}
    registered = filed("2017-S1", "MI", "REHUCIT", register_id="montee-de-version-sirh")
    assert possible_ids(registered) == {"monteedeversionsirh", "rehucit"}
