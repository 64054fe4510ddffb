"""The pages: what comes in and goes out, each reply explained, each message's story. Read-only.

Layer 8. Reads the journal and the spool as any reader may; acts on nothing yet.
"""
