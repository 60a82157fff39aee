"""A signature of ours is minisign's own, and no other form of it passes."""

import base64
import hashlib
import shutil
import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from signed_releases import KEY_ID, Signer

from orchestration.verification.verifier import Key, Report, Unreadable, check_signature, ed25519_verifies, read_key

_COMMENT = "edition:2021-S2 revision:3 released_at:2021-12-20T09:00:00Z"
_ORDER = 2**252 + 27742317777372353535851937790883648493


def judged(signature: bytes, data: bytes = b"{}\n", comment: str = _COMMENT, key: Key | None = None) -> Report:
    report = Report()
    check_signature("r3", data, signature, comment, key, report)
    return report


def test_a_signature_of_the_publisher_is_proved(signer: Signer) -> None:
    report = judged(signer.sign(b"{}\n", _COMMENT), key=read_key(signer.text))
    assert (report.wrong, report.counts["signatures"]) == ([], 1)


def test_without_a_key_only_the_form_is_read(signer: Signer) -> None:
    report = judged(signer.sign(b"{}\n", _COMMENT))
    assert (report.wrong, report.counts["signatures"]) == ([], 0)


def spoiled(signature: bytes) -> dict[str, bytes]:
    """Ways of writing a signature otherwise, each of which some reader accepts."""
    lines = signature.decode().split("\n")
    signed = base64.b64decode(lines[1])
    s = int.from_bytes(signed[42:], "little") + _ORDER
    bare = base64.b64encode(signed[:42] + s.to_bytes(32, "little")).decode()
    legacy = base64.b64encode(b"Ed" + signed[2:]).decode()
    # Of two unused bits at the end of a base64 text, the one form has zeros.
    unused = lines[1][:-2] + chr(ord(lines[1][-2]) + 1) + "="

    def text(*changed: tuple[int, str]) -> bytes:
        return "\n".join(dict(changed).get(place, line) for place, line in enumerate(lines)).encode()

    return {
        "another untrusted comment": text((0, "untrusted comment: signature from minisign secret key")),
        "s above the order": text((1, bare)),
        "the algorithm that does not hash first": text((1, legacy)),
        "bits that base64 leaves": text((1, unused)),
        "another trusted comment": text(
            (2, "trusted comment: edition:2021-S2 revision:4 released_at:2021-12-20T09:00:00Z")
        ),
        "a line more": signature + b"\n",
        "a line end of another system": signature.replace(b"\n", b"\r\n"),
        "no last line end": signature[:-1],
        "a space at the end": text((1, lines[1] + " ")),
        "another signature over all": text((3, base64.b64encode(bytes(64)).decode())),
        "no text at all": b"\xff\xfe",
        "nothing": b"",
    }


@pytest.mark.parametrize("way", sorted(spoiled(Signer().sign(b"{}\n", _COMMENT))))
def test_no_other_way_of_writing_it_passes(signer: Signer, way: str) -> None:
    assert judged(spoiled(signer.sign(b"{}\n", _COMMENT))[way], key=read_key(signer.text)).wrong, way


def test_another_key_another_text_and_another_comment_are_told(signer: Signer) -> None:
    signature = signer.sign(b"{}\n", _COMMENT)
    assert judged(signature, key=read_key(Signer(2).text)).wrong
    assert judged(signature, data=b"{} \n", key=read_key(signer.text)).wrong
    assert judged(signature, comment=_COMMENT.replace("2021", "2022"), key=read_key(signer.text)).wrong


def test_a_comment_signed_for_another_signature_is_told(signer: Signer) -> None:
    mine, other = signer.sign(b"{}\n", _COMMENT).split(b"\n"), signer.sign(b"[]\n", _COMMENT).split(b"\n")
    mixed = b"\n".join([mine[0], mine[1], other[2], other[3], b""])
    assert [sentence for _, sentence in judged(mixed, key=read_key(signer.text)).wrong] == [
        "le commentaire n’est pas signé par la clé donnée."
    ]


def test_vectors_of_rfc_8032_hold() -> None:
    public = bytes.fromhex("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c")
    signature = bytes.fromhex(
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
        "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
    )
    assert ed25519_verifies(public, b"\x72", signature)
    assert not ed25519_verifies(public, b"\x73", signature)
    assert not ed25519_verifies(public, b"\x72", signature[:63] + bytes([signature[63] ^ 0x10]))


@pytest.mark.parametrize(
    "key", ["01" + "00" * 31, "ec" + "ff" * 30 + "7f", "00" * 32, "ed" + "ff" * 30 + "7f", "02" + "00" * 31]
)
def test_a_key_of_small_order_or_none_signs_nothing(key: str) -> None:
    public = bytes.fromhex(key)
    assert not ed25519_verifies(public, b"", bytes.fromhex("01" + "00" * 63))
    assert not ed25519_verifies(public, b"", bytes(64))


def test_a_key_is_read_from_its_file_and_from_its_text(signer: Signer, tmp_path: Path) -> None:
    file = tmp_path / "jalons.pub"
    file.write_text(signer.file)
    assert read_key(str(file)) == read_key(signer.text) == Key(KEY_ID, signer.public)
    for bad in ("", "RWQ", "x" * 56, str(tmp_path), str(tmp_path / "absent")):
        with pytest.raises(Unreadable):
            read_key(bad)


@pytest.mark.skipif(shutil.which("minisign") is None, reason="minisign is not on this machine (apt install minisign)")
def test_minisign_itself_verifies_a_release_and_refuses_another(
    published: Path, signer: Signer, tmp_path: Path
) -> None:
    manifest = tmp_path / "MANIFEST.json"
    shutil.copy(published / "2017-S1" / "r3" / "MANIFEST.json", manifest)
    shutil.copy(published / "2017-S1" / "r3" / "MANIFEST.json.minisig", tmp_path)
    command = ["minisign", "-V", "-P", signer.text, "-m", str(manifest)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "Trusted comment: edition:2017-S1 revision:3 released_at:" in done.stdout
    manifest.write_bytes(manifest.read_bytes() + b" ")
    assert subprocess.run(command, capture_output=True, check=False).returncode == 1


@pytest.mark.skipif(shutil.which("minisign") is None, reason="minisign is not on this machine (apt install minisign)")
def test_what_minisign_signs_is_verified_here(tmp_path: Path) -> None:
    data = tmp_path / "MANIFEST.json"
    data.write_bytes(b"{}\n")
    subprocess.run(
        ["minisign", "-G", "-W", "-p", "key.pub", "-s", "key.sec"], cwd=tmp_path, capture_output=True, check=True
    )
    sign = ["minisign", "-S", "-s", "key.sec", "-m", "MANIFEST.json", "-t", _COMMENT]
    sign += ["-c", "Jalons, signature of MANIFEST.json"]
    subprocess.run(sign, cwd=tmp_path, capture_output=True, check=True)
    report = judged((tmp_path / "MANIFEST.json.minisig").read_bytes(), key=read_key(str(tmp_path / "key.pub")))
    assert (report.wrong, report.counts["signatures"]) == ([], 1)


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not on this machine")
def test_openssl_verifies_it_too(signer: Signer, tmp_path: Path) -> None:
    signature = base64.b64decode(signer.sign(b"{}\n", _COMMENT).split(b"\n")[1])[10:]
    public = Ed25519PublicKey.from_public_bytes(signer.public).public_bytes(
        Encoding.PEM, PublicFormat.SubjectPublicKeyInfo
    )
    for name, data in {"key": public, "sig": signature, "digest": hashlib.blake2b(b"{}\n").digest()}.items():
        (tmp_path / name).write_bytes(data)
    command = ["openssl", "pkeyutl", "-verify", "-pubin", "-inkey", "key", "-rawin", "-in", "digest", "-sigfile", "sig"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
