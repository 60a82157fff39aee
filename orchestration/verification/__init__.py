"""Verification: whether what was published is what it says, told from the publication alone."""
