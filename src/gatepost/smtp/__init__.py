"""Sans-IO SMTP in both roles (RFC 5321): octets in, events out; `aio` is its only asyncio module.

Layer 2. Knows the dialogue and nothing of settings, policy, spool or delivery.
"""
