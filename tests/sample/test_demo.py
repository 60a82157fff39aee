"""What the demo tells: in French, of what the commands answered, step by step."""

import ast
import re
from pathlib import Path

import pytest

from orchestration.sample import demo


def test_each_wave_is_told_in_french_with_what_became_of_its_files(capsys: pytest.CaptureFixture[str]) -> None:
    demo._tell_waves(
        [
            "Wave 4 of 10 (2020-01-15)\n",
            "  Drops: 2 accepted, 1 accepted_with_warnings, 3 rejected, 10 unchanged\n",
            "  Released 2019-S2, revision 2\n",
        ]
    )
    said = capsys.readouterr().out.replace("\u00a0", " ")
    assert re.fullmatch(
        r"  vague 4 sur 10, 15 janvier 2020 : 2 acceptés, 1 accepté avec réserves, 3 refusés, 10 inchangés"
        r" \(\d+,\d s\)\n",
        said,
    )


def test_a_command_that_fails_ends_the_demo_with_what_it_said(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("JALONS_HOME", str(tmp_path / "home"))
    # It makes a key of its own.
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("JALONS_SIGNING_KEY", "")
    monkeypatch.setattr(demo, "_file_six_editions", lambda _home: None)
    assert demo.main() == 1
    assert "Traceback" not in capsys.readouterr().err


def test_every_figure_is_asked_of_a_command_that_exists() -> None:
    from typer.main import get_command

    from orchestration.cli import app

    tree = ast.parse(Path(demo.__file__).read_text(encoding="utf-8"))
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)]
    asked = {
        node.args[0].value
        for node in calls
        if node.func.id in ("_ask", "_run", "_command") and isinstance(node.args[0], ast.Constant)
    }
    assert asked == {"keys", "sample", "replay", "alerts", "trace", "figures", "compare"}
    assert asked <= set(get_command(app).commands)
