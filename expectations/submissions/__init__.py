"""What a ministry must mend in its file, one suite per kind.

Whether a cell can be read is for `orchestration.contracts.cells`.
"""
