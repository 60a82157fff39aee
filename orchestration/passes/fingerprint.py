"""What the last whole publication saw, left and held back, so that the next one can tell that there is nothing to do.

What belongs here: holding everything that it reads and writes against what was noted at its end. What does not:
what is pending in the inbox (`has_work`), or what a pass does.
"""

import json
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

from orchestration.places import CHECKOUT
from orchestration.settings import Settings
from orchestration.store.digests import sha256
from orchestration.store.json_values import json_document
from orchestration.store.whole_file import write_whole

# Rules, models and seeds: whoever changes one is owed a pass.
_SOURCES = ("orchestration", "expectations", "dbt_project", "requirements.lock")
# What tools leave among them.
_MADE = {"__pycache__", "target", "logs", ".user.yml"}


def sources(settings: Settings) -> str:
    """A word for all that decides what a pass makes of its files: take it before the pass, since it may be edited."""
    parts = [
        sys.version,
        settings.model_dump_json(exclude={"settle_seconds", "history_days"}),
        str(settings.dagster_home),
    ]
    return _digest([*parts, *(line for name in _SOURCES for line in _seen(CHECKOUT / name))])


def is_still(settings: Settings, of_sources: str) -> bool:
    """Whether the sources are those of a fingerprint taken before; false where one goes while it is looked at."""
    try:
        return sources(settings) == of_sources
    except OSError:
        return False


def note(
    settings: Settings,
    of_sources: str,
    held_back: Mapping[str, Sequence[str] | None] = MappingProxyType({}),
    for_calendar: Mapping[str, Any] = MappingProxyType({}),
) -> None:
    """Note that a publication went through to its end, over sources that were such before it began, why which editions
    were held back (`None` is every edition), and what the calendar must know of what it published.
    """
    noted = {"state": _state(settings, of_sources), "held_back": dict(held_back), "for_calendar": dict(for_calendar)}
    write_whole(_noted(settings), json_document(noted))


def forget(settings: Settings) -> None:
    """Forget what was noted, as a pass begins: until it ends whole, there is something to do."""
    _noted(settings).unlink(missing_ok=True)


def is_noted(settings: Settings) -> bool:
    """Whether the last pass went through to its end."""
    return _noted(settings).exists()


def is_as_noted(settings: Settings) -> bool:
    """Whether all that it reads and writes is as the last whole publication left it; false where nothing was noted."""
    try:
        return bool(_read(settings)["state"] == _state(settings, sources(settings)))
    except (FileNotFoundError, KeyError):
        # Nothing was noted, or a file went while it was looked at: somebody is at work.
        return False


def held_back(settings: Settings) -> list[str]:
    """Which editions the last whole publication held back, each with the reason, in English."""
    try:
        return list(_read(settings)["held_back"])
    except (FileNotFoundError, KeyError):
        return []


def is_released(settings: Settings, edition: str) -> bool:
    """Whether the last publication went through to its end, and did not hold the edition back."""
    try:
        return all(held is not None and edition not in held for held in _read(settings)["held_back"].values())
    except (FileNotFoundError, KeyError, AttributeError):
        # Nothing was noted, or by a version that did not say which editions.
        return False


def for_calendar(settings: Settings) -> Mapping[str, Any]:
    """What the calendar must know of what the last whole publication published; empty where nothing was noted."""
    try:
        return dict(_read(settings)["for_calendar"])
    except (FileNotFoundError, KeyError):
        return {}


def _read(settings: Settings) -> dict[str, Any]:
    try:
        found = json.loads(_noted(settings).read_bytes())
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _noted(settings: Settings) -> Path:
    # Deleted with the warehouse, as a rebuild is owed then.
    return settings.warehouse / "last_pass"


def _state(settings: Settings, of_sources: str) -> str:
    stores = (settings.lake, settings.marts, settings.releases, settings.public)
    left = (line for folder in stores for line in _seen(folder))
    return _digest([of_sources, *left])


def _digest(lines: list[str]) -> str:
    return sha256("\n".join(lines).encode(errors="surrogateescape"))


def _seen(path: Path) -> Iterator[str]:
    """Each file under a path by name, size and time, each link by where it leads, in the order of their names."""
    if path.is_file():
        yield _look(path)
    for folder, folders, files in os.walk(path):
        folders[:] = sorted(set(folders) - _MADE)
        for name in (*folders, *sorted(set(files) - _MADE)):
            one = Path(folder, name)
            if one.is_symlink():
                yield f"{one} -> {one.readlink()}"
            elif name not in folders:
                yield _look(one)


def _look(path: Path) -> str:
    seen = path.stat()
    return f"{path} {seen.st_size} {seen.st_mtime_ns}"
