"""Delivery: the shell that takes mail out. Leases from the spool, speaks to next hops, settles what they answer.

Layer 6. Drives `smtp.ClientProtocol`, lets `reply.explain` choose the next try, records in the journal. Never
imports reception: the spool is where the two meet.
"""
