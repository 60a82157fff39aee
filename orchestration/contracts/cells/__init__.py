"""Cells: what one cell says as its column's type reads it, and the inverse."""
