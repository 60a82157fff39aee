"""The rules as a user of Great Expectations knows them: suites, checkpoints and Data Docs, made on demand.

What belongs here: a file context made anew from the suites that the pipeline runs, and the tables that they judge. What
does not: the rules, and what the pipeline makes of a verdict (`runner`).
Nothing is read from outside: the library's pages link styles and scripts of others, which are put in their place here.
"""

import re
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from expectations.library import great_expectations
from expectations.rule import Rule, Suite
from expectations.runner import MART_SUITES, SUBMISSION_SUITES, judged_columns
from orchestration.store.marts import mart_table
from orchestration.store.whole_file import write_whole

if TYPE_CHECKING:
    import pandas as pd

# What the library calls how grave it is that a rule fails: what is held back, and what is only told.
_SEVERITIES = {"error": "critical", "warning": "warning"}
_STAND_INS = Path(__file__).parent / "stand_ins"
_INDEX = Path("gx", "uncommitted", "data_docs", "local_site", "index.html")
# So many rows that fail are shown, and all are counted.
_SHOWN = 20
_REMOTE = (
    re.compile(r"<script[^>]*\bsrc=\"https?://[^>]*>\s*</script>"),
    # An icon of the library's own is linked from the wrong folder.
    re.compile(r"<link\b[^>]*\bhref=\"(?:https?://|[^\"]*favicon)[^>]*>"),
    re.compile(r"<footer\b.*?</footer>", re.DOTALL),
)
_IMAGE = re.compile(r"url\(['\"]?https?://[^)]*\)")
_LOGO = re.compile(r"<img\b[^>]*\bsrc=\"https?://[^>]*>")
_LINK = re.compile(r"<a\b[^>]*\bhref=[\"']https?://[^>]*>(.*?)</a>", re.DOTALL)
# Whatever a later version of the library links, the browser does not ask for it.
_POLICY = "default-src 'self' file: data: 'unsafe-inline'"


@dataclass(frozen=True)
class Documented:
    """The page to open, and by suite whether it holds."""

    index: Path
    success: Mapping[str, bool]


def document(folder: Path, marts: Path, submissions: Mapping[str, "pd.DataFrame"]) -> Documented:
    """Make the context in `folder`, run a checkpoint of each suite, and build its Data Docs.

    `marts` is the folder of the marts, `submissions` the rows of the lake by kind, as the suites take them. A suite
    whose table is absent or empty has its page, and no result. What stood in the folder's `gx` is deleted.
    """
    gx = great_expectations()
    from great_expectations.data_context.types import base

    shutil.rmtree(folder / "gx", ignore_errors=True)
    context = gx.get_context(mode="file", project_root_dir=str(folder))
    context.variables.progress_bars = base.ProgressBarsConfig(globally=False)
    for site in context.variables.data_docs_sites.values():
        site["show_how_to_buttons"] = False
    context.variables.save()
    success = {name: _run(gx, context, name, suite, table) for name, suite, table in _suites(marts, submissions)}
    context.build_data_docs()
    for page in (folder / _INDEX).parent.rglob("*.html"):
        write_whole(page, _without_remote(page.read_text(encoding="utf-8")).encode())
    return Documented(folder / _INDEX, {name: held for name, held in success.items() if held is not None})


def _suites(
    marts: Path, submissions: Mapping[str, "pd.DataFrame"]
) -> Iterator[tuple[str, Suite, "pd.DataFrame | None"]]:
    for kind, suite in SUBMISSION_SUITES.items():
        yield f"submissions_{kind}", suite, submissions.get(kind)
    for suite in MART_SUITES:
        try:
            frame = mart_table(marts, suite.name).to_pandas()
        except FileNotFoundError:
            yield suite.name, suite, None
        else:
            yield suite.name, suite, frame.astype(object).where(frame.notna(), None)


def _run(gx: Any, context: Any, name: str, suite: Suite, table: "pd.DataFrame | None") -> bool | None:
    """Whether the table holds; `None` where there is nothing to judge."""
    kept = context.suites.add(
        gx.ExpectationSuite(name=name, expectations=[_expectation(gx, rule) for rule in suite.rules])
    )
    source = context.data_sources.add_pandas(name)
    batch = source.add_dataframe_asset(name).add_batch_definition_whole_dataframe(name)
    validation = context.validation_definitions.add(gx.ValidationDefinition(name=name, data=batch, suite=kept))
    shown = {
        "result_format": "COMPLETE",
        "unexpected_index_column_names": list(suite.keys),
        "return_unexpected_index_query": False,
        "partial_unexpected_count": _SHOWN,
    }
    checkpoint = context.checkpoints.add(
        gx.Checkpoint(name=name, validation_definitions=[validation], result_format=shown)
    )
    if table is None or not len(table):
        return None
    frame = judged_columns(suite, table)
    # What names a row that fails, where no rule judges it.
    for key in (key for key in suite.keys if key not in frame):
        frame[key] = table[key].astype(str).to_numpy()
    return bool(checkpoint.run(batch_parameters={"dataframe": frame}).success)


def _expectation(gx: Any, rule: Rule) -> Any:
    """The rule as an expectation: its sentence is what the pages show; the rest is beside it."""
    return getattr(gx.expectations, rule.check.expectation)(
        **rule.check.arguments,
        description=rule.sentence_fr,
        notes=f"{rule.id} ({rule.severity}). {rule.remedy_fr}",
        severity=_SEVERITIES[rule.severity],
        meta={"id": rule.id, "severity": rule.severity, "column": rule.column, "effect": rule.effect},
    )


def _without_remote(page: str) -> str:
    """A page of the library without what others serve, and with what it needs of that."""
    for remote in _REMOTE:
        page = remote.sub("", page)
    page = _LINK.sub(r"\1", _LOGO.sub("Data Docs", page))
    page = _IMAGE.sub("none", page)
    style, script = ((_STAND_INS / name).read_text(encoding="utf-8") for name in ("data_docs.css", "data_docs.js"))
    head = f'<head>\n<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n<style>{style}</style>'
    return page.replace("<head>", f"{head}\n<script>{script}</script>", 1)
