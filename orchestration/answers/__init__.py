"""Answers to whoever asks: where a figure comes from, why two editions differ, who has filed what."""
