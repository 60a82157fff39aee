"""The campaign of faults: no accident publishes a wrong figure, loses a drop or says a message twice.

In the order of use: `steps` (where a pass can be cut), `warm` (the process that starts passes), `homes` (what is
dropped), `checker` (what must hold), `trials` and `service` (the accidents), `run` (the long form), `test_campaign`.

The campaign of deliveries: each card and each change of it reaches each channel once. `alert_world` (what is so),
`postmen` (the process that delivers, and dies), `peers` (who receives, and misbehaves), `delivery_oracle` (what must
hold), `deliveries` (the scenarios, and the long form), `test_deliveries`.
"""
