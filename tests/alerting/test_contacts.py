"""The table of contacts: what it gives, and what each wrong row of it is told."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestration.alerting.contacts import CONTACTS, Contact, contacts, is_address

HEADER = "perimeter,name,role,email\n"


def table(folder: Path, *rows: str, header: str = HEADER) -> Path:
    path = folder / "contacts.csv"
    path.write_text(header + "".join(f"{row}\n" for row in rows), encoding="utf-8")
    return path


def test_the_table_that_is_shipped_names_nobody() -> None:
    assert contacts() == []
    assert CONTACTS.read_text(encoding="utf-8") == HEADER


def test_contacts_are_read_in_their_order(tmp_path: Path) -> None:
    path = table(
        tmp_path,
        'MEN,"Pilotage, grands projets",correspondant,pilotage-si@men.example.invalid',
        "MI,DNUM,correspondant,dnum@mi.example.invalid",
        "MEN,Secrétariat,copie,secretariat@men.example.invalid",
        header=f"\ufeff{HEADER}",
    )
    assert contacts(path) == [
        Contact("MEN", "Pilotage, grands projets", "correspondant", "pilotage-si@men.example.invalid"),
        Contact("MI", "DNUM", "correspondant", "dnum@mi.example.invalid"),
        Contact("MEN", "Secrétariat", "copie", "secretariat@men.example.invalid"),
    ]


def test_every_wrong_row_is_told_with_its_line(tmp_path: Path) -> None:
    path = table(
        tmp_path,
        "MEN,Pilotage,correspondant,pilotage@men.example.invalid",
        "XYZ,Pilotage,correspondant,pilotage@xyz.example.invalid",
        'MI,"DNUM\nà Paris",correspondant,dnum at mi.example.invalid',
        "MEN,Encore,correspondant,Pilotage@MEN.example.invalid",
        "MI,DNUM,dnum@mi.example.invalid",
        "MI,DNUM,correspondant,dnum@mi.example.invalid,06 00",
    )
    with pytest.raises(ValueError, match="perimeter") as refusal:
        contacts(path)
    told = str(refusal.value).splitlines()
    assert [line.partition(":")[0] for line in told] == [f"contacts.csv, line {number}" for number in (3, 5, 6, 7, 8)]
    assert told[0].startswith("contacts.csv, line 3: 'XYZ' is no perimeter; they are ")
    assert "MEN" in told[0]
    assert told[1] == "contacts.csv, line 5: 'dnum at mi.example.invalid' is not the address of a mailbox"
    assert told[2] == "contacts.csv, line 6: Pilotage@MEN.example.invalid is there already for MEN"
    assert told[3] == told[4].replace("line 8", "line 7")


@pytest.mark.parametrize("header", ["", "perimeter,email\n", "perimeter;name;role;email\n"])
def test_other_columns_are_refused(tmp_path: Path, header: str) -> None:
    with pytest.raises(ValueError, match=r"contacts\.csv, line 1: the columns are perimeter, name, role, email"):
        contacts(table(tmp_path, header=header))


def test_an_address_is_a_plain_one() -> None:
    for address in ("dsi@men.example.invalid", "a.b+c_d@x-y.fr", "O'Neil@a.b.c.fr"):
        assert is_address(address)
    for text in (
        *("", "a", "a@b", "@b.fr", "a@.fr", "a@b..fr", ".a@b.fr", "a.@b.fr", "a..b@c.fr", "a b@c.fr", "a@b.fr."),
        *("a@b.fr\n", "a@b.fr\r\nBcc: c@d.fr", "A <a@b.fr>", "a@b.fr, c@d.fr", '"a"@b.fr', "é@b.fr", "a@é.fr"),
        *("a@-b.fr", "a@b-.fr", "a@127.0.0.1", f"{'a' * 250}@b.fr", "a@b.fr\u2028"),
    ):
        assert not is_address(text), text


@given(st.text())
def test_no_address_has_a_sign_that_steers_a_mail(text: str) -> None:
    for made in (text, f"{text}@b.fr", f"a@{text}.fr", f"a@b.fr{text}"):
        if is_address(made):
            assert made.isascii()
            assert not set(made) & set(' \r\n\t<>(),;:"[]\\')
