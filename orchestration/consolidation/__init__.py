"""Consolidation: the lake's accepted rows become the marts, by one dbt invocation (docs/rules.md §7 and §8)."""
