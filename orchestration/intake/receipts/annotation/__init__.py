"""The annotated copy: the agent's own workbook with each faulty cell coloured and commented (docs/rules.md §6)."""

from orchestration.intake.receipts.annotation.annotate import FILE_NAME, annotate, is_large

__all__ = ["FILE_NAME", "annotate", "is_large"]
