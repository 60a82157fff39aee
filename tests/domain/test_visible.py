"""No sign that nobody sees reaches a page, a receipt, a message or a terminal; what is filed stays as it was typed."""

import json
import sys
import unicodedata
from base64 import b64encode
from hashlib import sha256
from io import BytesIO, StringIO
from pathlib import Path

import pytest
from typer.testing import CliRunner

from orchestration.alerting.channels.channel import Place
from orchestration.alerting.channels.console import Console
from orchestration.alerting.channels.slack import blocks
from orchestration.alerting.message import Line, Link, Message
from orchestration.cli.app import app
from orchestration.domain.visible import visible
from orchestration.intake import take_in
from orchestration.store.templates import templates
from tests.conftest import NOW
from tests.intake.drops import GOOD, HEADER, OTHER, drop

# What leads a line to the left, hides, cuts a line and drives a terminal.
HOSTILE = "\u202egpj.\u2066x\u200b\u200f\ufeff\x1b[2J\x9b31m\x07\u2028\U000e0041"
# As `HOSTILE` is in a cell, of which the signs that hide or turn letters are taken out when it is opened.
OF_A_CELL = "gpj.x\x1b[2J\x9b31m\x07"
UNSEEN = set(HOSTILE) - set("gpj.x[2J31m")


def test_of_all_signs_that_are_controls_or_formats_the_seen_ones_alone_are_left():
    seen = {*"\t\n", *map(chr, (*range(0x600, 0x606), 0x6DD, 0x890, 0x891, 0x8E2, 0x110BD, 0x110CD))}
    odd = {
        sign
        for sign in map(chr, range(sys.maxunicode + 1))
        if unicodedata.category(sign) in ("Cc", "Cf", "Cs", "Zl", "Zp") and sign != "\r"
    }
    assert {sign for sign in odd if visible(sign) == sign} == {sign for sign in seen if sign in odd}


def test_what_people_read_is_left_as_it_is():
    text = "«\u00a0L’État à 1\u202f234,5\u00a0M€\u00a0: 🔴 Critique – œuvre, ﬁn, עברית, 中文\u00a0»\n\tsuite"
    assert visible(text) == text
    assert visible("une\r\ndeux\rtrois") == "une\ndeux\ntrois"


def test_whatever_a_page_is_filled_with_is_visible_and_still_escaped():
    environment = templates("publication/site")
    page = environment.from_string("{% macro cell(x) %}<td>{{ x }}</td>{% endmacro %}{{ cell(name) }}{{ 1.5 }}")
    assert page.render(name="a\u202e<b>") == "<td>a\ufffd&lt;b&gt;</td>1.5"


@pytest.fixture
def receipt(settings) -> Path:
    """The receipt of a file whose name, column and cells are hostile: a name, a number that is none, a repeated one."""
    rows = [HEADER, GOOD.replace("HORIZON", f"HORIZON{HOSTILE}").replace("42,5", f"12{HOSTILE}"), OTHER]
    drop(settings.home, "2021-S2/MI/\u202egpj.\u2066x\u200b.csv", "\n".join(rows).replace("\u2028", "").encode())
    (outcome,) = take_in.take_in(settings, NOW).outcomes
    assert outcome.receipt.findings
    return Path(outcome.receipt_folder)


def test_the_page_of_a_receipt_shows_every_sign_and_its_data_keep_what_was_typed(receipt):
    page = (receipt / "accuse.html").read_text(encoding="utf-8")
    assert not UNSEEN & set(page)
    assert "\ufffdgpj.\ufffdx" in page
    said = json.loads((receipt / "accuse.json").read_bytes())
    assert any(OF_A_CELL in str(finding["value"]) for finding in said["findings"])


def test_our_sheet_and_comments_in_the_annotated_copy_show_every_sign(receipt):
    from openpyxl import load_workbook

    workbook = load_workbook(BytesIO((receipt / "annote.xlsx").read_bytes()))
    ours = [str(cell.value) for row in workbook.worksheets[0].iter_rows() for cell in row]
    ours += [cell.comment.text for row in workbook.worksheets[1].iter_rows() for cell in row if cell.comment]
    assert not UNSEEN & set("".join(ours))
    assert any("gpj" in text for text in ours)
    # The agent's own cells are theirs.
    assert any("\U000e0041" in str(cell.value) for row in workbook.worksheets[1].iter_rows() for cell in row)


def test_a_message_shows_every_sign_on_any_channel():
    line, link = Line(f"l{HOSTILE}", f"s{HOSTILE}"), Link(f"v{HOSTILE}", f"https://x/{HOSTILE}")
    message = Message("k", f"t{HOSTILE}", (line,), (f"n{HOSTILE}",), (link,))
    written = StringIO()
    Console(written).send(message, Place())
    assert not UNSEEN & set(written.getvalue())
    assert not UNSEEN & set(json.dumps(blocks(message), ensure_ascii=False))


def test_the_terminal_shows_every_sign_of_a_file_and_of_its_name(tmp_path):
    file = tmp_path / f"{HOSTILE}[red].csv"
    file.write_text("\n".join([HEADER, GOOD.replace("42,5", f"12{HOSTILE}")]), encoding="utf-8")
    result = CliRunner().invoke(app, ["check", str(file), "--home", str(tmp_path / "none")])
    assert "gpj" in result.output
    assert not UNSEEN & set(result.output)
    assert "[red]" in result.output


@pytest.mark.parametrize("page", ["accuse", "aide", "regles"])
def test_a_page_runs_nothing_and_allows_no_style_but_its_own(receipt, page):
    from orchestration.contracts import CONTRACTS
    from orchestration.contracts.help_page import help_page
    from orchestration.intake.findings.catalogue import as_html

    made = {
        "accuse": lambda: (receipt / "accuse.html").read_text(encoding="utf-8"),
        "aide": lambda: help_page(CONTRACTS["projects"]),
        "regles": as_html,
    }
    text = made[page]()
    style = text[text.index("<style>") + 7 : text.index("</style>")]
    digest = b64encode(sha256(style.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    assert f'<meta http-equiv="Content-Security-Policy" content="{policy}">' in text
    assert text.index("Content-Security-Policy") < text.index("<style>")
    assert "<script" not in text
    assert " style=" not in text
