"""Checks look at a session or message and return findings; they never decide.

Layer 3. `connection/`, `identity/` and `content/` hold the checks by what they look at. A check may talk to
an engine through the dialer it was given; it knows nothing of policy, replies, spool or settings files.
"""
