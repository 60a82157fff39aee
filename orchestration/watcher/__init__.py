"""The watcher of a home: resident and warm, it answers drops as they land and publishes what follows.

What belongs in this room: waiting (`inbox_events`), the two halves that run the jobs of a pass (`attending`,
`publisher`), what it answers (`answering`), and handing it work (`handover`). What does not: what a pass does
(`orchestration.passes`), and who else starts one.
"""
