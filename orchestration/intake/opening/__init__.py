"""Opening: the bytes of a drop become sheets of cells, within limits; the content decides, never the name.

The child process that opens workbooks imports this package: nothing may be imported here.
"""
