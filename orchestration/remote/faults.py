"""What it means that a store on another machine could not be reached, whichever library says so.

What belongs here: telling it from a file that is missing or closed, and its English sentence. What does not: telling
engineers (`orchestration.alerting.faults`, `orchestration.passes.causes`).
"""

import errno
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Literal

from orchestration.remote.address import shown_place

if TYPE_CHECKING:
    from pathlib import Path

    from upath import UPath

Why = Literal["unknown_server", "changed_server", "refused", "nowhere", "no_answer", "failing"]

WORDS: Mapping[str, str] = {
    "unknown_server": "nobody has said that the key of the server is the right one. Compare it with what whoever runs "
    "the server says of it, and write it to ~/.ssh/known_hosts of this account: ssh-keyscan -H HOST (-p PORT)",
    "changed_server": "the server shows another key than the one that ~/.ssh/known_hosts has of it. Ask whoever runs "
    "it: if the key was changed on purpose, replace it there; if not, somebody stands between",
    "refused": "the server does not let this account in. Look at its name, its key or its secret, and what it may do "
    "there",
    "nowhere": "there is nothing at this address. Correct the address, or make the folder or the bucket",
    "no_answer": "the server does not answer. Look at the network and at the server; it is tried again by itself",
    "failing": "the server does not do what it is asked. Look at its disk, its quotas and its log; it is tried again "
    "by itself",
}
_LIBRARIES = {"paramiko", "botocore", "aiobotocore", "aiohttp"}
# By the name of the class or of one above it, so that no library is imported to ask.
_WHY: dict[str, Why] = {
    "UnknownServer": "unknown_server",
    "BadHostKeyException": "changed_server",
    "AuthenticationException": "refused",
    "NoCredentialsError": "refused",
    "PartialCredentialsError": "refused",
    "ProfileNotFound": "refused",
    "SSHException": "no_answer",
    "EOFError": "no_answer",
    "ConnectionError": "no_answer",
    "HTTPClientError": "no_answer",
    "TimeoutError": "no_answer",
    "gaierror": "no_answer",
    "NoValidConnectionsError": "no_answer",
}
_NO_WAY = {errno.EHOSTUNREACH, errno.ENETUNREACH, errno.ENETDOWN}
# What a bucket says of an account that it does not know; of one that may not do this, it says something else.
_OF_ACCOUNTS = {"InvalidAccessKeyId", "SignatureDoesNotMatch", "ExpiredToken", "InvalidToken"}
_OF_FILES = (FileNotFoundError, FileExistsError, PermissionError, NotADirectoryError, IsADirectoryError)


class StoreUnreachable(OSError):
    """A store on another machine could not be reached: the message says why and what to do."""

    def __init__(self, why: Why, place: "UPath", said: str) -> None:
        super().__init__(f"{shown_place(place)} cannot be reached: {WORDS[why]} ({said}).")
        self.why, self.said = why, said


@contextmanager
def reaching(place: "Path | UPath") -> Iterator[None]:
    """What the libraries raise inside as the system would say it of a disk; `StoreUnreachable` where nothing is."""
    try:
        yield
    except StoreUnreachable:
        raise
    except Exception as error:
        protocol = getattr(place, "protocol", "")
        if protocol in ("", "file", "memory"):
            raise
        why = _why(error)
        if type(error).__name__ == "FileExpired":
            raise FileNotFoundError(errno.ENOENT, "it was replaced while it was read") from error
        if why is None:
            # What a bucket answers has no number.
            if isinstance(error, PermissionError) and error.errno is None:
                raise PermissionError(errno.EACCES, str(error)) from error
            raise
        # Of its own chain a part may look like a fault of this machine's disk.
        raise StoreUnreachable(why, place, _said(error)) from None  # type: ignore[arg-type]


def _why(error: Exception) -> Why | None:
    if "authentication" in str(error).lower():
        return "refused"
    for name in (cls.__name__ for cls in type(error).__mro__):
        if name in _WHY:
            return _WHY[name]
    answered = getattr(error.__cause__, "response", None) or {}
    if answered.get("Error", {}).get("Code") in _OF_ACCOUNTS:
        return "refused"
    if isinstance(error, _OF_FILES):
        return None
    if isinstance(error, OSError):
        return "no_answer" if error.errno in _NO_WAY or str(error) == "Socket is closed" else "failing"
    return "failing" if type(error).__module__.partition(".")[0] in _LIBRARIES else None


def _said(error: Exception) -> str:
    return f"{type(error).__name__}: {' '.join(str(error).split())}"
