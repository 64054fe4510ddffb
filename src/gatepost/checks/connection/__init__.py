"""Checks of who is calling: blocklists, the reverse name, what HELO says, the country; asked of DNS and of files.

They look at a client that is a stranger: those of the relay networks are not looked at (`Facts.relay`).
"""
