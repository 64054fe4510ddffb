"""The spool of one machine: a log in segment files, rows in SQLite, one writer thread with group commit.

`store` is the front on the event loop, `acts` what it hands to `writer`, the thread that makes things durable;
`log` the form of the log, `segments` its files, `large` contents in files of their own; `rows` all SQL,
`checkpoint` what brings them up to the log, `compaction` what empties files; `recovery` the start, `reader` the
way in for other processes. STATES.md beside this package tells what is on disk at every moment.
"""

from gatepost.spool.embedded.reader import SpoolReader, open_reader
from gatepost.spool.embedded.rows import SpoolUnusable
from gatepost.spool.embedded.settings import SpoolSettings
from gatepost.spool.embedded.store import EmbeddedSpool

__all__ = ["EmbeddedSpool", "SpoolReader", "SpoolSettings", "SpoolUnusable", "open_reader"]
