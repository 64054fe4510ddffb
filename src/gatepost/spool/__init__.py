"""The spool: durable hold between reception and delivery, the only place where the two meet.

Layer 4. `interface` is the contract; `embedded` is the store of one machine (SQLite rows, segment files);
`STATES.md` lists every state of a message and what is on disk in each. Knows nothing of SMTP or policy.
"""
