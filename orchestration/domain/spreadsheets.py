"""What every spreadsheet does alike: how it names cells, and which texts it takes for formulas.

What belongs here: arithmetic of addresses, and those texts. What does not: opening or writing a workbook.
The child process that opens workbooks imports this: nothing heavier than the standard library may come in.
"""

import re

# What makes a spreadsheet take a text for a formula, full-width forms included.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "\0", "＝", "＋", "－", "＠")

_ADDRESS = re.compile(r"([A-Z]{1,3})(\d{1,7})")


def column_letters(position: int) -> str:
    """Name the column at a 0-based position as spreadsheets do: 0 is `A`, 26 is `AA`."""
    name = ""
    position += 1
    while position:
        position, rest = divmod(position - 1, 26)
        name = chr(ord("A") + rest) + name
    return name


def column_position(letters: str) -> int:
    """The 0-based position of a column by its letters: `A` is 0, `AA` is 26."""
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number - 1


def cell_address(position: int, row: int) -> str:
    """The address of a cell by the 0-based position of its column and its 1-based row: `J12`."""
    return f"{column_letters(position)}{row}"


def address_place(address: str) -> tuple[int, int]:
    """The 0-based column and the 1-based row of an address such as `J12`; row 0 for what is none."""
    found = _ADDRESS.fullmatch(address)
    return (column_position(found[1]), int(found[2])) if found else (0, 0)
