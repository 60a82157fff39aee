"""Handing work to the watcher of a home: a process that is warm answers in the place of one that would have to start.

What belongs here: asking, over the Unix socket of the home. What does not: what is answered (`answering`), or how it is
shown. Whoever is not answered does the work: `None` says so. Quick to import, since start-up is the time.
"""

import http.client
import json
import os
import socket
from collections.abc import Callable, Mapping
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

if TYPE_CHECKING:
    from collections.abc import Iterator

    from orchestration.answers.checking import CheckAnswer
    from orchestration.passes.summary import PassSummary

SOCKET = "watch.sock"
# A check that is not begun by then is done by whoever asks; a pass may take hours.
_ANSWER_S, _HEALTH_S = 30.0, 5.0
#: While a pass runs, a line at least so often; a watcher that is silent for far longer is none.
LINE_S, _SILENCE_S = 10.0, 60.0


class _Connection(http.client.HTTPConnection):
    """A connection to the socket of a home, whose path may be longer than a socket's may."""

    def __init__(self, home: Path, timeout: float | None) -> None:
        super().__init__("watcher", timeout=timeout)
        self._home = home

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        with address_in(self._home) as address:
            self.sock.connect(address)


@contextmanager
def address_in(home: Path) -> "Iterator[str]":
    """An address of the home's socket that is short enough, while it is used."""
    folder = os.open(home, os.O_PATH)
    try:
        yield f"/proc/self/fd/{folder}/{SOCKET}"
    finally:
        os.close(folder)


def ask_health(home: Path) -> "dict[str, Any] | None":
    """How the watcher of a home stands, in its own words of now; `None` where none answers."""
    if (home / SOCKET).exists():
        with (
            suppress(OSError, http.client.HTTPException, ValueError),
            closing(_Connection(home, _HEALTH_S)) as connection,
        ):
            connection.request("GET", "/health")
            found: dict[str, Any] = json.loads(connection.getresponse().read())
            return found
    return None


def ask_to_check(
    home: Path, file: Path, edition: str | None, perimeter: str | None, *, with_files: bool
) -> "CheckAnswer | None":
    """What the watcher says of a file; its bytes are sent, so that it reads nothing that the asker could not.

    Raise `OSError` where the file cannot be read.
    """
    if not (home / SOCKET).exists():
        return None
    from orchestration.answers.checking import CheckAnswer
    from orchestration.intake.opening.limits import MAX_BYTES

    with file.open("rb") as opened:
        data = opened.read(MAX_BYTES + 1)
    said = {"name": file.name, "edition": edition, "perimeter": perimeter, "with_files": "yes" if with_files else None}
    with suppress(OSError, http.client.HTTPException, ValueError), closing(_Connection(home, _ANSWER_S)) as connection:
        query = urlencode({name: value for name, value in said.items() if value})
        connection.request("POST", f"/check?{query}", body=data, headers={"Content-Type": "application/octet-stream"})
        answer = connection.getresponse()
        if answer.status == http.client.OK:
            return CheckAnswer.of_document(json.loads(answer.read()))
    return None


def ask_to_run(home: Path, report: Callable[[str], None], *, is_forced: bool) -> "PassSummary | None":
    """The summary of a pass that the watcher runs at once; `report` is told each step.

    Where the watcher dies meanwhile, whoever asks does what is left: passes are level-triggered.
    """
    if not (home / SOCKET).exists():
        return None
    with suppress(OSError, http.client.HTTPException, ValueError), closing(_Connection(home, _SILENCE_S)) as connection:
        query = urlencode({"force": "yes"} if is_forced else {})
        connection.request("POST", f"/run?{query}")
        answer = connection.getresponse()
        if answer.status == http.client.OK:
            for line in answer:
                said: Mapping[str, Any] = json.loads(line)
                if "step" in said:
                    report(said["step"])
                elif "summary" in said:
                    from orchestration.passes.summary import PassSummary

                    return PassSummary.of_document(said["summary"])
    return None
