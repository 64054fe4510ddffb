"""The engines beside ours: programs of other makers that are asked about each message over a connection.

`connections` keeps the lines to one of them, `incoming` hears what it says, `engine` is the contract and the check
that asks; `rspamd`, `spamassassin` and `icap` each know one protocol. None of them believes an answer that is not
whole, and whatever goes wrong is an `Outage`.
"""
