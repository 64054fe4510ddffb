"""The journal: what happened, as typed records in append-only files; how to find it and tell it in words.

Layer 5. Knows replies, findings, dispositions; nothing of sockets or the spool's store. Only the two shells
and the gateway write; anyone may read while it is being written.
"""
