"""Comparing: a submission beside the previous edition's, and beside the drop that counted before it."""
