"""Reception: the shell that takes mail in. Octets from clients; receptions, replies and findings out.

Layer 6. Drives `smtp.ServerProtocol`, asks `checks`, lets `policy` decide, commits to the spool, records in
the journal. Never imports delivery: the spool is where the two meet.
"""
