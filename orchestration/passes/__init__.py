"""Passes: one pass from end to end, whoever asks for it (the command line, the sensor, a watcher).

In the order of use: `has_work`, `lock`, `run` (with `instance`, `databases`, `event_log`, `healing`, `alive`, `faults`,
`causes`, `telling`, `fingerprint`), `replay`.
`home` is what each step is given.
"""
