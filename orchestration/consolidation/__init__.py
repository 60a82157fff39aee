"""Consolidation: the lake's accepted rows become the marts, by one dbt invocation (SPEC §7 and §8)."""
