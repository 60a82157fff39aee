"""Where the checkout is, and which paths may be a home.

What belongs here: what is asked before any setting is read, and so imports nothing. What does not: settings.
"""

from pathlib import Path

#: The checkout, which the project runs from.
CHECKOUT = Path(__file__).resolve().parent.parent
# SQLite takes a part of an address for options, DuckDB a file for a pattern, and dbt a path for an escape.
_NOT_IN_A_HOME = "?[]*\\"


def usable_home(home: Path) -> Path:
    """A home made absolute, so that a later change of directory cannot move it.

    Raise `ValueError`, with a sentence, where nothing can live under it; nothing is made on the disk.
    """
    home = home.absolute()
    if found := sorted(set(str(home)) & set(_NOT_IN_A_HOME)):
        raise ValueError(
            f"The home cannot be {home}: SQLite, DuckDB and dbt take {' and '.join(found)} in a path for something "
            "else. Choose a path without any of ? [ ] * \\"
        )
    nearest = next(place for place in (home, *home.parents) if place.exists())
    if not nearest.is_dir():
        raise ValueError(f"The home cannot be {home}: {nearest} is a file, not a folder.")
    return home
