"""Contacts: the mailboxes of each perimeter that receipts and reminders go to, in the reviewed table `contacts.csv`.

What belongs here: reading and checking that table. What does not: what is sent to them (`messages`), and the channels
that are opened for them (`channels.registry`). A mailbox is that of a function, never a person's: the table is public.
"""

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from orchestration.domain.perimeter import perimeter_names

CONTACTS = Path(__file__).with_name("contacts.csv")

_COLUMNS = ["perimeter", "name", "role", "email"]
# A plain address: no display name, no quotes, and nothing that could begin another header of a mail.
_ADDRESS = re.compile(
    r"(?=.{6,254}\Z)[a-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    r"@(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}",
    re.ASCII | re.IGNORECASE,
)


@dataclass(frozen=True)
class Contact:
    """A mailbox of a perimeter: the code of the perimeter, the name of the mailbox, what it is for, its address."""

    perimeter: str
    name: str
    role: str
    email: str


def is_address(text: str) -> bool:
    """Whether a text is the address of one mailbox, in ASCII, and nothing else."""
    return _ADDRESS.fullmatch(text) is not None


def contacts(path: Path = CONTACTS) -> list[Contact]:
    """The contacts, in the order of the table.

    Raise `ValueError`, with a line for each row that is wrong, if any is.
    """
    found: list[Contact] = []
    wrong: list[str] = []
    with path.open(encoding="utf-8-sig", newline="") as lines:
        rows = csv.DictReader(lines)
        if rows.fieldnames != _COLUMNS:
            raise ValueError(f"{path.name}, line 1: the columns are {', '.join(_COLUMNS)}")
        for row in rows:
            if list(row) != _COLUMNS or None in row.values():
                fault: str | None = f"there are {len(_COLUMNS)} columns: {', '.join(_COLUMNS)}"
            else:
                one = Contact(**row)
                fault = _fault(one, found)
                found.append(one)
            if fault:
                wrong.append(f"{path.name}, line {rows.line_num}: {fault}")
    if wrong:
        raise ValueError("\n".join(wrong))
    return found


def _fault(one: Contact, before: Sequence[Contact]) -> str | None:
    if one.perimeter not in perimeter_names():
        return f"{one.perimeter!r} is no perimeter; they are {', '.join(perimeter_names())}"
    if not is_address(one.email):
        return f"{one.email!r} is not the address of a mailbox"
    if (one.perimeter, one.email.lower()) in [(other.perimeter, other.email.lower()) for other in before]:
        return f"{one.email} is there already for {one.perimeter}"
    return None
