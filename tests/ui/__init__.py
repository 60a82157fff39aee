"""Tests of the UI as a service, and of what stands before it."""
