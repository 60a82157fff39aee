"""What was published stays as it was published: what can be made again is, and a person is told of the rest."""

import json
import os
import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from made_marts import SECOND, State

from orchestration.alerting.channels.console import Console
from orchestration.alerting.engineers_delivery import alert_engineers
from orchestration.alerting.faults import INCIDENT_RULES, of_incident
from orchestration.intake.incidents import Incident, open_incidents
from orchestration.publication import release as releasing
from orchestration.publication import table_formats
from orchestration.publication.release import Release, current_revision, release
from orchestration.publication.revision_check import altered_files, revisions
from orchestration.settings import Settings
from orchestration.store.sql import engine_of
from orchestration.validation.holding import Hold
from tests.judgements import unjudged
from tests.publication.conftest import small_state
from tests.publication.test_release import Died, bytes_under

NOW = SECOND.replace(tzinfo=UTC)


class Published:
    """A State that was released once: where the second edition stands, and every byte of it."""

    def __init__(self, state: State) -> None:
        self.state = state
        self.edition = state.settings.releases / "2021-S2"
        self.folder = self.edition / "r1"
        self.bytes = bytes_under(self.edition)

    def again(
        self, *, held: str | None = None, editions: list[str] | None = None, now: datetime = NOW
    ) -> list[Release]:
        """Release again what is there, and hold it to what was published."""
        holds = [Hold(None, (held,), ("lost",))] if held else []
        return release(self.state.settings, unjudged(self.state.settings, holds), now, editions)

    def incidents(self, now: datetime = NOW) -> dict[tuple[str, str], list[str]]:
        """What is not over: rule and subject -> the files named, if any."""
        with engine_of(self.state.settings.ledger) as engine:
            found: list[Incident] = open_incidents(engine, now)
            return {(one.rule, one.subject): one.details.get("files", []) for one in found}

    def told(self, now: datetime = NOW) -> list[str]:
        """The titles and lines that engineers get now."""
        screen: list[str] = []

        class Screen:
            def write(self, text: str) -> int:
                screen.append(text)
                return len(text)

            def flush(self) -> None: ...

        with engine_of(self.state.settings.ledger) as engine:
            faults = list(map(of_incident, open_incidents(engine, now)))
        alert_engineers(
            *(self.state.settings, faults, now, INCIDENT_RULES),
            channels=[Console(Screen(), name="engineers-console")],  # type: ignore[arg-type]
        )
        return [line for line in "".join(screen).splitlines() if line.startswith(("🔴", "🟠", "✅"))]


@pytest.fixture(scope="module")
def released(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The home of the small State, released once for all the tests that have it copied."""
    state = small_state(Settings(home=tmp_path_factory.mktemp("released") / "home"))
    state.release()
    return state.settings.home


@pytest.fixture
def published(settings: Settings, released: Path) -> Published:
    shutil.copytree(released, settings.home, symlinks=True)
    return Published(small_state(settings))


def _edit(path: Path) -> None:
    path.write_bytes(path.read_bytes().replace(b"2021", b"2022"))


MENDED: dict[str, tuple[Callable[[Path], object], set[str]]] = {
    "a CSV edited": (lambda r: _edit(r / "data/portfolio.csv"), {"r1/data/portfolio.csv"}),
    "figures edited": (lambda r: _edit(r / "figures.json"), {"r1/figures.json"}),
    "the page edited": (lambda r: _edit(r / "index.html"), {"r1/index.html"}),
    "a Parquet table cut short": (lambda r: os.truncate(r / "data/slips.parquet", 9), {"r1/data/slips.parquet"}),
    "a file removed": (lambda r: (r / "data/top50.json").unlink(), {"r1/data/top50.json"}),
    "the manifest edited": (lambda r: _edit(r / "MANIFEST.json"), {"r1/MANIFEST.json"}),
    "the manifest cut short": (lambda r: os.truncate(r / "MANIFEST.json", 1), {"r1/MANIFEST.json"}),
    "the manifest removed": (lambda r: (r / "MANIFEST.json").unlink(), {"r1/MANIFEST.json"}),
    "the link gone": (lambda r: (r.parent / "current").unlink(), {"current"}),
    "the link to nowhere": (lambda r: _relink(r.parent / "current", "r7"), {"current"}),
    "the link followed by a copy": (lambda r: _follow(r.parent / "current"), {"current"}),
}


def _relink(link: Path, target: str) -> None:
    link.unlink()
    link.symlink_to(target)


def _follow(link: Path) -> None:
    revision = link.resolve()
    link.unlink()
    shutil.copytree(revision, link)


CASES = [*((name, None) for name in MENDED), ("a CSV edited", "2021-S2"), ("the link to nowhere", "2021-S2")]


@pytest.mark.parametrize(("name", "held"), CASES)
def test_what_can_be_made_again_to_the_same_bytes_is_and_engineers_are_told_once(
    published: Published, name: str, held: str | None
) -> None:
    harm, subjects = MENDED[name]
    harm(published.folder)
    published.again(held=held)
    kept = {name for name in bytes_under(published.edition) if name.startswith("current.set-aside-1/")}
    assert bool(kept) == (name == "the link followed by a copy")
    assert {name: data for name, data in bytes_under(published.edition).items() if name not in kept} == published.bytes
    assert current_revision(published.state.settings, "2021-S2") == 1
    assert published.incidents() == {("store_mended", f"2021-S2/{one}"): [] for one in subjects}
    assert (published.told(), published.told()) == (["🟠 Attention · Fichier refait · édition 2021-S2"], [])
    assert not any(one.is_new for one in published.again(held=held))
    assert published.told() == []


def test_the_folder_of_the_current_revision_is_made_again_under_its_number_and_told_in_one_message(
    published: Published,
) -> None:
    shutil.rmtree(published.folder)
    (_, second) = published.again()
    assert (second.revision, second.is_new) == (1, False)
    assert bytes_under(published.edition) == published.bytes
    assert {rule for rule, _ in published.incidents()} == {"store_mended"}
    assert published.told() == ["🟠 Attention · Fichier refait · édition 2021-S2"]


def test_a_folder_that_cannot_be_made_again_is_told_and_its_number_is_not_given_twice(
    published: Published, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.rmtree(published.folder)
    monkeypatch.setattr(table_formats, "parquet", lambda *_given: b"another writer")
    (_, second) = published.again()
    assert (second.revision, second.is_new) == (2, True)
    assert current_revision(published.state.settings, "2021-S2") == 2
    assert [subject for rule, subject in published.incidents() if rule == "release_altered"] == ["2021-S2/r1"]
    assert [one.revision for one in published.again()] == [1, 2]


def test_a_number_is_never_given_twice_though_its_folder_is_gone_and_the_content_is_another(
    published: Published,
) -> None:
    published.state.row("headline_figures", edition="2021-S2")["projects"] = 4
    shutil.rmtree(published.folder)
    assert published.state.release()[1].revision == 2


ALTERED: dict[str, tuple[Callable[[Path], object], Callable[[Path], object], list[str]]] = {
    "a stranger": (
        lambda r: (r / "data/notes.txt").write_text("x"),
        lambda r: (r / "data/notes.txt").unlink(),
        ["data/notes.txt"],
    ),
    "what another version wrote": (
        lambda r: (r / "index.html").rename(r.parent / "aside"),
        lambda r: (r.parent / "aside").rename(r / "index.html"),
        ["index.html"],
    ),
}


@pytest.mark.parametrize(("harm", "mend", "files"), ALTERED.values(), ids=ALTERED)
def test_what_cannot_be_made_again_is_told_once_makes_no_revision_and_its_end_is_told_once(
    published: Published,
    monkeypatch: pytest.MonkeyPatch,
    harm: Callable[[Path], object],
    mend: Callable[[Path], object],
    files: list[str],
) -> None:
    monkeypatch.setattr(releasing.page, "render", lambda *_given, **_named: b"another wording")
    harm(published.folder)
    assert not any(one.is_new for one in published.again())
    assert published.incidents() == {("release_altered", "2021-S2/r1"): files}
    assert (published.told(), published.told()) == (["🔴 Critique · Publication altérée · édition 2021-S2"], [])
    published.again()
    assert published.told() == []
    mend(published.folder)
    published.again()
    assert (published.told(), published.told()) == (["✅ Rétabli · Publication altérée"], [])


def test_a_past_revision_that_was_altered_is_told_and_cannot_pass_for_the_one_that_was_published(
    published: Published,
) -> None:
    published.state.row("headline_figures", edition="2021-S2")["projects"] = 4
    published.state.release()
    figures = published.folder / "figures.json"
    whole = figures.read_bytes()
    figures.write_bytes(whole.replace(b'"projects": 3', b'"projects": 9'))
    published.again()
    assert published.incidents() == {("release_altered", "2021-S2/r1"): ["figures.json"]}
    figures.write_bytes(whole)
    published.again()
    assert published.incidents() == {}


def test_a_file_that_was_only_touched_is_no_alarm_and_is_not_read_again_after(published: Published) -> None:
    os.utime(published.folder / "index.html", (1, 1))
    before = bytes_under(published.edition)
    published.again()
    assert (bytes_under(published.edition), published.incidents()) == (before, {})
    assert (published.folder / "index.html").stat().st_mtime == 1


def test_a_release_of_one_edition_by_hand_neither_judges_nor_absolves_another(published: Published) -> None:
    (published.folder / "data/notes.txt").write_text("x")
    published.again()
    _edit(published.folder / "figures.json")
    published.again(editions=["2021-S1"])
    assert published.incidents() == {("release_altered", "2021-S2/r1"): ["data/notes.txt"]}


def test_the_link_of_an_edition_that_is_held_leads_to_its_last_revision_again(published: Published) -> None:
    published.state.row("headline_figures", edition="2021-S2")["projects"] = 4
    published.state.release()
    _relink(published.edition / "current", "r1")
    published.again(held="2021-S2")
    assert current_revision(published.state.settings, "2021-S2") == 2
    assert list(published.incidents()) == [("store_mended", "2021-S2/current")]


@pytest.fixture
def of_0_1(published: Published) -> Published:
    """The same home as 0.1 left it: its releases were never noted."""
    with engine_of(published.state.settings.ledger) as engine, engine.begin() as connection:
        connection.execute(sa.text("delete from release_files"))
    return published


def test_releases_that_were_never_noted_are_taken_over_without_an_alarm(of_0_1: Published) -> None:
    assert not any(one.is_new for one in of_0_1.again())
    assert (bytes_under(of_0_1.edition), of_0_1.incidents()) == (of_0_1.bytes, {})
    with engine_of(of_0_1.state.settings.ledger) as engine:
        assert max(revisions(engine)) == ("2021-S2", 1)


def test_a_release_that_was_altered_before_it_was_noted_is_found_by_its_own_manifest(of_0_1: Published) -> None:
    _edit(of_0_1.folder / "data/portfolio.csv")
    of_0_1.again()
    assert bytes_under(of_0_1.edition) == of_0_1.bytes
    assert list(of_0_1.incidents()) == [("store_mended", "2021-S2/r1/data/portfolio.csv")]


@pytest.mark.parametrize("step", ["_commit", "_switch", "note_revision"])
@pytest.mark.parametrize("is_after", [False, True], ids=["before", "after"])
def test_a_death_between_commit_switch_and_note_heals_without_an_alarm(
    published: Published, monkeypatch: pytest.MonkeyPatch, step: str, is_after: bool
) -> None:
    does = getattr(releasing, step)

    def dies(*given: object) -> object:
        # The steps of the first edition, whose content is as it was, are done.
        if "2021-S2" not in str(given) or (step == "note_revision" and 2 not in given):
            return does(*given)
        if is_after:
            does(*given)
        raise Died

    published.state.row("headline_figures", edition="2021-S2")["projects"] = 4
    with monkeypatch.context() as patched, pytest.raises(Died):
        patched.setattr(releasing, step, dies)
        published.state.release()
    published.again()
    settings: Settings = published.state.settings
    assert current_revision(settings, "2021-S2") == 2
    assert published.incidents() == {}
    written = json.loads((published.edition / "r2" / "MANIFEST.json").read_bytes())
    assert written["revision"] == 2
    assert sorted(path.name for path in published.edition.glob("[rc]*")) == ["current", "r1", "r2"]
    with engine_of(settings.ledger) as engine:
        assert max(revisions(engine)) == ("2021-S2", 2)


def test_what_was_mended_is_told_even_if_its_process_dies_before_telling(published: Published) -> None:
    (published.folder / "index.html").unlink()
    published.again()
    later = NOW + timedelta(hours=2)
    published.again(now=later)
    assert published.told(later) == ["🟠 Attention · Fichier refait · édition 2021-S2"]


def test_a_file_that_was_read_once_and_looks_the_same_is_not_read_again(
    published: Published, monkeypatch: pytest.MonkeyPatch
) -> None:
    with engine_of(published.state.settings.ledger) as engine:
        assert altered_files(engine, "2021-S2", 1, published.folder) == []
        with monkeypatch.context() as unread:
            unread.setattr(Path, "read_bytes", lambda path: pytest.fail(f"{path} was read again"))
            assert altered_files(engine, "2021-S2", 1, published.folder) == []
