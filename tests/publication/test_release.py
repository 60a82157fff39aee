"""Revisions: when one is made, what a death in the middle leaves, and that the same inputs give the same bytes."""

import hashlib
import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from made_marts import SCHEMAS, SECOND, State, utc

from orchestration.publication import figures, table_formats, unchanged
from orchestration.publication import release as release_module
from orchestration.publication.release import NoRelease, current_revision, read_figures, revision_as_of
from orchestration.publication.site import page
from orchestration.settings import Settings

KEYS = [
    "edition",
    "revision",
    "method_version",
    "provisional",
    "perimeters_filed",
    "projects",
    "interministerial",
    "total_cost_bn_eur",
    "mean_duration_years",
    "entrants",
    "leavers",
    "budget_variance_mean_pct",
    "budget_variance_aggregate_pct",
    "budget_variance_projects",
    "schedule_variance_mean_pct",
    "schedule_variance_aggregate_pct",
    "schedule_variance_projects",
    "baseline_source",
    "procedures",
    "procedures_online",
    "franceconnect",
    "franceconnect_plus",
    "satisfaction_reached",
    "satisfaction_rated",
    "dlnuf_reached",
    "dlnuf_rated",
    "accessibility_reached",
    "accessibility_rated",
    "roadmap_actions",
    "roadmap_missions",
    "roadmap_completed",
    "roadmap_due_by_year_end",
    "roadmap_new",
    "duration_variance_mean_pct",
    "duration_variance_aggregate_pct",
    "duration_variance_projects",
    *(
        f"{variance}_variance_{about}"
        for variance in ("budget", "schedule", "duration")
        for about in (
            "baseline_source",
            "outside_phase",
            "outside_unknown_value",
            "outside_zero_baseline",
            "outside_first_value",
        )
    ),
    "published_on",
    "published_budget_variance_pct",
    "published_duration_variance_pct",
    "perimeters_filed_projects",
    "perimeters_filed_procedures",
    "perimeters_filed_roadmap",
    "perimeters_filed_indicators",
    "indicators",
]


# Half a second in the page, so that two processes are sure to meet there if nothing keeps them apart.
SLOW_RELEASE = """
import sys, time
from datetime import UTC, datetime
from pathlib import Path
from orchestration.publication.site import page
from orchestration.publication.release import release
from orchestration.settings import Settings
from orchestration.validation.judgement import Judgement, _built

render = page.render
page.render = lambda *given, **named: (time.sleep(0.5), render(*given, **named))[1]
settings = Settings(home=Path(sys.argv[1]))
judgement = Judgement(_built(settings).sha256, "", (), ())
print([one.is_new for one in release(settings, judgement, datetime(2021, 12, 15, 9, tzinfo=UTC))])
"""


class Died(BaseException):
    """The process ends here."""


def bytes_under(folder: Path) -> dict[str, bytes]:
    """Every file below `folder`, links not followed."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not any(parent.is_symlink() for parent in path.parents)
    }


def names_in(folder: Path) -> list[str]:
    """What is in a folder, but for the way in (`test_release_index`)."""
    return sorted({path.name for path in folder.iterdir()} - {"index.html", "index.json", "latest"})


def test_each_edition_with_figures_is_released_oldest_first(state: State) -> None:
    made = state.release()

    assert [(one.edition, one.revision, one.is_new) for one in made] == [("2021-S1", 1, True), ("2021-S2", 1, True)]
    assert names_in(state.settings.releases / "2021-S2") == ["current", "r1"]
    assert (state.settings.releases / "2021-S2" / "current").readlink() == Path("r1")


def test_only_the_editions_asked_for_are_released(state: State) -> None:
    assert [one.edition for one in state.release(["2021-S1", "2031-S1"])] == ["2021-S1"]
    assert names_in(state.settings.releases) == ["2021-S1"]


def test_figures_json_holds_the_issue_keys_in_their_order(state: State) -> None:
    made = state.release()[1]

    assert list(made.figures) == KEYS
    assert made.figures["total_cost_bn_eur"] == 0.07
    assert made.figures["budget_variance_mean_pct"] == -3.2
    assert read_figures(state.settings, "2021-S1")["procedures"] is None


def test_the_manifest_names_every_file_with_its_size_and_sha256_and_every_drop(state: State) -> None:
    made = state.release(["2021-S2"])[0]
    manifest = json.loads((made.path / "MANIFEST.json").read_bytes())

    found = bytes_under(made.path)
    del found["MANIFEST.json"]
    assert {one["path"]: (one["bytes"], one["sha256"]) for one in manifest["files"]} == {
        path: (len(data), hashlib.sha256(data).hexdigest()) for path, data in found.items()
    }
    assert manifest["released_at"] == "2021-12-15T09:00:00Z"
    assert manifest["drops"] == [
        {"perimeter": "MEF", "kind": "procedures", "file_name": "mef.xlsx", "sha256": "cd" * 32}
        | {"received_at": "2021-12-15T09:00:00Z", "submission_id": "2021-S2/MEF/procedures/8"},
        {"perimeter": "MJ", "kind": "projects", "file_name": "mj_bis.csv", "sha256": "ab" * 32}
        | {"received_at": "2021-12-15T09:00:00Z", "submission_id": "2021-S2/MJ/projects/7"},
    ]


def test_a_provisional_edition_lists_the_missing_perimeters_in_its_manifest(state: State) -> None:
    state.row("headline_figures", edition="2021-S2").update(provisional=True, missing_perimeters="MC, MTE")
    manifest = json.loads((state.release()[1].path / "MANIFEST.json").read_bytes())

    assert (manifest["provisional"], manifest["missing_perimeters"]) == (True, ["MC", "MTE"])


def test_identical_content_writes_nothing(state: State) -> None:
    state.release()
    before = bytes_under(state.settings.releases)
    times = {path: path.lstat().st_mtime_ns for path in state.settings.releases.rglob("*")}

    again = state.release()

    assert [(one.revision, one.is_new) for one in again] == [(1, False), (1, False)]
    assert again[1].figures["projects"] == 3
    assert bytes_under(state.settings.releases) == before
    assert {path: path.lstat().st_mtime_ns for path in state.settings.releases.rglob("*")} == times


def test_what_shows_the_same_rows_is_not_written_to_be_compared(state: State, monkeypatch: pytest.MonkeyPatch) -> None:
    state.release()
    written = []
    data_files = release_module.data_files
    monkeypatch.setattr(release_module, "data_files", lambda made: written.append(made) or data_files(made))
    assert [one.is_new for one in state.release()] == [False, False]
    assert written == []
    # Neither the note of a warehouse that was deleted nor one that nobody can read is needed.
    for damage in (Path.unlink, lambda note: note.write_bytes(b"[1")):
        damage(state.settings.warehouse / "released_from.json")
        assert [one.is_new for one in state.release()] == [False, False]
    assert len(written) == 4
    # Nor does it stand for what other code would write.
    monkeypatch.setattr(unchanged, "code_digest", lambda: "of other code")
    state.release()
    assert len(written) == 6


def test_a_changed_value_makes_a_new_revision_and_leaves_the_past_one_untouched(state: State) -> None:
    state.release()
    first = bytes_under(state.settings.releases / "2021-S2" / "r1")

    state.row("portfolio", edition="2021-S2", project_id="beta")["current_cost_meur"] = Decimal("53.03")
    state.row("headline_figures", edition="2021-S2")["projects"] = 4
    made = state.release()

    assert [(one.revision, one.is_new) for one in made] == [(1, False), (2, True)]
    assert current_revision(state.settings, "2021-S2") == 2
    assert bytes_under(state.settings.releases / "2021-S2" / "r1") == first
    assert read_figures(state.settings, "2021-S2", 1)["projects"] == 3
    assert read_figures(state.settings, "2021-S2")["projects"] == 4


def test_a_drop_received_again_makes_a_new_revision_even_with_the_same_figures(state: State) -> None:
    state.release()
    state.row("submissions", submission_id="2021-S2/MJ/projects/7")["file_sha256"] = "ba" * 32
    assert state.release()[1].is_new


def test_a_correction_of_the_edition_compared_with_makes_a_new_revision(state: State) -> None:
    state.release()
    state.row("headline_figures", edition="2021-S1")["total_cost_bn_eur"] = Decimal("0.05")
    state.row("headline_changes", figure="total_cost_bn_eur")["previous_value"] = Decimal("0.05")
    assert [one.revision for one in state.release()] == [2, 2]


def test_another_wording_or_another_parquet_writer_alone_makes_no_revision(
    state: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    state.release()
    monkeypatch.setattr(page, "render", lambda *_given, **_named: b"another wording")
    monkeypatch.setattr(table_formats, "parquet", lambda *_given: b"another writer")
    (state.settings.warehouse / "released_from.json").unlink()

    assert not any(one.is_new for one in state.release())


def test_going_back_to_an_earlier_content_is_a_third_revision(state: State) -> None:
    state.release()
    headline = state.row("headline_figures", edition="2021-S2")
    headline["projects"] = 4
    state.release()
    headline["projects"] = 3
    third = state.release()[1]

    def fingerprint(revision: int) -> str:
        path = state.settings.releases / "2021-S2" / f"r{revision}" / "MANIFEST.json"
        content: str = json.loads(path.read_bytes())["content_sha256"]
        return content

    assert (third.revision, third.is_new) == (3, True)
    assert fingerprint(3) == fingerprint(1) != fingerprint(2)


@pytest.mark.parametrize(("hours", "is_correction"), [(-1, True), (0, False), (1, False)])
def test_only_what_is_received_after_the_closing_is_a_correction(state: State, hours: int, is_correction: bool) -> None:
    received_at: datetime = state.row("headline_figures", edition="2021-S2")["released_at"]
    state.close("2021-S2", received_at + timedelta(hours=hours))
    made = state.release()

    assert json.loads((made[1].path / "MANIFEST.json").read_bytes())["is_correction"] is is_correction
    assert ("correction postérieure" in (made[1].path / "index.html").read_bytes().decode()) is is_correction
    assert json.loads((made[0].path / "MANIFEST.json").read_bytes())["is_correction"] is False


def test_the_figures_tell_the_roadmap_and_each_indicator_and_null_where_there_are_none(state: State) -> None:
    first, second = (made.figures for made in state.release())

    of_roadmap = [name for name in KEYS if name.startswith("roadmap_")]
    assert [second[name] for name in of_roadmap] == [4, 2, 1, 0, 1]
    assert second["indicators"] == [
        {"indicator_id": "delai", "value": 27.5, "target": None, "target_date": None, "status": "unknown"},
        {
            "indicator_id": "teletravail",
            "value": 35,
            "target": 25,
            "target_date": "2022-12-31",
            "status": "reached_early",
        },
    ]
    assert [first[name] for name in [*of_roadmap, "indicators"]] == [None] * 6


def test_indicators_filed_without_a_row_are_an_empty_list(state: State) -> None:
    state.marts["indicators"] = []
    state.row("headline_figures", edition="2021-S2")["indicators"] = 0

    assert state.release(["2021-S2"])[0].figures["indicators"] == []


def test_closing_an_edition_alone_does_not_make_a_revision(state: State) -> None:
    state.release()
    state.close("2021-S2", utc(2022, 2, 1))
    assert not any(one.is_new for one in state.release())


def test_the_revision_in_force_on_a_day_is_the_one_that_was_made_by_then(state: State) -> None:
    state.row("headline_figures", edition="2021-S2")["provisional"] = True
    state.release()
    # The closing ends the wait, and nothing of the edition itself was received since.
    closing = datetime(2022, 2, 1, 9, tzinfo=UTC)
    state.close("2021-S2", closing.replace(tzinfo=None))
    state.row("headline_figures", edition="2021-S2")["provisional"] = False
    assert state.release()[1].revision == 2

    received = SECOND.replace(tzinfo=UTC)
    assert revision_as_of(state.settings, "2021-S2", received) == 1
    assert revision_as_of(state.settings, "2021-S2", closing - timedelta(seconds=1)) == 1
    assert revision_as_of(state.settings, "2021-S2", closing) == 2
    with pytest.raises(NoRelease, match="had no release on 2021-12-15 at 08:59"):
        revision_as_of(state.settings, "2021-S2", received - timedelta(seconds=1))
    with pytest.raises(NoRelease, match="2030-S1 has no release"):
        revision_as_of(state.settings, "2030-S1", closing)


def test_a_drop_that_was_superseded_is_no_longer_among_those_used(state: State) -> None:
    state.row("submissions", file_name="mj_bis.csv")["superseded_at"] = SECOND
    made = state.release(["2021-S2"])[0]
    drops = json.loads((made.path / "MANIFEST.json").read_bytes())["drops"]
    assert [drop["file_name"] for drop in drops] == ["mef.xlsx"]


def test_the_same_rows_give_the_same_bytes_in_another_home(state: State, tmp_path: Path) -> None:
    other = state.in_another_home(tmp_path / "b=c" / "other")
    state.release()
    other.release()

    assert bytes_under(other.settings.releases) == bytes_under(state.settings.releases)


def test_a_death_before_the_switch_is_repaired_by_the_next_call(state: State, monkeypatch: pytest.MonkeyPatch) -> None:
    state.release()
    state.row("headline_figures", edition="2021-S2")["projects"] = 4

    def dies(_path: Path, _target: Path) -> None:
        raise Died

    with monkeypatch.context() as patched, pytest.raises(Died):
        patched.setattr(Path, "replace", dies)
        state.release()
    folder = state.settings.releases / "2021-S2"
    assert (folder / "r2" / "MANIFEST.json").is_file()
    assert read_figures(state.settings, "2021-S2")["projects"] == 3, "readers see the old revision until the switch"

    made = state.release()[1]

    assert (made.revision, made.is_new) == (2, False)
    assert current_revision(state.settings, "2021-S2") == 2
    assert names_in(folder) == ["current", "r1", "r2"]


def test_a_death_while_building_leaves_no_revision_and_its_leftovers_are_cleared(
    state: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    write, written = Path.write_bytes, []

    def dies_at_the_fifth(path: Path, data: bytes) -> int:
        written.append(path)
        if len(written) == 5:
            write(path, data[: len(data) // 2])
            raise Died
        return write(path, data)

    with monkeypatch.context() as patched, pytest.raises(Died):
        patched.setattr(Path, "write_bytes", dies_at_the_fifth)
        state.release()
    folder = state.settings.releases / "2021-S1"
    assert [name.startswith(".building-") for name in names_in(folder)] == [True]
    with pytest.raises(NoRelease):
        read_figures(state.settings, "2021-S1")

    made = state.release()[0]

    assert (made.revision, made.is_new) == (1, True)
    assert names_in(folder) == ["current", "r1"]


def test_a_damaged_revision_whose_content_is_no_more_is_never_written_over(state: State) -> None:
    state.release()
    damaged = state.settings.releases / "2021-S2" / "r1" / "MANIFEST.json"
    damaged.write_bytes(b"{")
    state.row("headline_figures", edition="2021-S2")["projects"] = 4

    assert state.release()[1].revision == 2
    assert damaged.read_bytes() == b"{"


def test_two_processes_at_once_make_one_revision(state: State) -> None:
    state.release()
    expected = bytes_under(state.settings.releases)
    home = state.in_another_home(state.settings.home.parent / "shared")
    home.release([])
    command = [sys.executable, "-c", SLOW_RELEASE, str(home.settings.home)]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    said = sorted(process.communicate(timeout=60)[0].strip() for process in running)

    assert said == ["[False, False]", "[True, True]"]
    assert bytes_under(home.settings.releases) == expected


def test_what_was_not_released_is_said_by_name(state: State) -> None:
    state.release(["2021-S1"])

    with pytest.raises(NoRelease, match="2021-S2 has no release"):
        read_figures(state.settings, "2021-S2")
    with pytest.raises(NoRelease, match="2021-S1 has no revision 2"):
        read_figures(state.settings, "2021-S1", 2)
    with pytest.raises(NoRelease):
        current_revision(Settings(home=state.settings.home / "nowhere"), "2021-S1")
    with pytest.raises(ValueError, match="not an edition"):
        read_figures(state.settings, "../2021-S1")


def test_figures_of_figures_json_are_columns_of_the_mart() -> None:
    assert set(figures.FIGURES) <= set(SCHEMAS["headline_figures"])
