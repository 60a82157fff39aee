"""The receipt that a file would get, as whoever asks for it shows it, without filing it.

What belongs here: what is shown of it, ready to be sent to another process. What does not: the look at the file
(`orchestration.intake.take_in`), and layout.
"""

from base64 import b64decode, b64encode
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from orchestration.intake.receipts.as_read import AsRead
    from orchestration.settings import Settings

Row = dict[str, str]


@dataclass(frozen=True)
class CheckAnswer:
    """A receipt: its verdict and its JSON, its findings and what was read as rows of text, its files by name."""

    status: str
    verdict: str
    receipt_json: str
    findings: list[Row]
    read: list[Row]
    files: Mapping[str, bytes] = field(default_factory=dict)

    def as_document(self) -> dict[str, Any]:
        """The same as a document of JSON."""
        return asdict(self) | {"files": {name: b64encode(data).decode() for name, data in self.files.items()}}

    @classmethod
    def of_document(cls, document: Mapping[str, Any]) -> Self:
        """What `as_document` was made of."""
        files = {name: b64decode(data) for name, data in document["files"].items()}
        return cls(**{**document, "files": files})


def checked(
    name: str,
    data: bytes,
    now: datetime,
    edition: str | None,
    perimeter: str | None,
    settings: "Settings | None",
    *,
    with_files: bool,
) -> CheckAnswer:
    """Look at the bytes of a file of that name, as if filed at `now`, in the home of `settings` if any."""
    from orchestration.intake.receipts.wording import shown_value, what_is_wrong
    from orchestration.intake.take_in import check_bytes

    looked_at = check_bytes(name, data, now, edition, perimeter, settings)
    receipt = looked_at.receipt
    return CheckAnswer(
        status=receipt.status,
        verdict=receipt.verdict,
        receipt_json=receipt.as_json(),
        findings=[
            {
                "gravité": "erreur" if finding.severity == "error" else "remarque",
                "où": finding.cell or (f"ligne {finding.row}" if finding.row else "fichier"),
                "valeur": shown_value(finding),
                "constat": what_is_wrong(finding),
                "que faire": finding.remedy,
            }
            for finding in receipt.findings
        ],
        read=list(_as_read(receipt.read)) if receipt.read and receipt.read.rows else [],
        files=looked_at.files() if with_files else {},
    )


def _as_read(read: "AsRead") -> Iterator[Row]:
    for row in read.rows:
        before = "nouveau" if row.is_new else ""
        values = (f"{one.text} (avant : {one.before})" if one.before else one.text for one in row.values)
        yield {"ligne": str(row.row), "nom": row.subject, **dict(zip(read.titles, values, strict=True)), "": before}
    totals = (one.text for one in read.totals[1:])
    yield {"ligne": "", "nom": read.totals[0].text, **dict(zip(read.titles, totals, strict=True)), "": ""}
