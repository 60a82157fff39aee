"""Waking whoever waits when something moves in the inbox.

What belongs here: the system's own word that a folder changed, where it has one. What does not: what changed, which a
look at the inbox tells: an event too many costs a look, and one that is missed is made up for by the next look.
"""

import threading
from collections.abc import Callable
from pathlib import Path

from orchestration.settings import Settings
from orchestration.store.access import local
from orchestration.watcher.console import LOG

# File systems of other machines: what others do there is not told to this one.
_REMOTE = {"9p", "afs", "ceph", "cifs", "fuse.sshfs", "glusterfs", "lustre", "ncpfs", "nfs", "nfs4", "smb3", "smbfs"}
# Several events of one drop are one, and the folder is looked at again this long after it went.
_TOGETHER_MS, _STEP_MS, _AGAIN_S = 200, 20, 5.0
#: How often the inbox is looked at where events are told, as a net under them, and where none are.
NET_S, POLL_S = 10.0, 2.0


def seconds_between_looks(settings: Settings) -> float:
    """How long a change may stay unseen where nothing tells of it."""
    return NET_S if watched_folder(settings) else POLL_S


def watched_folder(settings: Settings) -> Path | None:
    """The inbox as a folder whose changes the system tells; `None` where it lies on another machine."""
    folder = local(settings.inbox)
    return folder if folder and _file_system_of(folder) not in _REMOTE else None


def tell_changes(folder: Path, wake: Callable[[], None], stop: threading.Event) -> None:
    """Call `wake` whenever something changed in or under a folder, until told to stop.

    A folder that is not there, or goes, is waited for.
    """
    from watchfiles import watch

    while not stop.is_set():
        try:
            events = watch(
                folder,
                watch_filter=None,
                debounce=_TOGETHER_MS,
                step=_STEP_MS,
                stop_event=stop,
                rust_timeout=1000,
                raise_interrupt=False,
                ignore_permission_denied=True,
            )
            for _changes in events:
                wake()
                if not folder.is_dir():
                    break
        except FileNotFoundError:
            pass
        except Exception:
            # Too many watches, say: looks go on, every few seconds.
            LOG.exception("The changes of %s are not told; it is looked at every %.0f s", folder, NET_S)
        stop.wait(_AGAIN_S)


def _file_system_of(folder: Path) -> str:
    """The type of the file system that a folder is on; empty where the system does not say."""
    try:
        mounts = Path("/proc/mounts").read_text(errors="replace").splitlines()
    except OSError:
        return ""
    real, found = folder.resolve(), ("", "")
    for line in mounts:
        _device, mounted, kind, *_ = line.split()
        place = mounted.encode().decode("unicode_escape")
        if len(place) >= len(found[0]) and real.is_relative_to(place):
            found = place, kind
    return found[1]
