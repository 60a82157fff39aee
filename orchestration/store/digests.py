"""Digests: the sha256 that names received bytes, published files and messages."""

import hashlib


def sha256(data: bytes) -> str:
    """The SHA-256 of `data`, in hexadecimal."""
    return hashlib.sha256(data).hexdigest()
