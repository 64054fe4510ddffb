"""Readers of mail logs, of other systems and our own: lines in, what they tell out. No I/O happens here.

A line goes through `lines` (octets to bounded lines of text), `frame` (what syslog or the journal put around it),
a reader of one system, and comes out as an `event`; `story` joins the events of one message, `summary` counts them.
What a reply means is not known here: that is `reply.explain`.
"""
