"""Validation: what the verdicts on the marts hold back."""
