"""The spool of one machine: rows in SQLite, contents in segment files, one writer thread with group commit.

`store` is the front on the event loop, `writer` the thread that makes things durable, `rows` all SQL,
`segments` and `large` the content files, `recovery` the start, `reader` the way in for other processes.
"""

from gatepost.spool.embedded.reader import SpoolReader, open_reader
from gatepost.spool.embedded.rows import SpoolUnusable
from gatepost.spool.embedded.settings import SpoolSettings
from gatepost.spool.embedded.store import EmbeddedSpool

__all__ = ["EmbeddedSpool", "SpoolReader", "SpoolSettings", "SpoolUnusable", "open_reader"]
