"""Golden files: one faulty file per rule and its nearest good neighbour, made from the sample or from a contract."""
