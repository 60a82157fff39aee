"""A real Matrix server on loopback: Synapse on SQLite, that talks to no other server.

What belongs here: starting, stopping and asking it as people and administrators do. What does not: the channel, which
talks to it as to any other.
"""

import base64
import hashlib
import hmac
import json
import os
import socket
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx

DOMAIN = "jalons.test"
_SECRET = "secret-of-the-tests"  # noqa: S105
# What people do in tests is not limited; what is sent is, as Synapse does by itself.
_UNLIMITED = {"per_second": 1000, "burst_count": 1000}
_LIMITS = {
    "rc_login": dict.fromkeys(("address", "account", "failed_attempts"), _UNLIMITED),
    "rc_joins": dict.fromkeys(("local", "remote"), _UNLIMITED),
    "rc_joins_per_room": _UNLIMITED,
    "rc_invites": dict.fromkeys(("per_room", "per_user", "per_issuer"), _UNLIMITED),
    "rc_room_creation": _UNLIMITED,
    "rc_registration": _UNLIMITED,
}


class User:
    """A person or a bot, who asks the server."""

    def __init__(self, server: "Synapse", user_id: str, token: str) -> None:
        self.id, self.token, self._server = user_id, token, server

    def ask(self, method: str, path: str, body: object = None, **query: str) -> dict[str, Any]:
        """The answer to a request of the client-server API; anything but a success raises."""
        place = path if path.startswith("/_") else f"/_matrix/client/v3{path}"
        found: dict[str, Any] = self._ask(method, place, params=query or None, json=body).json()
        return found

    def downloads(self, address: str) -> bytes:
        """The bytes of what was uploaded (`mxc://…`)."""
        return self._ask("GET", f"/_matrix/client/v1/media/download/{address.removeprefix('mxc://')}").content

    def _ask(self, method: str, place: str, **asked: Any) -> httpx.Response:
        told = {"Authorization": f"Bearer {self.token}"}
        return self._server.client.request(method, place, headers=told, **asked).raise_for_status()

    def new_room(self, *invited: "User", alias: str | None = None) -> str:
        """A private room of this user, and who is invited to it."""
        asked: dict[str, Any] = {"preset": "private_chat", "invite": [user.id for user in invited]}
        return str(self.ask("POST", "/createRoom", asked | ({"room_alias_name": alias} if alias else {}))["room_id"])

    def joins(self, room: str) -> None:
        """Accept an invitation."""
        self.ask("POST", f"/join/{quote(room)}", {})

    def event(self, room: str, event_id: str) -> dict[str, Any]:
        """An event as the server shows it, with what is bundled with it."""
        return self.ask("GET", f"/rooms/{quote(room)}/event/{quote(event_id)}")

    def reads(self, room: str) -> list[dict[str, Any]]:
        """The messages of a room, oldest first, edits and redacted ones too."""
        found = self.ask("GET", f"/rooms/{quote(room)}/messages", dir="b", limit="1000")["chunk"]
        return [event for event in reversed(found) if event["type"] == "m.room.message"]


class Synapse:
    """The server: what it has taken in outlives its stops."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        # No connection outlives its answer: the server may stop at any time, and nobody closes this.
        none_kept = httpx.Limits(max_keepalive_connections=0)
        self.client = httpx.Client(base_url=self.url, timeout=20, trust_env=False, limits=none_kept)
        self._process: subprocess.Popen[bytes] | None = None
        key = base64.b64encode(os.urandom(32)).decode().rstrip("=")
        (folder / "signing.key").write_text(f"ed25519 a_test {key}\n")
        (folder / "homeserver.yaml").write_text(json.dumps(self._config()))
        self.start()
        self._admin = self.register("admin", is_admin=True)

    def start(self) -> None:
        """Start, and wait until it answers."""
        command = [sys.executable, "-m", "synapse.app.homeserver", "-c", str(self._folder / "homeserver.yaml")]
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(command, cwd=self._folder, stdout=log, stderr=log)
        for _ in range(1200):
            try:
                self.client.get("/health").raise_for_status()
                return
            except httpx.HTTPError:
                if self._process.poll() is not None:
                    break
                time.sleep(0.05)
        raise RuntimeError((self._folder / "log").read_text()[-3000:])

    def stop(self) -> None:
        """Stop, and be no more at its port."""
        if self._process:
            self._process.terminate()
            self._process.wait(timeout=30)
            self._process = None

    def register(self, name: str, *, is_admin: bool = False) -> User:
        """A new account, whose messages are limited as any other's."""
        place = "/_synapse/admin/v1/register"
        nonce = self.client.get(place).json()["nonce"]
        said = "\0".join((nonce, name, "password", "admin" if is_admin else "notadmin"))
        asked = {"nonce": nonce, "username": name, "password": "password", "admin": is_admin}
        asked["mac"] = hmac.new(_SECRET.encode(), said.encode(), hashlib.sha1).hexdigest()
        answer = self.client.post(place, json=asked).raise_for_status().json()
        return User(self, answer["user_id"], answer["access_token"])

    def logs_in(self, user: User) -> User:
        """The same account with another token, on another device."""
        asked = {
            "type": "m.login.password",
            "identifier": {"type": "m.id.user", "user": user.id},
            "password": "password",
        }
        return User(self, user.id, user.ask("POST", "/login", asked)["access_token"])

    def lifts_limits_of(self, user: User) -> None:
        """What an administrator does for a bot that has much to say."""
        lifted = {"messages_per_second": 0, "burst_count": 0}
        self._admin.ask("POST", f"/_synapse/admin/v1/users/{quote(user.id)}/override_ratelimit", lifted)

    def forgets_transaction(self, key: str) -> None:
        """Forget one, as it does after a day; while it is stopped, since it keeps the last ones in memory too."""
        with closing(sqlite3.connect(self._folder / "homeserver.db")) as database, database:
            database.execute("delete from event_txn_id_device_id where txn_id = ?", (key,))

    def _config(self) -> dict[str, Any]:
        folder = str(self._folder)
        return {
            "server_name": DOMAIN,
            "public_baseurl": self.url,
            "pid_file": f"{folder}/pid",
            "listeners": [
                {
                    "type": "http",
                    "port": self.port,
                    "bind_addresses": ["127.0.0.1"],
                    "resources": [{"names": ["client", "media"]}],
                }
            ],
            "database": {"name": "sqlite3", "args": {"database": f"{folder}/homeserver.db"}},
            "media_store_path": f"{folder}/media",
            "signing_key_path": f"{folder}/signing.key",
            "registration_shared_secret": _SECRET,
            "macaroon_secret_key": _SECRET,
            "form_secret": _SECRET,
            "report_stats": False,
            "bcrypt_rounds": 4,
            # Nothing leaves this machine.
            "trusted_key_servers": [],
            "federation_domain_whitelist": [],
            "send_federation": False,
            **_LIMITS,
        }
