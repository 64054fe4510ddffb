"""Asking DNS: the one place with sockets behind `mail.dns.Resolver`, made by each worker and passed down.

`resolver` remembers answers and joins equal questions, `exchange` brings questions to the name servers and answers
back, `wire` reads and writes their octets, `settings` says whom to ask. A recursive resolver does the walking; this
asks it, by UDP and TCP.
"""

from gatepost.gateway.resolver.resolver import DnsResolver
from gatepost.gateway.resolver.settings import ResolverSettings

__all__ = ["DnsResolver", "ResolverSettings"]
