"""Dagster glue: what the UI shows and what starts a pass.

Each function calls one function of a stage; no rule of the domain lives here.
"""
