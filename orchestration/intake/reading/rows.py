"""Rows of the lake before they are written: what a file says, held by column and seen by row.

What belongs here: how rows are held, so that a hundred thousand of sixty fields are read, judged and changed within
bounds of time and memory. What does not: which fields there are (`Contract.lake_schema`).
"""

from collections.abc import Iterator, Mapping, MutableMapping, Sequence
from typing import TYPE_CHECKING, Self, overload

import numpy as np
import pyarrow as pa

if TYPE_CHECKING:
    from orchestration.intake.opening.grid import Array


def objects(values: Sequence[object]) -> "Array":
    """An array of any objects, lists and tuples among them."""
    array = np.empty(len(values), dtype=object)
    array[:] = values
    return array


class Values:
    """The values of a field: one per row, or, given `codes`, the place of each row's value among a few.

    `others` are the values of the rows where it is another one. Values that stand in an array of the library are made
    objects when they are asked for.
    """

    __slots__ = ("_codes", "_others", "_values")

    def __init__(
        self,
        values: "Sequence[object] | Array | pa.Array",
        codes: "Array | None" = None,
        others: Mapping[int, object] | None = None,
    ) -> None:
        self._values = values if isinstance(values, np.ndarray | pa.Array) else objects(values)
        self._codes, self._others = codes, dict(others or {})

    @classmethod
    def of_one(cls, value: object, count: int, others: Mapping[int, object] | None = None) -> Self:
        """The same value in all of so many rows, but for some."""
        return cls([value], np.zeros(count, dtype=np.intp), others)

    def __getitem__(self, row: int) -> object:
        if row in self._others:
            return self._others[row]
        value = self._values[row if self._codes is None else self._codes[row]]
        return value.as_py() if isinstance(value, pa.Scalar) else value

    def __setitem__(self, row: int, value: object) -> None:
        self._others[row] = value

    def objects(self) -> "Array":
        """The value of each row, as it is."""
        values = self._values
        if isinstance(values, pa.Array):
            values = values.to_numpy(zero_copy_only=False).astype(object, copy=False)
        return self._of_each(values, objects(list(self._others.values())))

    def floats(self) -> "Array":
        """The number of each row, NaN where there is none."""
        values = self._values.to_numpy() if isinstance(self._values, pa.Array) else self._values
        others = np.array(list(self._others.values()), dtype="float64")
        return self._of_each(values.astype("float64"), others)

    def _of_each(self, values: "Array", others: "Array") -> "Array":
        each = values.copy() if self._codes is None else values[self._codes]
        each[list(self._others)] = others
        return each


class RowView(MutableMapping[str, object]):
    """One row, seen in its columns: what is changed here is changed there."""

    __slots__ = ("_columns", "_place")

    def __init__(self, columns: Mapping[str, Values], place: int) -> None:
        self._columns, self._place = columns, place

    def __getitem__(self, name: str) -> object:
        return self._columns[name][self._place]

    def __setitem__(self, name: str, value: object) -> None:
        self._columns[name][self._place] = value

    def __delitem__(self, name: str) -> None:
        raise TypeError(f"a row keeps its field {name}")

    def __iter__(self) -> Iterator[str]:
        return iter(self._columns)

    def __len__(self) -> int:
        return len(self._columns)

    def __repr__(self) -> str:
        return f"RowView({dict(self)})"


class Rows(Sequence[RowView]):
    """Rows that can be changed and removed, named by their numbers in the spreadsheet, which grow."""

    def __init__(self, columns: Mapping[str, Values], numbers: "Array") -> None:
        self._columns, self._count = dict(columns), len(numbers)
        self._numbers, self._kept = numbers, np.arange(len(numbers))

    @classmethod
    def none(cls) -> Self:
        """No row at all."""
        return cls({}, np.arange(0))

    def __len__(self) -> int:
        return len(self._kept)

    @overload
    def __getitem__(self, index: int) -> RowView: ...
    @overload
    def __getitem__(self, index: slice) -> list[RowView]: ...
    def __getitem__(self, index: int | slice) -> RowView | list[RowView]:
        if isinstance(index, slice):
            return [RowView(self._columns, place) for place in self._kept[index].tolist()]
        return RowView(self._columns, int(self._kept[index]))

    def __iter__(self) -> Iterator[RowView]:
        return (RowView(self._columns, place) for place in self._kept.tolist())

    def of_number(self, number: int) -> RowView | None:
        """The row of this number, unless there is none or it was removed."""
        index = self._index(number)
        return None if index is None else self[index]

    def remove(self, number: int) -> None:
        """Take out the row of this number, if it is there."""
        index = self._index(number)
        if index is not None:
            self._numbers, self._kept = np.delete(self._numbers, index), np.delete(self._kept, index)

    def _index(self, number: int) -> int | None:
        index = int(np.searchsorted(self._numbers, number))
        return index if self._numbers[index : index + 1].tolist() == [number] else None

    def set_all(self, **fields: object) -> None:
        """Give all rows the same value of each field."""
        self._columns |= {name: Values.of_one(value, self._count) for name, value in fields.items()}

    def objects(self, name: str) -> "Array":
        """A field of all rows, as it is."""
        return self._of_kept(self._columns[name].objects())

    def floats(self, name: str) -> "Array":
        """A field of numbers of all rows, NaN where there is none."""
        return self._of_kept(self._columns[name].floats())

    def _of_kept(self, values: "Array") -> "Array":
        return values if len(self) == self._count else values[self._kept]
