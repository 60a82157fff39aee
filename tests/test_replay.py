"""A list of drops is replayed wave by wave, and can be cut off anywhere."""

from datetime import UTC, datetime

import pytest

from orchestration.intake.ledger import Ledger
from orchestration.replay import BadDropList, read_waves, replay

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
                from orchestration.intake.inbox import Look, Place

                number = ledger.receive(
                    Look("1", f"{edition}/{look_number}", 1),
                    edition,
                    Place(edition, perimeter, False),
                    wave.received_at,
                )
                ledger.decide(number, kind="projects", status="accepted")

    replay(settings, read_waves(listing), run_pass)
    with Ledger(settings.ledger) as ledger:
        assert ledger.open_editions() == ["2021-S1"]


def test_a_replay_cut_off_goes_on_with_the_wave_it_was_at(settings, listing):
    waves = read_waves(listing)
    with pytest.raises(KeyboardInterrupt):
        replay(settings, waves, _cut_off)
    passed = []
    replay(settings, waves, lambda wave: passed.append(wave.order))
    assert passed == [1, 2]
    again = []
    replay(settings, waves, lambda wave: again.append(wave.order))
    assert again == [2]


def _cut_off(_wave):
    raise KeyboardInterrupt
