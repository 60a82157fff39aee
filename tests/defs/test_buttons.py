"""No button of the UI is dead: each op materializes and checks alone what is chosen of it, on a real instance."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest

from orchestration.settings import Settings
from tests.buttons import LIST, all_buttons, of_each_op, press
from tests.buttons_in_ui import PLACE


@pytest.fixture(scope="module")
def pressed_home(passed_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A home to press buttons over."""
    home = tmp_path_factory.mktemp("buttons") / "home"
    shutil.copytree(passed_home, home, symlinks=True)
    return Settings(home=home, settle_seconds=0)


@pytest.fixture
def instance(pressed_home: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[dg.DagsterInstance]:
    monkeypatch.setenv("JALONS_HOME", str(pressed_home.home))
    monkeypatch.setenv("JALONS_SETTLE_SECONDS", "0")
    with dg.DagsterInstance.from_config(str(pressed_home.dagster_home)) as one:
        yield one


def test_the_list_of_buttons_is_of_those_that_there_are():
    listed = json.loads(LIST.read_text(encoding="utf-8"))
    there_are = {(button.place, button.name) for button in all_buttons()}
    del listed[PLACE]
    assert {(place, name) for place, names in listed.items() for name in names} == there_are, "make buttons"


def test_the_buttons_of_each_op_do_what_is_listed(instance):
    listed = json.loads(LIST.read_text(encoding="utf-8"))
    found = {button: press(instance, button) for button in of_each_op()}
    assert set(found.values()) == {"works"}
    assert {button: listed[button.place][button.name] for button in found} == found
