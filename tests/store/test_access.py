"""Who may read what a home keeps: its stores are its owner's alone, receipts follow their folder, all read releases."""

import os
import struct
from collections.abc import Iterator
from pathlib import Path
from stat import S_IMODE

import pytest

from orchestration.settings import Settings
from orchestration.store.access import close_home, make_home
from orchestration.store.whole_file import write_whole
from tests.conftest import NOW, open_folders
from tests.intake.drops import GOOD, OTHER, drop, projects_csv
from tests.pass_job import run_pass


@pytest.fixture(autouse=True)
def _umask_kept() -> Iterator[None]:
    before = os.umask(0o022)
    yield
    os.umask(before)


def _mode(path: Path) -> int:
    return S_IMODE(path.lstat().st_mode)


def _modes(folder: Path) -> dict[str, int]:
    """The modes of all that is under a folder and of itself, links apart."""
    found = [folder, *folder.rglob("*")]
    return {str(path.relative_to(folder)): _mode(path) for path in found if not path.is_symlink()}


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
def test_files_are_made_for_whom_they_are_meant_whatever_the_umask(tmp_path, umask):
    given = tmp_path / "given"
    given.mkdir()
    given.chmod(0o2750)
    os.umask(umask)
    write_whole(tmp_path / "private" / "a" / "file", b"x")
    write_whole(tmp_path / "public" / "a" / "file", b"x", "all")
    write_whole(given / "a" / "b" / "file", b"x", "folder")
    write_whole(tmp_path / "asked", b"x", "umask")
    assert set(_modes(tmp_path / "private").values()) == {0o700, 0o600}
    assert set(_modes(tmp_path / "public").values()) == {0o755, 0o644}
    assert _modes(given) == {".": 0o2750, "a": 0o2750, "a/b": 0o2750, "a/b/file": 0o640}
    assert _mode(tmp_path / "asked") == 0o666 & ~umask


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives a folder to another group")
def test_receipts_have_the_group_of_a_folder_that_hands_it_down(tmp_path):
    given = tmp_path / "outbox"
    given.mkdir()
    os.chown(given, -1, 4242)
    given.chmod(0o2770)
    os.umask(0o077)
    write_whole(given / "2021-S2" / "MI" / "accuse.html", b"x", "folder")
    assert {path.stat().st_gid for path in given.rglob("*")} == {4242}
    assert _mode(given / "2021-S2" / "MI" / "accuse.html") == 0o660


def test_receipts_have_the_acl_that_their_folder_hands_down(tmp_path):
    given = tmp_path / "outbox"
    given.mkdir(0o700)
    # Version 2, then tag, rights and id: the owner, group 4242, the mask, and others none.
    rows = [(0x01, 7, -1), (0x04, 0, -1), (0x08, 5, 4242), (0x10, 5, -1), (0x20, 0, -1)]
    acl = struct.pack("<I", 2) + b"".join(struct.pack("<HHi", *row) for row in rows)
    try:
        os.setxattr(given, "system.posix_acl_default", acl)
    except OSError as none:
        pytest.skip(f"no ACLs here: {none}")
    os.umask(0o077)
    write_whole(given / "2021-S2" / "accuse.html", b"x", "folder")
    said = os.getxattr(given / "2021-S2" / "accuse.html", "system.posix_acl_access")
    entries = {struct.unpack_from("<HHi", said, 4 + 8 * n)[::2]: n for n in range((len(said) - 4) // 8)}
    assert (0x08, 4242) in entries
    # The mask, which a mode set after would have taken away, lets the group read.
    rights = {
        struct.unpack_from("<HHi", said, 4 + 8 * n)[0]: struct.unpack_from("<HHi", said, 4 + 8 * n)[1] for n in range(5)
    }
    assert rights[0x10] & 4


def test_a_home_of_before_is_closed_once_and_what_its_operator_gave_is_left_alone(tmp_path):
    settings = Settings(home=tmp_path / "home")
    for name in (
        "archive/ab/x",
        "lake/projects/y",
        "warehouse/marts/z",
        "dagster/history/runs/1.db",
        "inbox/a",
        "outbox/b",
    ):
        (settings.home / name).parent.mkdir(parents=True, exist_ok=True)
        (settings.home / name).write_bytes(b"x")
    for name in ("ledger.sqlite", "ledger.sqlite-wal", "ledger-generation.json", "pass.lock", "theirs.txt"):
        (settings.home / name).write_bytes(b"x")
    outside = tmp_path / "outside"
    outside.write_bytes(b"x")
    (settings.archive / "link").symlink_to(outside)
    os.umask(0o022)
    close_home(settings)
    for store in ("archive", "lake", "warehouse", "dagster"):
        assert set(_modes(settings.home / store).values()) == {0o700, 0o600}
    for name in ("ledger.sqlite", "ledger.sqlite-wal", "ledger-generation.json", "pass.lock"):
        assert _mode(settings.home / name) == 0o600
    assert [_mode(settings.home / name) for name in ("inbox", "inbox/a", "outbox/b", "theirs.txt", ".")] == [
        0o755,
        0o644,
        0o644,
        0o644,
        0o755,
    ]
    assert _mode(outside) == 0o644
    # Closed already, a store is not gone through again.
    (settings.archive / "ab" / "x").chmod(0o644)
    close_home(settings)
    assert _mode(settings.archive / "ab" / "x") == 0o644


def test_a_closing_that_was_cut_short_is_done_again(tmp_path):
    settings = Settings(home=tmp_path / "home")
    (settings.lake / "a").mkdir(parents=True)
    settings.lake.chmod(0o1700)
    close_home(settings)
    assert _modes(settings.lake) == {".": 0o700, "a": 0o700}


def test_a_home_that_we_make_can_be_gone_through_and_one_that_is_there_is_left_alone(tmp_path):
    os.umask(0o077)
    make_home(tmp_path / "home")
    assert _mode(tmp_path / "home") == 0o711
    (tmp_path / "home").chmod(0o750)
    make_home(tmp_path / "home")
    assert _mode(tmp_path / "home") == 0o750


@pytest.fixture
def under_a_narrow_umask(tmp_path: Path) -> Path:
    """A home whose pass ran under a umask that leaves others nothing."""
    settings = Settings(home=tmp_path / "home", settle_seconds=0)
    drop(settings.home, "2021-S2/MI/projets.csv", projects_csv(GOOD, OTHER))
    open_folders(settings)
    os.umask(0o077)
    assert not run_pass(settings, NOW).failures
    return settings.home


# The home that many tests copy was made under a umask that takes nothing away.
@pytest.mark.parametrize("home", ["passed_home", "under_a_narrow_umask"])
def test_after_a_pass_the_stores_are_private_receipts_follow_their_folder_and_all_read_releases(home, request):
    settings = Settings(home=request.getfixturevalue(home))
    private = ("archive", "lake", "warehouse", "dagster", "ledger-copies")
    for store in private:
        modes = _modes(settings.home / store)
        assert {path: oct(mode) for path, mode in modes.items() if mode not in (0o700, 0o600)} == {}, store
        assert modes["."] == 0o700
    assert {
        path.name: oct(_mode(path)) for path in settings.home.iterdir() if path.is_file() and _mode(path) & 0o077
    } == {}
    assert set(_modes(Path(settings.outbox)).values()) == {0o2750, 0o640}
    assert set(_modes(settings.releases).values()) == {0o755, 0o644}
    assert (_mode(settings.home), _mode(Path(settings.inbox))) == (0o755, 0o2770)
