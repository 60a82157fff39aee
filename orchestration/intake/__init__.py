"""Intake: a drop's bytes become typed rows, findings and a receipt; the ledger keeps what came in."""
