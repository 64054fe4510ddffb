"""The DMARC reports that this gateway sends every day, and those that it gets about its own domains.

`turn` says when, `sent` what was sent already, `outgoing` makes and sends a day's reports, `daily` does it by itself;
`inbox` is where a worker leaves a report that came in, `incoming` reads it, `received` keeps what it tells.
"""
