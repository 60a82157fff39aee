"""What a build spares, and that it spares nothing that anybody sees."""

import gc
import logging
import shutil
import weakref
from pathlib import Path
from typing import Any

import jinja2
import pytest
from dbt_common.clients.jinja import MacroFuzzEnvironment
from dbt_common.events import event_manager
from dbt_common.events.event_manager_client import get_event_manager

from orchestration.consolidation import build as consolidation
from orchestration.consolidation.build import BuildResult, build
from orchestration.settings import Settings

# It reads models that have no table of their own.
CORRECTIONS = "fqn:jalons.marts.corrections"


@pytest.fixture
def settings(history: tuple[Settings, BuildResult], tmp_path: Path) -> Settings:
    """A home after a build, the test's own."""
    shutil.copytree(history[0].home, tmp_path / "home", symlinks=True)
    return Settings(home=tmp_path / "home")


def test_no_message_is_made_of_an_event_that_nobody_reads_and_the_others_are_logged(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    made = []
    message = event_manager.msg_from_base_event

    def noted(*of: Any, **how: Any) -> Any:
        made.append(message(*of, **how))
        return made[-1]

    monkeypatch.setattr(event_manager, "msg_from_base_event", noted)
    with caplog.at_level(logging.INFO, "orchestration.consolidation.build"):
        build(settings, selected=[CORRECTIONS])
    assert {one.info.level for one in made} == {"info"}
    said = [f"dbt: {one.info.msg}" for one in made if one.info.msg.strip()]
    assert [record.getMessage() for record in caplog.records] == said
    assert any("OK created" in line for line in said)


def test_a_process_compiles_each_template_once(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    build(settings, selected=[CORRECTIONS])
    compiled = []
    compile = jinja2.Environment.compile
    monkeypatch.setattr(
        jinja2.Environment, "compile", lambda self, source: compiled.append(source) or compile(self, source)
    )
    assert build(settings, selected=[CORRECTIONS]).broken == ()
    assert compiled == []


def test_what_else_uses_dbt_in_the_process_has_all_of_it(history: tuple[Settings, BuildResult]) -> None:
    assert history[1].broken == ()
    assert type(get_event_manager()) is event_manager.EventManager
    assert MacroFuzzEnvironment.compile is jinja2.Environment.compile


def test_what_dbt_read_of_the_project_does_not_outlive_a_build(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    parsed_manifest, read = consolidation.parsed_manifest, []

    def noted() -> Any:
        manifest = parsed_manifest()
        read.append(weakref.ref(manifest))
        return manifest

    monkeypatch.setattr(consolidation, "parsed_manifest", noted)
    assert build(settings, selected=[CORRECTIONS]).broken == ()
    gc.collect()
    assert [manifest() for manifest in read] == [None]
