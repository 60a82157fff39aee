"""Jalons: from a ministry's file to published figures that anyone can recompute."""
