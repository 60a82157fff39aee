"""The sample: a made-up State whose ministries file their submissions, for the demo and the tests."""

from orchestration.sample.generate import generate

__all__ = ["generate"]
