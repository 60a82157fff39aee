"""The tree over all editions, rebuilt from the revisions that readers see now: `public/current/` in the home.

In the order of the data: `shown` (which revisions), `long_tables`, `api`, `feeds`, `catalogue`, and `tree`, which
writes them all and switches. What belongs here: what runs over editions. What does not: an edition's own files
(`release`).
"""
