"""Receipts: what the agent gets back, as JSON, as a page and as its own workbook annotated."""
