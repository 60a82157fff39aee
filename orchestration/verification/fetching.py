"""What is published at an address, brought here to be verified: what a manifest lists, and no more.

What belongs here: which files are asked for, how large they may be, and where they are put. What does not: what is
said of them (`verifier`), which trusts none of it.
"""

import json
import re
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx

from orchestration.verification.verifier import MANIFEST, MOST_BYTES, MOST_FILES, SIGNATURE, Unreadable, is_safe

_MOST_OF_ALL = 2 * 2**30
_MOST_REVISIONS = 200
_MOST_REDIRECTS = 3
_SMALL = 16 * 2**20
_EDITION = re.compile(r"[0-9]{4}-S[12]")


class _Fetcher:
    """Asks one host for files, within what may be had of it in all."""

    def __init__(self, client: httpx.Client) -> None:
        self._client, self._left = client, _MOST_OF_ALL

    def get(self, address: str, most: int) -> bytes | None:
        """The bytes at an address, at most one more than may be there; `None` where nothing is."""
        url = httpx.URL(address)
        for _ in range(_MOST_REDIRECTS + 1):
            with self._client.stream("GET", url) as answer:
                if not answer.has_redirect_location:
                    return self._body(answer, min(most, self._left))
                onward = url.join(answer.headers["location"])
            if (onward.scheme, onward.host, onward.port) != (url.scheme, url.host, url.port):
                raise Unreadable(f"{url.host} renvoie vers une autre machine ({onward.host})")
            url = onward
        raise Unreadable(f"{url.host} renvoie sans fin d’une adresse à l’autre")

    def _body(self, answer: httpx.Response, most: int) -> bytes | None:
        if answer.status_code in (403, 404, 410):
            return None
        if answer.status_code != 200:
            raise Unreadable(f"{answer.url.host} répond {answer.status_code}")
        data = bytearray()
        for chunk in answer.iter_bytes(2**16):
            data += chunk
            if len(data) > most:
                break
        self._left -= len(data)
        if self._left < 0:
            raise Unreadable("ce qui est publié là dépasse deux gigaoctets")
        return bytes(data[: most + 1])


def fetch(address: str, folder: Path) -> Path:
    """Bring what is published at an address into a folder; what is to be verified there.

    A revision comes with those before it, an edition with all of them. Raise `Unreadable` where nothing is published.
    """
    base = address.split("?")[0].split("#")[0].rstrip("/")
    try:
        with httpx.Client(follow_redirects=False, timeout=30, trust_env=True) as client:
            return _fetched(_Fetcher(client), base, folder)
    except httpx.InvalidURL:
        raise Unreadable("ce n’est pas une adresse") from None
    except httpx.HTTPError as error:
        raise Unreadable(f"l’adresse ne répond pas ({type(error).__name__})") from None


def _fetched(fetcher: _Fetcher, base: str, folder: Path) -> Path:
    _, _, name = base.rpartition("/")
    if (manifest := fetcher.get(f"{base}/{MANIFEST}", _SMALL)) is not None:
        return _of_manifest(fetcher, base, manifest, folder)
    if _EDITION.fullmatch(name):
        return _edition(fetcher, base, folder / name)
    for edition in _listed_editions(fetcher.get(f"{base}/index.json", _SMALL)):
        _edition(fetcher, f"{base}/{edition}", folder / edition)
    if not any(folder.iterdir()):
        raise Unreadable("rien n’y est publié : ni MANIFEST.json, ni index.json")
    return folder


def _of_manifest(fetcher: _Fetcher, base: str, manifest: bytes, folder: Path) -> Path:
    """A revision, below its edition and with those before it; or the tree over editions."""
    said = _said(manifest)
    edition, number = said.get("edition"), said.get("revision")
    if not (
        isinstance(edition, str)
        and _EDITION.fullmatch(edition)
        and isinstance(number, int)
        and 0 < number <= _MOST_REVISIONS
    ):
        _put(fetcher, base, manifest, folder / "tree")
        return folder / "tree"
    _put(fetcher, base, manifest, folder / edition / f"r{number}")
    if base.endswith(f"/{edition}/r{number}"):
        for before in range(number - 1, 0, -1):
            beside = f"{base.rpartition('/')[0]}/r{before}"
            if (older := fetcher.get(f"{beside}/{MANIFEST}", _SMALL)) is not None:
                _put(fetcher, beside, older, folder / edition / f"r{before}")
    return folder / edition / f"r{number}"


def _edition(fetcher: _Fetcher, base: str, folder: Path) -> Path:
    for number in range(1, _MOST_REVISIONS):
        manifest = fetcher.get(f"{base}/r{number}/{MANIFEST}", _SMALL)
        if manifest is None:
            break
        _put(fetcher, f"{base}/r{number}", manifest, folder / f"r{number}")
    if not folder.exists():
        raise Unreadable("cette édition n’y a pas de révision")
    return folder


def _put(fetcher: _Fetcher, base: str, manifest: bytes, folder: Path) -> None:
    """Write a manifest, its signature and the files that it lists."""
    folder.mkdir(parents=True)
    (folder / MANIFEST).write_bytes(manifest)
    if (signature := fetcher.get(f"{base}/{SIGNATURE}", 4096)) is not None:
        (folder / SIGNATURE).write_bytes(signature)
    listed = _said(manifest).get("files")
    for one in listed[:MOST_FILES] if isinstance(listed, list) else ():
        path, size = (one.get("path"), one.get("bytes")) if isinstance(one, dict) else (None, None)
        if not (isinstance(path, str) and is_safe(path) and isinstance(size, int) and 0 <= size <= MOST_BYTES):
            continue
        if (data := fetcher.get(f"{base}/{quote(path)}", size)) is not None:
            # A path may be a folder of another: what cannot be written is told as missing.
            with suppress(OSError):
                (folder / path).parent.mkdir(parents=True, exist_ok=True)
                (folder / path).write_bytes(data)


def _said(manifest: bytes) -> dict[str, Any]:
    try:
        said = json.loads(manifest)
    except (ValueError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}


def _listed_editions(index: bytes | None) -> list[str]:
    """The editions that the index of all releases names, under whichever key."""
    editions = _said(index or b"").get("editions", [])
    codes = (
        [one.get("edition") if isinstance(one, dict) else one for one in editions]
        if isinstance(editions, list | dict)
        else []
    )
    return sorted({one for one in codes if isinstance(one, str) and _EDITION.fullmatch(one)})
