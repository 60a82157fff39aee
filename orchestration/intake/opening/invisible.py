"""Invisible signs: what no agent sees in a cell is taken out of it before anything else looks at it (docs/rules.md §4).

What belongs here: which signs, and taking them out. What does not: what else nobody sees, which is kept and shown as
`�` (`orchestration.domain.visible`).
"""

import re

# In UTF-8: U+200B, 200C, 200E, 200F, 202A to 202E, 2060 to 206F, then U+00AD, 061C and FEFF. U+200D joins emojis.
_GENERAL = rb"\xe2(?:\x80[\x8b\x8c\x8e\x8f\xaa-\xae]|\x81[\xa0-\xaf])"
_OTHERS = rb"\xc2\xad|\xd8\x9c|\xef\xbb\xbf"
_ALONE, _ANY = re.compile(_GENERAL), re.compile(rb"|".join((_GENERAL, _OTHERS)))
# A byte of each of the others that French has nowhere else: looked for first, which takes a tenth of the time.
_RARE = b"\xad\xd8\xef"


def without_invisible(utf8: bytes) -> bytes:
    """A text in UTF-8 without the signs that nobody sees."""
    if _ALONE.search(utf8) is None and not any(byte in utf8 for byte in _RARE):
        return utf8
    return _ANY.sub(b"", utf8)
