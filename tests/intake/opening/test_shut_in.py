"""Whatever takes over the library that opens workbooks finds nothing to take, nowhere to go, and nothing to break."""

import io
import json
import os
import subprocess
import sys
from datetime import date, datetime, time, timedelta
from pathlib import Path

import pytest

from orchestration.intake import take_in
from orchestration.intake.opening.formats import Refused, open_sheets
from orchestration.intake.opening.limits import TooLarge
from orchestration.intake.opening.workbook import _cell, read_workbook
from orchestration.intake.opening.workbook_child import _typed
from tests.conftest import NOW
from tests.intake.drops import GOOD, drop, projects_csv, workbook

# Stands in the place of the library; what it tried is the name of the sheet that it shows.
_TAKEN_OVER = """
import errno, json, os, signal, socket, sys, time

def tried(what):
    try:
        return repr(what())
    except BaseException as refusal:
        return errno.errorcode.get(getattr(refusal, "errno", None), type(refusal).__name__)

class CalamineSheet:
    pass

class CalamineWorkbook:
    @classmethod
    def from_filelike(cls, file):
        {body}
        return cls()

    def get_sheet_by_name(self, name):
        return self

    start = None
    name = ""

    def iter_rows(self):
        return iter(())
"""


@pytest.fixture
def taken_over(tmp_path, monkeypatch):
    """Put Python lines in the place of what the library does with a file."""

    def replace(*body: str) -> None:
        folder = tmp_path / "library"
        folder.mkdir()
        lines = "\n        ".join(body)
        (folder / "python_calamine.py").write_text(_TAKEN_OVER.replace("{body}", lines), encoding="utf-8")
        # The child has the path of its parent, in its order.
        monkeypatch.setattr(sys, "path", [str(folder), *sys.path])

    return replace


def _answer(taken_over, **attempts: str) -> dict[str, str]:
    pairs = ", ".join(f"{name!r}: tried(lambda: {what})" for name, what in attempts.items())
    taken_over(f"cls.sheet_names = [json.dumps({{{pairs}}})]")
    ((name, _),) = read_workbook(b"")
    found: dict[str, str] = json.loads(name)
    return found


def test_it_finds_no_secret_of_ours_in_its_environment(taken_over, monkeypatch):
    monkeypatch.setenv("SLACK_BOT_TOKEN", "xoxb-secret")
    monkeypatch.setenv("JALONS_LEDGER_URL", "postgresql://jalons:secret@host/db")
    said = _answer(taken_over, environment="dict(os.environ)", arguments="'secret' in str(sys.argv)")
    # Python itself may name the encoding.
    assert said in ({"environment": "{}", "arguments": "False"}, said | {"environment": "{'LC_CTYPE': 'C.UTF-8'}"})
    assert "secret" not in str(said)


def test_it_opens_no_file_and_no_socket_and_starts_no_program(taken_over, tmp_path):
    (tmp_path / "secret").write_text("x", encoding="utf-8")
    said = _answer(
        taken_over,
        reads=f"open({str(tmp_path / 'secret')!r}).read()",
        writes=f"open({str(tmp_path / 'new')!r}, 'w')",
        lists=f"os.listdir({str(tmp_path)!r})",
        connects="socket.create_connection(('127.0.0.1', 9))",
        sends="socket.socket(socket.AF_INET, socket.SOCK_DGRAM)",
        speaks_to_services="socket.socket(socket.AF_UNIX)",
        starts="os.posix_spawn('/bin/true', ['true'], {})",
        takes_back="__import__('resource').setrlimit(7, (64, 64))",
    )
    assert not [what for what, became in said.items() if became not in ("EMFILE", "EACCES", "EAGAIN", "ValueError")]
    assert not (tmp_path / "new").exists()


@pytest.mark.skipif(sys.platform != "linux", reason="Landlock is Linux's")
def test_it_removes_renames_and_makes_nothing(taken_over, tmp_path):
    (tmp_path / "kept").write_text("x", encoding="utf-8")
    if not _kernel_gives("syscall(444, None, ctypes.c_size_t(0), 1)"):
        pytest.skip("this kernel has no Landlock")
    here = str(tmp_path)
    said = _answer(
        taken_over,
        removes=f"os.unlink({here + '/kept'!r})",
        renames=f"os.rename({here + '/kept'!r}, {here + '/gone'!r})",
        makes=f"os.mkdir({here + '/new'!r})",
        links=f"os.symlink('/etc/passwd', {here + '/link'!r})",
    )
    assert set(said.values()) <= {"EACCES", "EPERM", "EXDEV"}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["kept", "library"]


@pytest.mark.skipif(sys.platform != "linux", reason="namespaces are Linux's")
def test_it_has_a_network_of_its_own_and_cannot_signal_us(taken_over):
    said = _answer(
        taken_over,
        network="os.readlink('/proc/self/ns/net')",
        owner="os.readlink('/proc/self/ns/user')",
        kills=f"os.kill({os.getpid()}, 0)",
    )
    if not _kernel_gives("unshare(0x50000000)"):
        pytest.skip("this machine gives no namespaces")
    assert said["network"].strip("'") != str(Path("/proc/self/ns/net").readlink())
    assert said["owner"].strip("'") != str(Path("/proc/self/ns/user").readlink())
    assert said["kills"] in ("EPERM", "None")


def test_where_the_kernel_lends_no_walls_no_file_and_no_socket_is_opened_all_the_same():
    code = """if True:
        import errno, socket, sys
        from orchestration.intake.opening.shut_in import shut_in
        sys.platform = "another"
        shut_in(512 * 2**20, 5, 2**20)
        for attempt in (lambda: open("/etc/hostname"), socket.socket, socket.socketpair):
            try:
                attempt()
            except OSError as refusal:
                print(errno.errorcode[refusal.errno])
    """
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert said.stdout.split() == ["EMFILE"] * 3, said.stderr


@pytest.mark.parametrize(
    "answer",
    [
        b"cposix\nsystem\n(S'touch %s'\ntR.",
        b"\x80\x04N.",
        b"",
        b'["sheet", "a"]\n',
        b'["rows", [[1]]]\n["end"]\n',
        b'["sheet", "a"]\n["rows", [[{"__import__": "os"}]]]\n["end"]\n',
        b"[" * 100_000,
        b'["end", ' + b"9" * 5_000 + b"]\n",
    ],
)
def test_what_it_answers_is_data_whatever_it_writes(taken_over, tmp_path, answer):
    mark = tmp_path / "mark"
    answer = answer.replace(b"%s", str(mark).encode())
    taken_over(f"os.write(1, {answer!r})", "os._exit(0)")
    with pytest.raises(RuntimeError, match="another answer"):
        read_workbook(b"")
    assert not mark.exists()


def test_an_answer_without_end_stops_at_its_limit(taken_over):
    taken_over("block = 'x' * 2**20", "while True: sys.stdout.write(block)")
    with pytest.raises(TooLarge, match="memory"):
        read_workbook(b"")


@pytest.mark.parametrize(
    ("body", "limit"),
    [(["while True: pass"], "time"), (["kept = []", "while True: kept.append(bytes(2**20))"], "memory")],
)
def test_a_file_that_takes_all_memory_or_time_is_refused_by_a_sentence(taken_over, body, limit):
    taken_over(*body)
    with pytest.raises(Refused) as refused:
        open_sheets(workbook(["a"]))
    assert refused.value.observation.rule == "file_too_large"
    said = {"time": "le temps qu’un classeur peut prendre", "memory": "ce qu’un classeur peut occuper"}
    assert said[limit] in str(refused.value.observation)


def test_a_file_that_takes_all_memory_costs_nobody_else_their_receipt(settings, taken_over):
    taken_over("kept = []", "while True: kept.append(bytes(2**20))")
    drop(settings.home, "2021-S2/MI/a.xlsx", workbook(["a"]))
    drop(settings.home, "2021-S2/MC/b.csv", projects_csv(GOOD))
    found = {outcome.receipt.perimeter: outcome.receipt for outcome in take_in.take_in(settings, NOW).outcomes}
    assert found["MC"].rows_accepted == 1
    assert found["MI"].verdict.endswith(": il ne peut pas être lu.")


def test_days_times_numbers_and_signs_come_through_as_they_are():
    cells = ['é\u202e\n"', 1.1, -0.0, 1e300, True, None, date(1900, 3, 1), datetime(2021, 1, 2, 3, 4, 5, 6)]
    cells += [time(1, 2, 3), timedelta(days=-1, seconds=3, microseconds=5)]
    assert json.loads(json.dumps(cells, default=_typed), object_hook=_cell) == cells


def test_a_workbook_of_days_and_times_is_read_by_who_can_open_no_file():
    import xlsxwriter

    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True}) as book:
        page = book.add_worksheet()
        formats = ["dd/mm/yyyy", "dd/mm/yyyy hh:mm:ss", "hh:mm:ss", "[h]:mm:ss"]
        for column, (one, cell) in enumerate(zip(formats, [44197, 44197.5, 0.25, 1.5], strict=True)):
            page.write_number(0, column, cell, book.add_format({"num_format": one}))
    (sheet,) = open_sheets(buffer.getvalue())
    days = [date(2021, 1, 1), datetime(2021, 1, 1, 12), time(6), timedelta(days=1, hours=12)]
    assert list(sheet.rows[0]) in (days, [datetime(2021, 1, 1), *days[1:]])


def _kernel_gives(call: str) -> bool:
    """Whether a system call goes through here, asked in a process of its own."""
    code = f"import ctypes; raise SystemExit(ctypes.CDLL(None).{call} < 0)"
    return subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
