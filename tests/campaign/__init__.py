"""The campaign of faults: no accident publishes a wrong figure, loses a drop or says a message twice.

In the order of use: `steps` (where a pass can be cut), `warm` (the process that starts passes), `homes` (what is
dropped), `checker` (what must hold), `trials` and `service` (the accidents), `run` (the long form), `test_campaign`.
"""
