"""The way into what is published: each revision is told with what replaced it and why, and nothing there is a link."""

import json
from datetime import timedelta
from pathlib import Path

import pytest
from made_marts import SECOND, State

from orchestration.publication.release_index import _by_none_of_these


def _index(state: State) -> dict:
    return json.loads((state.settings.releases / "index.json").read_bytes())


def _revisions(state: State, edition: str) -> list[dict]:
    return next(one["revisions"] for one in _index(state)["editions"] if one["edition"] == edition)


def test_the_index_tells_every_revision_and_the_newest_of_each_edition(state: State) -> None:
    state.release()
    state.row("portfolio", edition="2021-S2", project_id="beta")["name"] = "Bêta corrigé"
    state.row("submissions", edition="2021-S2", perimeter="MJ").update(file_sha256="ef" * 32)
    state.release()
    index = _index(state)
    assert index["latest"] == {"edition": "2021-S2", "revision": 2, "path": "2021-S2/r2"}
    first, second = _revisions(state, "2021-S2")
    assert (first["replaced_by"], first["why"]) == (2, ["Première publication de l’édition."])
    assert (second["replaced_by"], second["why"]) == (None, ["Remontées corrigées\u00a0: Justice (grands projets)."])
    assert len(_revisions(state, "2021-S1")) == 1


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda state: state.row("portfolio", edition="2021-S2").update(name="X"), "reçu pour d’autres éditions"),
        (
            lambda state: state.row("headline_figures", edition="2021-S2").update(method_version="3", projects=4),
            "La méthode de calcul a changé\u00a0: 3 (auparavant 2.0.0).",
        ),
        (
            lambda state: state.marts["submissions"].remove(
                state.row("submissions", edition="2021-S2", perimeter="MEF")
            ),
            "Remontées qui ne comptent plus\u00a0: ",
        ),
    ],
    ids=["form", "method", "gone"],
)
def test_each_revision_says_what_differs_from_the_one_before(state: State, change, said: str) -> None:
    state.release()
    change(state)
    state.release()
    assert said in " ".join(_revisions(state, "2021-S2")[-1]["why"])


def test_what_no_manifest_names_is_told_as_far_as_they_say_what_they_were_made_by() -> None:
    made_by = {"rules_sha256": "a", "code_sha256": "a"}
    now = {"versions": made_by}
    said = [
        _by_none_of_these(before, now)
        for before in (
            {},
            {"versions": made_by | {"rules_sha256": "b"}},
            {"versions": made_by | {"code_sha256": "b"}},
        )
    ]
    assert ["référence ou une autre" in said[0], "seuils" in said[1], "autre forme" in said[2]] == [True] * 3


def test_a_correction_after_the_closing_says_so(state: State) -> None:
    state.release()
    state.close("2021-S2", SECOND + timedelta(days=1))
    late = SECOND + timedelta(days=2)
    state.row("submissions", edition="2021-S2", perimeter="MJ").update(received_at=late, file_sha256="ef" * 32)
    state.row("headline_figures", edition="2021-S2").update(released_at=late)
    state.release()
    assert "Remontées corrigées après la clôture de l’édition" in _revisions(state, "2021-S2")[-1]["why"][0]


def test_pages_lead_to_pages_that_are_there_and_none_is_a_link(state: State) -> None:
    state.release()
    releases = state.settings.releases
    pages = [releases / "index.html", *releases.glob("*/index.html"), *releases.glob("*/latest/index.html")]
    assert len(pages) == 6
    for page in pages:
        assert not page.is_symlink()
        assert not any(parent.is_symlink() for parent in page.parents if parent.is_relative_to(releases))
        for address in page.read_text().split('href="')[1:]:
            target = address.partition('"')[0]
            assert target.startswith(("#", "data:")) or (page.parent / target).is_file(), (page, target)


def test_what_says_the_same_is_not_written_again_and_what_is_lost_is(state: State) -> None:
    state.release()
    page = state.settings.releases / "2021-S1" / "index.html"
    before, at = page.read_bytes(), page.stat().st_mtime_ns
    state.release()
    assert page.stat().st_mtime_ns == at
    page.unlink()
    state.release()
    assert page.read_bytes() == before


def test_a_manifest_that_is_not_what_was_published_is_not_believed(state: State) -> None:
    path: Path = state.release()[1].path / "MANIFEST.json"
    published = _revisions(state, "2021-S2")[0]["manifest_sha256"]
    path.write_bytes(path.read_bytes().replace(b'"revision": 1', b'"revision": 7'))
    # Its content is no more, so that it cannot be made again.
    state.row("portfolio", edition="2021-S2")["name"] = "X"
    state.release()
    damaged = _revisions(state, "2021-S2")[0]
    assert (damaged["manifest_sha256"], damaged["released_at"]) == (published, None)
    assert "abîmés" in damaged["why"][0]
