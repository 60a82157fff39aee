"""What the watcher says on standard error, for whoever reads its journal.

What belongs here: which lines, and how. What does not: all that a pass logs, which is in the UI.
"""

import logging

LOG = logging.getLogger("jalons.watch")


def log_to_console() -> None:
    """Say what the watcher does and what goes wrong, with its time, however loud a pass is for the UI."""
    logging.basicConfig(level=logging.WARNING)
    for handler in logging.getLogger().handlers:
        handler.addFilter(lambda record: record.name == LOG.name or record.levelno >= logging.WARNING)
        handler.setFormatter(logging.Formatter("%(asctime)s %(message)s", "%Y-%m-%d %H:%M:%S"))
    LOG.setLevel(logging.INFO)
