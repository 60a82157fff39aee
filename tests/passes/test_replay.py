"""A list of drops is replayed wave by wave, and can be cut off anywhere."""

from datetime import UTC, datetime

import pytest

from orchestration.intake.home_identity import LedgerRefused
from orchestration.intake.ledger import Ledger
from orchestration.intake.take_in import take_in
from orchestration.passes.replay import BadDropList, read_waves, replay

HEADER = "order,as_of,edition,perimeter,kind,file,rows\n"


@pytest.fixture
def listing(tmp_path):
    (tmp_path / "a.csv").write_text("a")
    (tmp_path / "b.csv").write_text("b")
    drops = tmp_path / "drops.csv"
    drops.write_text(
        HEADER + "2,2021-05,2021-S1,MI,projects,b.csv,1\n" + "1,2020-11,2020-S2,MI,projects,a.csv,1\n", encoding="utf-8"
    )
    return drops


def test_waves_come_in_order_each_on_the_fifteenth_at_nine(listing):
    waves = read_waves(listing)
    assert [wave.received_at for wave in waves] == [
        datetime(2020, 11, 15, 9, tzinfo=UTC),
        datetime(2021, 5, 15, 9, tzinfo=UTC),
    ]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("1,2020-11,2020-S2,MI,projects,absent.csv,1", "there is no file"),
        ("1,2020-11,2020-S3,MI,projects,a.csv,1", "not an edition"),
        ("1,2020,2020-S2,MI,projects,a.csv,1", "one month"),
        ("first,2020-11,2020-S2,MI,projects,a.csv,1", "line 2: the order 'first' is not a whole number"),
        ("1,2020-11,2020-S2", "line 2: it has fewer cells"),
    ],
)
def test_a_bad_line_is_named(listing, row, reason):
    listing.write_text(HEADER + row + "\n", encoding="utf-8")
    with pytest.raises(BadDropList, match=reason):
        read_waves(listing)


def test_a_list_without_its_columns_says_which_are_missing(listing):
    listing.write_text("order,file\n", encoding="utf-8")
    with pytest.raises(BadDropList, match="as_of, edition, perimeter, kind, rows"):
        read_waves(listing)


def test_an_edition_is_closed_when_the_next_one_begins_to_arrive(settings, listing):
    def run_pass(wave):
        with Ledger(settings.ledger) as ledger:
            for look_number, (edition, perimeter, _) in enumerate(wave.drops):
                from orchestration.intake.inbox import Place, SeenFile

                number = ledger.receive(
                    SeenFile("1", f"{edition}/{look_number}", 1),
                    edition,
                    Place(edition, perimeter, False),
                    wave.received_at,
                )
                ledger.decide(number, kind="projects", status="accepted")

    replay(settings, read_waves(listing), run_pass)
    with Ledger(settings.ledger) as ledger:
        assert ledger.open_editions() == ["2021-S1"]


def _cut_off(_wave):
    raise KeyboardInterrupt


def _intake(settings):
    """A pass as far as the ledger goes, and what it finds in the inbox."""
    seen = []

    def run_pass(wave):
        take_in(settings, wave.received_at, is_replay=True)
        files = sorted(path for path in (settings.home / "inbox").rglob("*.csv"))
        seen.append((wave.order, {path.name: path.read_text() for path in files}))

    return run_pass, seen


def test_a_replay_cut_off_goes_on_with_the_wave_it_was_at(settings, listing):
    waves = read_waves(listing)
    with pytest.raises(KeyboardInterrupt):
        replay(settings, waves, _cut_off)
    run_pass, passed = _intake(settings)
    replay(settings, waves, run_pass)
    assert [order for order, _ in passed] == [1, 2]
    replay(settings, waves, run_pass)
    assert [order for order, _ in passed] == [1, 2, 2]


def test_a_file_filed_again_under_its_name_replaces_what_was_there(settings, listing):
    (listing.parent / "later").mkdir()
    (listing.parent / "later" / "a.csv").write_text("corrected")
    with listing.open("a") as lines:
        lines.write("3,2021-06,2020-S2,MI,projects,later/a.csv,1\n")
    run_pass, passed = _intake(settings)
    replay(settings, read_waves(listing), run_pass)
    assert [files["a.csv"] for _, files in passed] == ["a", "a", "corrected"]
    with Ledger(settings.ledger) as ledger:
        assert len(ledger.received()) == 3


def test_two_files_of_one_name_in_a_wave_are_both_filed(settings, listing):
    (listing.parent / "other").mkdir()
    (listing.parent / "other" / "a.csv").write_text("other")
    with listing.open("a") as lines:
        lines.write("1,2020-11,2020-S2,MI,projects,other/a.csv,1\n")
    run_pass, passed = _intake(settings)
    replay(settings, read_waves(listing), run_pass)
    assert passed[0] == (1, {"a.csv": "a", "a (2).csv": "other"})


def test_waves_go_where_the_inbox_is(settings, listing, tmp_path):
    elsewhere = settings.model_copy(update={"inbox_url": str(tmp_path / "box")})
    replay(elsewhere, read_waves(listing), lambda wave: take_in(elsewhere, wave.received_at, is_replay=True))
    assert (tmp_path / "box" / "2020-S2" / "MI" / "a.csv").read_text() == "a"
    with Ledger(elsewhere.ledger) as ledger:
        assert len(ledger.received()) == 2


def test_over_a_home_that_has_lost_its_ledger_nothing_is_filed_nor_closed(settings, listing):
    replay(settings, read_waves(listing), _intake(settings)[0])
    ledger = settings.home / "ledger.sqlite"
    ledger.unlink()
    with pytest.raises(LedgerRefused, match="absent"):
        replay(settings, read_waves(listing), _cut_off)
    assert not ledger.exists()
