"""Expectations: what a ministry must mend, and whether what we publish is plausible (Great Expectations)."""
