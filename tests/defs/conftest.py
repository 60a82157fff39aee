"""What the tests of the glue share."""

import warnings

with warnings.catch_warnings():
    # It imports sqlglotrs, which says at its import that it is deprecated.
    warnings.simplefilter("ignore", DeprecationWarning)
    import dagster_dbt  # noqa: F401
