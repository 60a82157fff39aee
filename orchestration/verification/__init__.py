"""Verification: whether what was published is what it says, told from the publication alone."""

from pathlib import Path

#: The file of the standard library alone, which is published with what it verifies.
VERIFIER = Path(__file__).with_name("verifier.py")
