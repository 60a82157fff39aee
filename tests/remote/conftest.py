"""Servers on loopback for the tests of this folder, and an account of this machine that knows nobody yet."""

import gc
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from s3fs import S3FileSystem

from orchestration.settings import Settings
from tests.remote.bucket_server import BucketServer, bucket_server
from tests.remote.sftp_server import SSHD, SftpServer, sftp_server


@pytest.fixture
def ssh_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The ~/.ssh of whoever runs Jalons, empty."""
    folder = tmp_path / "account" / ".ssh"
    folder.mkdir(parents=True)
    monkeypatch.setenv("HOME", str(folder.parent))
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    return folder


@pytest.fixture
def server(tmp_path: Path, ssh_folder: Path) -> Iterator[SftpServer]:
    """A real OpenSSH server that the account knows, and that knows the account."""
    if SSHD is None:
        pytest.skip("no sshd here: install Debian's openssh-server")
    private = tmp_path / "sshd"
    private.mkdir()
    # A pass of another test made all that its process makes private, and accounts of the server read their own keys.
    before = os.umask(0o022)
    try:
        with sftp_server(private) as one:
            shutil.copy(one.key("jalons"), ssh_folder / "id_ed25519")
            (ssh_folder / "known_hosts").write_text(one.known_hosts_line())
            yield one
            _close_connections()
    finally:
        os.umask(before)


def _close_connections() -> None:
    from orchestration.remote.sftp import KnownServer

    for one in list(KnownServer._cache.values()):
        one.client.close()
    KnownServer.clear_instance_cache()
    gc.collect()


@pytest.fixture
def over_sftp(settings: Settings, server: SftpServer) -> Settings:
    """A home whose inbox and receipts are on the server."""
    return settings.model_copy(update={"inbox_url": server.url("inbox"), "outbox_url": server.url("receipts")})


@pytest.fixture(scope="module")
def _buckets() -> Iterator[BucketServer]:
    with bucket_server() as one:
        yield one


@pytest.fixture
def bucket(_buckets: BucketServer, monkeypatch: pytest.MonkeyPatch, ssh_folder: Path) -> Iterator[BucketServer]:
    """A server of buckets on loopback, empty, and the keys of whoever runs Jalons."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", _buckets.url)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "jalons")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    yield _buckets
    S3FileSystem.clear_instance_cache()
    _buckets.start()
    _buckets.empty()


@pytest.fixture
def in_bucket(settings: Settings, bucket: BucketServer) -> Settings:
    """A home whose inbox and receipts are in a bucket."""
    bucket.client().create_bucket(Bucket="jalons")
    return settings.model_copy(update={"inbox_url": "s3://jalons/inbox", "outbox_url": "s3://jalons/receipts"})
