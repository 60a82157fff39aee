"""The Dagster UI of a home: what it is made of, and who may drive it.

What belongs here: starting Dagster's parts, and what stands before its web application. What does not: what the UI
shows (`defs/`).
"""
