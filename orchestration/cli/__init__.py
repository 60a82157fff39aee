"""The command `jalons`: each command calls one function of a room and prints what it returns.

A file per family of commands, in the order of the help. What belongs in this room: arguments, exit codes (0, 1 for
"no", 2 for usage) and layout. What does not: any rule.
With `--json`, standard output holds JSON alone; progress and logs go to standard error.
"""

from orchestration.cli.app import app

from orchestration.cli import passes, figures, verification, filing, standing, sample, editions  # isort: skip
from orchestration.cli import keys, alerts, aliases, operations, engineering  # isort: skip

__all__ = [
    "alerts",
    "aliases",
    "app",
    "editions",
    "engineering",
    "figures",
    "filing",
    "keys",
    "operations",
    "passes",
    "sample",
    "standing",
    "verification",
]
