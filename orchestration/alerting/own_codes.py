"""Our own codes, of what neither Slack nor Matrix has a code for.

What belongs here: those of more than one kind of channel. What does not: the codes of each (`slack_codes`,
`matrix_codes`) and what engineers are told (`faults`).
"""

# No connection was made, so that nothing can have arrived.
NO_CONNECTION = "no_connection"
# There is more to read back than is read.
HISTORY_TOO_LONG = "history_too_long"
