"""What the error codes of Slack are about: the message, its sender or channel, or nobody knows.

What belongs here: the codes of `chat.postMessage` and `conversations.history` (docs.slack.dev/reference/methods). What
does not: what becomes of a message for them (`channels.slack`) and what engineers are told (`faults`).
"""

from collections.abc import Mapping
from typing import Literal

from orchestration.alerting.own_codes import NO_CONNECTION

# What of the sender or channel a person must mend.
Family = Literal["membership", "address", "archived", "token", "rights", "policy", "network"]

# The same message would be refused for ever, any other one not.
OF_MESSAGE = frozenset(
    {
        "attachment_payload_limit_exceeded",
        "cannot_reply_to_message",
        "invalid_blocks",
        "invalid_blocks_format",
        "invalid_metadata_format",
        "invalid_metadata_schema",
        "markdown_text_conflict",
        "metadata_too_large",
        "msg_blocks_too_long",
        "msg_too_long",
        "no_text",
        "too_many_attachments",
        "too_many_contact_cards",
    }
)
# What a message was to hang under, or to take the place of, was deleted, or is no message of the bot.
OF_DELETED = frozenset(
    {"cannot_reply_to_message", "cant_update_message", "edit_window_closed", "message_not_found", "thread_not_found"}
)
# Slack says itself that the work may have been done.
AMBIGUOUS = frozenset({"fatal_error", "internal_error", "request_timeout", "service_unavailable"})
RATE_LIMITS = frozenset({"rate_limited", "ratelimited"})

_FAMILIES: Mapping[Family, frozenset[str]] = {
    "membership": frozenset({"not_in_channel"}),
    "address": frozenset(
        {"channel_not_found", "channel_type_not_supported", "messages_tab_disabled", "team_not_found"}
    ),
    "archived": frozenset({"is_archived"}),
    "token": frozenset(
        {
            "account_inactive",
            "as_user_not_supported",
            "invalid_auth",
            "metadata_must_be_sent_from_app",
            "not_allowed_token_type",
            "not_authed",
            "token_expired",
            "token_revoked",
        }
    ),
    "rights": frozenset({"missing_scope", "no_permission"}),
    "policy": frozenset(
        {
            "access_denied",
            "accesslimited",
            "app_access_restricted",
            "ekm_access_denied",
            "enterprise_is_restricted",
            "external_channel_migrating",
            "message_limit_exceeded",
            "org_login_required",
            "team_access_not_granted",
            "team_added_to_org",
            "two_factor_setup_required",
        }
    ),
    "network": frozenset({NO_CONNECTION}),
}


def family_of(code: str) -> Family | None:
    """What of the sender or channel a code refuses; `None` for a code that is about neither, or unfamiliar."""
    # Slack adds to these: one for each way in which a channel is restricted.
    if code.startswith("restricted_action"):
        return "policy"
    return next((family for family, codes in _FAMILIES.items() if code in codes), None)


def is_unfamiliar(code: str) -> bool:
    """Whether a word has the form of Slack's codes, and none of them is known to be it."""
    is_code = code.replace("_", "").isalnum() and code.isascii() and code == code.lower()
    return is_code and family_of(code) is None and code not in OF_MESSAGE | OF_DELETED | AMBIGUOUS | RATE_LIMITS
