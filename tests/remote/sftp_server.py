"""A real OpenSSH server on loopback, with an account per ministry where the tests are root's, as `deploy/` has it."""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import paramiko

SSHD = shutil.which("sshd") or next(filter(os.path.exists, ["/usr/sbin/sshd"]), None)
IS_ROOT = os.geteuid() == 0
# Accounts that every Debian has and that nobody uses.
ACCOUNTS = {"jalons": "backup", "MI": "games", "MJ": "news"}
EDITION = "2021-S2"
_SNIPPET = Path(__file__).resolve().parents[2] / "deploy" / "sshd_config.d-jalons.conf"


class SftpServer:
    """The server: `root` is what its accounts see as / where the tests are root's, and is named in full where not."""

    def __init__(self, public: Path, private: Path) -> None:
        self.root, self._authorized, self._private = public / "files", public / "keys", private
        for folder in (self.root, self._authorized):
            folder.mkdir(mode=0o755)
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self._process: subprocess.Popen[bytes] | None = None
        self.new_host_key()
        for who in ACCOUNTS:
            _make_key(self.key(who))
            keys = self._authorized / self._account(who)
            before = keys.read_text() if keys.exists() else ""
            keys.write_text(before + self.key(who).with_suffix(".pub").read_text())
        (private / "sshd_config").write_text(self._config())
        self._make_folders()

    def new_host_key(self) -> None:
        """Give the server another key, from its next start on."""
        _make_key(self._private / "host")

    def url(self, place: str) -> str:
        """The address of a folder, as Jalons' account."""
        return f"sftp://{self._account('jalons')}@127.0.0.1:{self.port}{self.path(place)}"

    def path(self, place: str) -> str:
        """A place as its clients name it."""
        return f"/{place}" if IS_ROOT else f"{self.root}/{place}"

    def key(self, who: str) -> Path:
        """The private key of an account."""
        return self._private / f"key-{who}"

    def known_hosts_line(self) -> str:
        """What a known_hosts has of the server."""
        kind, key, *_ = (self._private / "host.pub").read_text().split()
        return f"[127.0.0.1]:{self.port} {kind} {key}\n"

    @contextmanager
    def client(self, who: str) -> Iterator[paramiko.SFTPClient]:
        """A ministry's own connection."""
        with paramiko.SSHClient() as client:
            client.set_missing_host_key_policy(paramiko.AutoAddPolicy())
            account, key = self._account(who), str(self.key(who))
            client.connect("127.0.0.1", self.port, account, key_filename=key, allow_agent=False, look_for_keys=False)
            with client.open_sftp() as files:
                yield files

    def start(self) -> None:
        """Start, and wait until it answers."""
        if IS_ROOT:
            Path("/run/sshd").mkdir(exist_ok=True)
        log = (self._private / "log").open("ab")
        command = [SSHD, "-D", "-e", "-f", str(self._private / "sshd_config")]
        self._process = subprocess.Popen(command, stdout=log, stderr=log)
        log.close()
        for _ in range(200):
            try:
                socket.create_connection(("127.0.0.1", self.port)).close()
                return
            except OSError:
                time.sleep(0.02)
        raise AssertionError((self._private / "log").read_text())

    def stop(self) -> None:
        """End the server and all who are connected to it."""
        if self._process:
            self.drop_connections()
            self._process.terminate()
            self._process.wait()
            self._process = None

    def drop_connections(self) -> None:
        """End those who are connected; the server goes on."""
        assert self._process
        for pid in _children(self._process.pid):
            for one in (*_children(pid), pid):
                try:
                    os.kill(one, signal.SIGKILL)
                except ProcessLookupError:
                    continue
        for _ in range(100):
            if not _children(self._process.pid):
                return
            time.sleep(0.01)

    def _account(self, who: str) -> str:
        import getpass

        return ACCOUNTS[who] if IS_ROOT else getpass.getuser()

    def _config(self) -> str:
        common = (
            f"Port {self.port}\nListenAddress 127.0.0.1\nHostKey {self._private}/host\nPidFile none\nUsePAM no\n"
            f"StrictModes no\nAuthorizedKeysFile {self._authorized}/%u\nSubsystem sftp internal-sftp\n"
        )
        if not IS_ROOT:
            return common
        ours = _SNIPPET.read_text().replace("/srv/jalons", str(self.root))
        ours = ours.replace("Group ministries", f"User {ACCOUNTS['MI']},{ACCOUNTS['MJ']}")
        return common + ours.replace("User jalons", f"User {ACCOUNTS['jalons']}")

    def _make_folders(self) -> None:
        for place in ("inbox", f"inbox/{EDITION}", "receipts", f"receipts/{EDITION}"):
            self._make(place, 0o711, "jalons", "jalons")
        for ministry in ("MI", "MJ"):
            self._make(f"inbox/{EDITION}/{ministry}", 0o2750, ministry, "jalons")
            self._make(f"receipts/{EDITION}/{ministry}", 0o2750, "jalons", ministry)

    def _make(self, place: str, mode: int, owner: str, group: str) -> None:
        folder = self.root / place
        folder.mkdir()
        if IS_ROOT:
            shutil.chown(folder, ACCOUNTS[owner], ACCOUNTS[group])
            folder.chmod(mode)


@contextmanager
def sftp_server(private: Path) -> Iterator[SftpServer]:
    """A server that runs; its files are under /srv where the tests are root's: sshd looks at all that is above."""
    public = Path(tempfile.mkdtemp(prefix="jalons-test-", dir="/srv" if IS_ROOT else private))
    public.chmod(0o755)
    server = SftpServer(public, private)
    try:
        server.start()
        yield server
    finally:
        server.stop()
        shutil.rmtree(public)


def _make_key(path: Path) -> None:
    for old in (path, path.with_suffix(".pub")):
        old.unlink(missing_ok=True)
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", str(path)], check=True)


def _children(pid: int) -> list[int]:
    try:
        return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except FileNotFoundError:
        return []
