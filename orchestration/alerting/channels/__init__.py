"""Channels: a file for each place where people read messages, and the registry that opens them by audience."""
