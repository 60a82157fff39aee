"""Releases that somebody changed, made to agree with themselves again: their manifest, and its signature.

What belongs here: what whoever forges a release would do. What does not: what must be told of it.
"""

import base64
import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from orchestration.publication.signing import SigningKey

KEY_ID = bytes.fromhex("0123456789abcdef")


class Signer:
    """A key of minisign, the same for the same seed, and what it signs."""

    def __init__(self, seed: int = 1) -> None:
        self.key = SigningKey(KEY_ID, Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32))

    @property
    def public(self) -> bytes:
        """The 32 bytes of the public key."""
        return self.key.public_bytes

    @property
    def file(self) -> str:
        """The public key's file."""
        return self.key.public_file.decode()

    @property
    def text(self) -> str:
        """The public key as minisign writes it in one line."""
        return base64.b64encode(b"Ed" + KEY_ID + self.public).decode()

    def sign(self, data: bytes, comment: str) -> bytes:
        """The `.minisig` of some bytes."""
        return self.key.sign(data, comment)


def seal(folder: Path, said: dict[str, Any], signer: Signer | None) -> bytes:
    """Write the manifest of a folder anew over the files that are there, and sign it; its bytes."""
    paths = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    listed = [(path, (folder / path).read_bytes()) for path in paths if not path.startswith("MANIFEST.json")]
    said["files"] = [
        {"path": path, "bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()} for path, data in listed
    ]
    data = document(said)
    (folder / "MANIFEST.json").write_bytes(data)
    if signer is not None:
        of = f"edition:{said['edition']} revision:{said['revision']}" if "edition" in said else "tree"
        comment = f"{of} released_at:{said['released_at']}"
        (folder / "MANIFEST.json.minisig").write_bytes(signer.sign(data, comment))
    return data


def reseal(folder: Path, signer: Signer | None) -> bytes:
    """Make the manifest of a revision that was changed agree with its files again, as whoever changed them would."""
    if signer is None:
        return seal_keeping_signature(folder)
    return seal(folder, json.loads((folder / "MANIFEST.json").read_bytes()), signer)


def seal_keeping_signature(folder: Path) -> bytes:
    """The same by somebody without the key."""
    return seal(folder, json.loads((folder / "MANIFEST.json").read_bytes()), None)


def document(said: object) -> bytes:
    """A JSON document as releases have it."""
    return (json.dumps(said, indent=2, ensure_ascii=False) + "\n").encode()


def copy_of(folder: Path, target: Path) -> Path:
    """A copy to change."""
    shutil.copytree(folder, target, symlinks=True)
    return target
