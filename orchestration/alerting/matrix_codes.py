"""What the error codes of Matrix are about: the message, its sender or room, or nobody knows.

What belongs here: the codes of the client-server API (spec.matrix.org) for sending and reading, and our own words for
what it has no code for. What does not: what becomes of a message for them (`channels.tchap`) and what engineers are
told (`faults`).
"""

import re
from collections.abc import Mapping
from typing import Literal

from orchestration.alerting.own_codes import NO_CONNECTION

# What of the sender or room a person must mend.
Family = Literal["membership", "address", "token", "rights", "policy", "network"]

# The same message would be refused for ever, any other one not.
OF_MESSAGE = frozenset({"M_BAD_JSON", "M_INVALID_PARAM", "M_MISSING_PARAM", "M_NOT_JSON", "M_TOO_LARGE"})
RATE_LIMITS = frozenset({"M_LIMIT_EXCEEDED"})
# Ours: the server says `M_FORBIDDEN` or `M_UNKNOWN` to a bot that would come in, whatever keeps it out.
NOT_INVITED = "not_invited"
NO_SUCH_ROOM = "no_such_room"

_FAMILIES: Mapping[Family, frozenset[str]] = {
    "membership": frozenset({NOT_INVITED}),
    "address": frozenset({NO_SUCH_ROOM, "M_NOT_FOUND", "M_UNRECOGNIZED"}),
    "token": frozenset(
        {
            "M_MISSING_TOKEN",
            "M_UNKNOWN_TOKEN",
            "M_USER_DEACTIVATED",
            "M_USER_LOCKED",
            "M_USER_SUSPENDED",
            # Of the module by which accounts of Tchap end unless they are renewed.
            "ORG_MATRIX_EXPIRED_ACCOUNT",
        }
    ),
    "rights": frozenset({"M_FORBIDDEN", "M_GUEST_ACCESS_FORBIDDEN"}),
    "policy": frozenset({"M_CONSENT_NOT_GIVEN", "M_RESOURCE_LIMIT_EXCEEDED", "M_TERMS_NOT_SIGNED"}),
    "network": frozenset({NO_CONNECTION}),
}


def family_of(code: str) -> Family | None:
    """What of the sender or room a code refuses; `None` for a code that is about neither, or unfamiliar."""
    return next((family for family, codes in _FAMILIES.items() if code in codes), None)


def is_unfamiliar(code: str) -> bool:
    """Whether a word has the form of Matrix's codes, and none of them is known to be it."""
    is_code = re.fullmatch(r"[A-Z]+(_[A-Z0-9]+)+", code) is not None
    return is_code and family_of(code) is None and code not in OF_MESSAGE | RATE_LIMITS
