"""Feeds that readers of feeds read: an entry by edition and subject, updated by a correction, whatever is typed."""

from pathlib import Path

import feedparser
import pytest
from made_marts import State

from orchestration.publication.open_data.tree import publish_tree

SITE = "https://projets.example.fr"


@pytest.fixture
def root(state: State) -> Path:
    state.settings = state.settings.model_copy(update={"site_url": f"{SITE}/releases"})
    state.row("portfolio", edition="2021-S2", project_id="beta")["name"] = "Bêta <b>&amp; ]]>"
    state.release()
    publish_tree(state.settings)
    return state.settings.public / "current"


def _read(path: Path):
    found = feedparser.parse(path.read_bytes(), sanitize_html=False)
    assert not found.bozo, found.get("bozo_exception")
    assert {"id", "title", "updated"} <= found.feed.keys()
    assert all({"id", "title", "updated", "link"} <= entry.keys() for entry in found.entries)
    assert len({entry.id for entry in found.entries}) == len(found.entries)
    return found


def test_every_feed_is_read_without_a_complaint_and_leads_to_pages_that_are_there(root: Path, state: State) -> None:
    feeds = list((root / "feeds").rglob("*.atom"))
    assert {path.parent.name for path in feeds} == {"feeds", "projects", "perimeters"}
    for path in feeds:
        for entry in _read(path).entries:
            page = entry.link.partition("#")[0].removeprefix(f"{SITE}/")
            assert (state.settings.home / page).is_file(), entry.link


def test_a_projects_feed_says_what_moved_and_its_name_as_it_was_typed(root: Path) -> None:
    feed = _read(root / "feeds" / "projects" / "beta.atom")
    assert feed.feed.title == "Bêta <b>&amp; ]]>"
    (entry,) = feed.entries
    said = entry.content[0].value.replace("\u00a0", " ")
    assert "Coût en hausse : de 49,90 M€ à 53,02 M€, soit +3,12 M€ (+6,3 %)." in said
    assert "Changement de nom (auparavant : Beta)." in said


def test_a_correction_updates_the_entry_and_makes_no_other(root: Path, state: State) -> None:
    (before,) = _read(root / "feeds" / "projects" / "beta.atom").entries
    revisions = len(_read(root / "feeds" / "editions.atom").entries)
    state.row("slips", rule="budget_slip")["to_value"] = 54
    state.release()
    publish_tree(state.settings)
    (after,) = _read(root / "feeds" / "projects" / "beta.atom").entries
    assert (after.id, "54,00" in after.content[0].value) == (before.id, True)
    assert len(_read(root / "feeds" / "editions.atom").entries) == revisions + 1
