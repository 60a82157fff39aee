"""A row of the lake, before it is written: what a file says on one line, by field.

What belongs here: how a row is held. What does not: which fields there are (`Contract.lake_schema`).
"""

from collections.abc import Iterable, Iterator, Mapping, MutableMapping


class Row(MutableMapping[str, object]):
    """A dict of fixed keys in a third of its room: a large file has a hundred thousand rows of sixty fields.

    `places` says where each field stands in `values`; the rows of a file share it.
    """

    __slots__ = ("_places", "_values")

    def __init__(self, places: Mapping[str, int], values: list[object]) -> None:
        self._places, self._values = places, values

    @staticmethod
    def column(rows: "Iterable[Row]", name: str) -> list[object]:
        """A field of many rows at once, as is fastest."""
        return [row._values[row._places[name]] for row in rows]

    def __getitem__(self, name: str) -> object:
        return self._values[self._places[name]]

    def __setitem__(self, name: str, value: object) -> None:
        self._values[self._places[name]] = value

    def __delitem__(self, name: str) -> None:
        raise TypeError(f"a row keeps its field {name}")

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)

    def __repr__(self) -> str:
        return f"Row({dict(self)})"
