"""The kinds of channel that there are.

What belongs here: their names, as `channels.csv` writes them. What does not: the channels (`channels/`).
"""

from typing import Literal

ChannelKind = Literal["console", "slack", "tchap", "webhook", "mail"]
