"""The key that signs what is published, and signatures, in the format of minisign (jedisct1.github.io/minisign).

What belongs here: making a key, reading it, signing. What does not: what is signed (`manifest`), and verifying, which
asks nothing of whoever publishes (`verification`).
"""

import base64
import secrets
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from stat import S_IMODE

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from orchestration.places import CHECKOUT
from orchestration.store.digests import sha256
from orchestration.store.whole_file import write_whole

# Of a key: what it is for, no password, its checksum's function; then salt and two limits that only a password needs.
_KEY, _PREHASHED = b"Ed", b"ED"
_HEAD = _KEY + b"\0\0" + b"B2" + bytes(32 + 8 + 8)
_KEY_COMMENT = "untrusted comment: minisign secret key"
_SIGNATURE_COMMENT = "untrusted comment: Jalons, signature of MANIFEST.json"
PUBLIC_KEY_FILE = "jalons.pub"


class KeyRefused(ValueError):
    """The key cannot sign: it is absent, is no key, asks for a password or may be read by others."""


@dataclass(frozen=True)
class SigningKey:
    """A key pair, with the eight bytes by which minisign tells it from others."""

    key_id: bytes
    private: Ed25519PrivateKey

    @property
    def public_bytes(self) -> bytes:
        """The 32 bytes of the public key."""
        return self.private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)

    @property
    def fingerprint(self) -> str:
        """The SHA-256 of the public key in groups of four digits, for people to compare."""
        digits = sha256(self.public_bytes)
        return " ".join(digits[at : at + 4] for at in range(0, len(digits), 4))

    @property
    def public_file(self) -> bytes:
        """The public key as the file that `minisign -V -p` reads."""
        name = int.from_bytes(self.key_id, "little")
        return _lines(f"untrusted comment: minisign public key {name:016X}", _KEY + self.key_id + self.public_bytes)

    @property
    def secret_file(self) -> bytes:
        """The secret key as the file that `read_key` and `minisign -S -s` read."""
        secret = self.private.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption()) + self.public_bytes
        check = blake2b(_KEY + self.key_id + secret, digest_size=32).digest()
        return _lines(_KEY_COMMENT, _HEAD + self.key_id + secret + check)

    def sign(self, data: bytes, trusted_comment: str) -> bytes:
        """The signature file of some bytes; the comment is signed with them. The same for the same bytes."""
        signature = self.private.sign(blake2b(data).digest())
        over_comment = self.private.sign(signature + trusted_comment.encode())
        first = _lines(_SIGNATURE_COMMENT, _PREHASHED + self.key_id + signature)
        return first + _lines(f"trusted comment: {trusted_comment}", over_comment)


def make_key(path: Path) -> SigningKey:
    """Make a key, its owner's alone, in a file that did not exist; raise `KeyRefused` inside the checkout."""
    path = path.absolute()
    if path.resolve().is_relative_to(CHECKOUT.resolve()):
        raise KeyRefused(f"{path} is in the checkout, whose files are published: choose a path outside of it")
    key = SigningKey(secrets.token_bytes(8), Ed25519PrivateKey.generate())
    if path.exists():
        raise KeyRefused(f"{path} exists already, and what it signed asks for its key: choose another path")
    write_whole(path, key.secret_file)
    return key


def read_key(path: Path) -> SigningKey:
    """Read a key that `make_key` or `minisign -G -W` made; raise `KeyRefused` with what to do."""
    try:
        if S_IMODE(path.stat().st_mode) & 0o077:
            raise KeyRefused(f"The signing key {path} can be read by others than its owner: chmod 600 {path}")
        data = base64.b64decode(path.read_bytes().splitlines()[1], validate=True)
    except (IndexError, ValueError) as fault:
        raise fault if isinstance(fault, KeyRefused) else _no_key(path) from None
    except OSError as fault:
        raise KeyRefused(f"The signing key {path} cannot be read: {fault.strerror or fault}") from None
    if len(data) != len(_HEAD) + 8 + 64 + 32 or data[:2] != _KEY:
        raise _no_key(path)
    if data[2:4] != b"\0\0":
        raise KeyRefused(f"The signing key {path} asks for a password: make one without, by minisign -G -W")
    key_id, secret, check = data[-104:-96], data[-96:-32], data[-32:]
    key = SigningKey(key_id, Ed25519PrivateKey.from_private_bytes(secret[:32]))
    # minisign writes no checksum into a key that asks for no password.
    is_whole = check in (bytes(32), blake2b(_KEY + key_id + secret, digest_size=32).digest())
    if not is_whole or secret[32:] != key.public_bytes:
        raise _no_key(path)
    return key


def _no_key(path: Path) -> KeyRefused:
    return KeyRefused(f"{path} is no signing key, or is damaged: put it back from its copy, or make one by jalons keys")


def _lines(comment: str, data: bytes) -> bytes:
    return f"{comment}\n{base64.b64encode(data).decode()}\n".encode()
