"""Findings: what an agent should know about its file; the rules by level, their catalogue."""
