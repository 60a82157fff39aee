"""Tests of the Dagster glue."""
