"""Importing Great Expectations, most of whose start-up is for what no rule of ours asks of it.

What belongs here: the one import, how it is kept short, and that nothing leaves the machine. What does not: using it
(`runner`).
"""

import importlib.util
import logging
import os
import sys
import warnings
from types import ModuleType

# A quarter of the import is for statistics of distributions, which are made ready when they are first asked for.
_LATER = ("scipy.stats",)


def great_expectations() -> ModuleType:
    """The library, imported once: without its telemetry, nor its warnings about itself."""
    # Read when the library is imported; nothing may leave the machine.
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    if "great_expectations" not in sys.modules:
        for name in _LATER:
            _import_later(name)
    with warnings.catch_warnings():
        # The library imports `sre_constants`, deprecated in Python 3.11.
        warnings.simplefilter("ignore", DeprecationWarning)
        import great_expectations as gx
        from great_expectations.data_context.types import base
    # This module raises its own level, to tell of every temporary folder.
    base.logger.setLevel(logging.WARNING)
    return gx


def _import_later(name: str) -> None:
    """Let a module be imported when something of it is first asked for (the recipe of `importlib`'s documentation)."""
    if name in sys.modules or (spec := importlib.util.find_spec(name)) is None or spec.loader is None:
        return
    spec.loader = importlib.util.LazyLoader(spec.loader)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    parent, _, child = name.rpartition(".")
    setattr(sys.modules[parent], child, module)
