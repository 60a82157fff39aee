"""Addresses of stores: what one leads to, and how it is shown.

What belongs here: what must be installed and said before fsspec opens an address. What does not: opening it (`sftp`;
s3fs by itself), and what its failures mean (`faults`). Nothing is connected here.
"""

import re
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from upath import UPath

# By the protocol of an address: the extra that reaches it, and the package that this is about.
_EXTRAS = {"sftp": ("sftp", "paramiko"), "ssh": ("sftp", "paramiko"), "s3": ("s3", "s3fs"), "s3a": ("s3", "s3fs")}
_BUCKETS = ("s3", "s3a")
# s3fs tries five times by itself; botocore would do so within each of them. What a look found is not believed later.
_OF_BUCKETS = {"config_kwargs": {"retries": {"total_max_attempts": 1}}, "use_listings_cache": False}
_OPTIONS: dict[str, dict[str, Any]] = dict.fromkeys(_BUCKETS, _OF_BUCKETS)
# Up to the last @: a password may have been typed with any sign in it.
_PASSWORD = re.compile(r"//([^/@:]*):.*@", re.DOTALL)


class AddressUnusable(Exception):
    """An address names a store that this installation cannot reach; the message says what to do."""


def place(url: str, setting: str) -> "UPath":
    """What an address leads to; raise `AddressUnusable`, which names the setting, where nothing here can reach it."""
    from fsspec import register_implementation
    from upath import UPath

    protocol = url.partition("://")[0]
    if protocol in _EXTRAS:
        extra, package = _EXTRAS[protocol]
        if find_spec(package) is None:
            raise AddressUnusable(
                f"{setting} is an address of {protocol}://, which needs the package {package}, and it is not "
                f"installed. Install it: make install, or pip install -e '.[{extra}]'"
            )
    if protocol in ("sftp", "ssh"):
        # In the place of fsspec's own, which believes any server that it does not know.
        register_implementation(protocol, "orchestration.remote.sftp.KnownServer", clobber=True)
    try:
        found: UPath = UPath(url, **_OPTIONS.get(protocol, {}))
    except (ValueError, ImportError):
        # Its own words may have a part of a password.
        raise AddressUnusable(f"{setting} is no address that can be reached: {shown(url)}") from None
    return found


def shown(url: str) -> str:
    """An address without the password that may be in it."""
    return _PASSWORD.sub(r"//\1@", url)


def shown_place(place: "UPath") -> str:
    """Where a store is, for whoever must find it; of what an address says, neither account nor password."""
    if place.protocol in _BUCKETS:
        return f"{place.protocol}://{place.path}"
    host = place.storage_options.get("host")
    return f"{place.protocol}://{host}{place.path}" if host else str(place.path)


def is_in_bucket(path: object) -> bool:
    """Whether a path is an object of a bucket: one that appears whole, in folders that need not be made."""
    return getattr(path, "protocol", "") in _BUCKETS
