"""Checks of who a message says it is from: SPF, DKIM, ARC, DMARC, forged authors, lists of senders."""
