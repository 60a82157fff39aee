"""Who is told to end ends, whatever else was about to be."""

import os
import signal
import socket

import pytest

from orchestration.watcher import service
from orchestration.watcher.attending import Attendant
from orchestration.watcher.publisher import Publisher


@pytest.mark.parametrize("is_told", [False, True], ids=["code changed", "and it is told to end"])
def test_a_watcher_that_is_told_to_end_does_not_begin_anew(settings, monkeypatch, is_told):
    watcher = service.Watcher(settings, dict, "of before", 0)

    def attend(_half: Attendant) -> None:
        watcher._is_again = True
        if is_told:
            os.kill(os.getpid(), signal.SIGTERM)

    monkeypatch.setattr(Attendant, "attend", attend)
    monkeypatch.setattr(service, "_preload", lambda _settings: None)
    for name in ("start", "stop"):
        monkeypatch.setattr(Publisher, name, lambda _publisher: None)
    handlers = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            assert watcher.watch(listener, lambda: None) is not is_told
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
    assert not (settings.home / "watch.sock").exists()
