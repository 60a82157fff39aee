"""A release, a folder or an address, verified whole: what `verifier.py` tells, and Parquet.

What belongs here: where what is verified comes from. What does not: what is said of it, and printing it.
"""

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from orchestration.verification.fetching import fetch
from orchestration.verification.parquet import check_parquet
from orchestration.verification.verifier import Key, Report, verify_and_read

ADDRESSES = ("https://", "http://")


def verify_whole(target: str, key: Key | None = None, expect: Sequence[str] = ()) -> Report:
    """Verify what is in a folder or at an address; raise `Unreadable` where nothing is published there."""
    if not target.startswith(ADDRESSES):
        return _verified(Path(target), key, expect)
    with TemporaryDirectory(prefix="jalons-verify-") as folder:
        report = _verified(fetch(target, Path(folder)), key, expect)
    report.leave("", "Fichiers en trop : à une adresse, ce que le manifeste ne nomme pas ne se voit pas.")
    return report


def _verified(folder: Path, key: Key | None, expect: Sequence[str]) -> Report:
    report, releases = verify_and_read(folder, key, expect)
    for release in releases:
        check_parquet(release, report)
    return report
