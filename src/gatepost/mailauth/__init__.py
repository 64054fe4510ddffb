"""Mail authentication as pure functions: SPF, DKIM, DMARC, ARC, and the fields that carry their results.

Layer 2, beside `smtp` and `maillog`. DNS is asked through the `mail.dns.Resolver` that is passed in, and so is the
time; nothing here decides what becomes of a message: the functions say what is, with evidence a person can check.
"""
