"""The key and its signatures: minisign reads what we write, we read what it writes, and a bad key stops everything."""

import json
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from made_marts import State
from typer.testing import CliRunner

from orchestration.cli import app
from orchestration.places import CHECKOUT
from orchestration.publication.revision_check import altered_files, noted_files
from orchestration.publication.signing import KeyRefused, SigningKey, make_key, read_key
from orchestration.store.digests import sha256
from orchestration.store.sql import engine_of


@pytest.fixture
def key(tmp_path: Path) -> SigningKey:
    return make_key(tmp_path / "keys" / "jalons.key")


@pytest.fixture
def signed(state: State, key: SigningKey, tmp_path: Path) -> State:
    """The small State, whose releases are signed."""
    state.settings = state.settings.model_copy(update={"signing_key": tmp_path / "keys" / "jalons.key"})
    return state


def _minisign(*words: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["minisign", *map(str, words)], capture_output=True, text=True, check=False)


def test_minisign_verifies_a_release_without_our_code(signed: State, key: SigningKey, tmp_path: Path) -> None:
    release = signed.release()[1]
    public = tmp_path / "jalons.pub"
    public.write_bytes(key.public_file)
    said = _minisign("-V", "-p", public, "-m", release.path / "MANIFEST.json")
    assert said.returncode == 0, said.stderr
    released_at = json.loads((release.path / "MANIFEST.json").read_bytes())["released_at"]
    assert f"edition:2021-S2 revision:1 released_at:{released_at}" in said.stdout
    copy = tmp_path / "MANIFEST.json"
    copy.write_bytes((release.path / "MANIFEST.json").read_bytes().replace(b"2021", b"2022", 1))
    shutil.copy(release.path / "MANIFEST.json.minisig", tmp_path)
    assert _minisign("-V", "-p", public, "-m", copy).returncode != 0


def test_a_key_that_minisign_made_signs_too(tmp_path: Path) -> None:
    made = tmp_path / "minisign.key"
    assert _minisign("-G", "-W", "-p", tmp_path / "minisign.pub", "-s", made).returncode == 0
    key = read_key(made)
    assert key.public_file == (tmp_path / "minisign.pub").read_bytes()
    (tmp_path / "x").write_bytes(b"x")
    (tmp_path / "x.minisig").write_bytes(key.sign(b"x", "x"))
    assert _minisign("-V", "-p", tmp_path / "minisign.pub", "-m", tmp_path / "x").returncode == 0


def test_each_manifest_names_the_one_before_and_the_revision_compared_with(signed: State) -> None:
    first, second = signed.release()
    signed.row("portfolio", edition="2021-S1")["name"] = "Bêta d’hier"
    again = signed.release()[0]
    before = (first.path / "MANIFEST.json").read_bytes()
    one, two = (json.loads((path / "MANIFEST.json").read_bytes()) for path in (first.path, again.path))
    assert (again.revision, one["previous_manifest_sha256"]) == (2, None)
    assert two["previous_manifest_sha256"] == sha256(before)
    compared = json.loads((second.path / "MANIFEST.json").read_bytes())
    assert (compared["compared_with"], compared["compared_with_revision"]) == ("2021-S1", 1)
    # That another revision is compared with is no content: where nothing else changed, none is made for it.
    assert not signed.release()[1].is_new


def test_two_homes_with_one_key_publish_the_same_bytes(signed: State, tmp_path: Path) -> None:
    one = signed.release()[1].path
    other = replace(signed, settings=signed.settings.model_copy(update={"home": tmp_path / "other"})).release()[1].path
    for path in sorted(one.rglob("*")):
        if path.is_file():
            assert path.read_bytes() == (other / path.relative_to(one)).read_bytes(), path


@pytest.mark.parametrize("name", ["MANIFEST.json.minisig", "MANIFEST.json"])
def test_a_signature_and_a_manifest_that_are_lost_are_made_again(signed: State, name: str) -> None:
    release = signed.release()[1]
    before = (release.path / name).read_bytes()
    (release.path / name).unlink()
    signed.release()
    assert (release.path / name).read_bytes() == before


def test_a_death_before_a_signed_revision_is_noted_makes_no_stranger_of_its_signature(
    signed: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    from orchestration.publication import release as release_module

    with monkeypatch.context() as patch:
        patch.setattr(release_module, "note_revision", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            signed.release()
    path = signed.release()[0].path
    with engine_of(signed.settings.ledger) as engine:
        assert "MANIFEST.json.minisig" in noted_files(engine, "2021-S1", 1)
        assert altered_files(engine, "2021-S1", 1, path, hash_all=True) == []


@pytest.mark.parametrize(
    ("harm", "said"),
    [
        (lambda path: path.unlink(), "No such file"),
        (lambda path: path.chmod(0o644), "chmod 600"),
        (lambda path: path.write_bytes(path.read_bytes()[:60]), "no signing key"),
        (lambda path: path.write_bytes(path.read_bytes().replace(b"A", b"B", 3)), "jalons keys|password"),
        (lambda path: path.write_bytes(b""), "no signing key"),
        (lambda path: path.write_bytes(b"untrusted comment: x\nRWRTY0IyYWFh\n"), "no signing key"),
    ],
    ids=["absent", "open to others", "cut", "altered", "empty", "another file"],
)
def test_without_the_key_that_is_named_nothing_is_published(signed: State, harm, said: str) -> None:
    harm(signed.settings.signing_key)
    with pytest.raises(KeyRefused, match=said):
        signed.release()
    assert not list(signed.settings.releases.glob("*/r*"))


def test_a_key_that_asks_for_a_password_is_refused_with_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "jalons.key"
    make_key(path)
    comment, key = path.read_text().splitlines()
    # Bytes 2 and 3 of the key name what makes a key of its password: `Sc` is scrypt.
    path.write_text(f"{comment}\nRWRTY{key[5:]}\n")
    with pytest.raises(KeyRefused, match="asks for a password"):
        read_key(path)


def test_the_command_makes_a_key_of_its_owners_alone_never_over_another_and_never_in_the_checkout(
    tmp_path: Path,
) -> None:
    path = tmp_path / "safe" / "jalons.key"
    made = CliRunner().invoke(app, ["keys", "make", str(path)])
    assert (made.exit_code, path.stat().st_mode & 0o777) == (0, 0o600)
    shown = CliRunner().invoke(app, ["keys", "show"], env={"JALONS_SIGNING_KEY": str(path)})
    assert read_key(path).fingerprint in made.stdout
    assert read_key(path).fingerprint in shown.stdout
    assert shown.stdout.startswith(path.with_name("jalons.key.pub").read_text())
    before = path.read_bytes()
    again = CliRunner().invoke(app, ["keys", "make", str(path)])
    inside = CliRunner().invoke(app, ["keys", "make", str(CHECKOUT / "docs" / "jalons.key")])
    assert [one.exit_code for one in (again, inside)] == [1, 1]
    assert (path.read_bytes(), (CHECKOUT / "docs" / "jalons.key").exists()) == (before, False)
    unset = CliRunner().invoke(app, ["keys", "show"], env={"JALONS_SIGNING_KEY": ""})
    assert (unset.exit_code, "not signed" in unset.stderr) == (1, True)
