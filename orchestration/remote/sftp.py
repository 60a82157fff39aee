"""SFTP as fsspec speaks it, with servers that are known, and a connection that comes back.

What belongs here: where it must differ from fsspec's. What does not: when it is used (`address`).
"""

import logging
import socket
from pathlib import Path
from typing import Any

import paramiko
from fsspec.implementations.sftp import SFTPFileSystem

_KNOWN = ("~/.ssh/known_hosts", "/etc/ssh/ssh_known_hosts")
# A server that says nothing for so long is taken for one that does not answer.
_SECONDS_TO_CONNECT, _SECONDS_TO_ANSWER = 10, 30
# What it logs of a connection that fails, with tracebacks, it raises too.
logging.getLogger("paramiko").setLevel(logging.CRITICAL)


class UnknownServer(Exception):
    """No known_hosts has a key of this server."""


class _Refusing:
    def missing_host_key(self, _client: Any, hostname: str, key: Any) -> None:
        raise UnknownServer(f"{hostname} shows the key {key.get_name()} {key.fingerprint}")


class KnownServer(SFTPFileSystem):  # type: ignore[misc]
    """A server whose key is in a known_hosts of this account or machine; a lost connection is made again."""

    protocol = ("sftp", "ssh")
    client: Any = None
    _files: Any = None

    def _connect(self) -> None:
        if self.client:
            self.client.close()
        self.client = paramiko.SSHClient()
        for name in _KNOWN:
            if (file := Path(name).expanduser()).is_file():
                self.client.load_system_host_keys(str(file))
        self.client.set_missing_host_key_policy(_Refusing())
        waits = dict.fromkeys(("timeout", "banner_timeout", "auth_timeout", "channel_timeout"), _SECONDS_TO_CONNECT)
        try:
            self.client.connect(self.host, **waits | self.ssh_kwargs)
            self._files = self.client.open_sftp()
        except BaseException:
            self.client.close()
            raise
        self._files.get_channel().settimeout(_SECONDS_TO_ANSWER)
        # Else a connection that the network has forgotten is believed for a quarter of an hour.
        self.client.get_transport().sock.setsockopt(
            socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _SECONDS_TO_ANSWER * 1000
        )

    @property
    def ftp(self) -> Any:
        """The files of the server, over a connection that is up."""
        transport = self.client.get_transport()
        if not (transport and transport.is_active()) or self._files.get_channel().closed:
            self._connect()
        return self._files
