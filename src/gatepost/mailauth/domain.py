"""Domain names as authentication compares and asks them: in lower case and in A-labels (RFC 8616).

Fields of internationalised mail may name a domain in Unicode; DNS and every comparison want it in ASCII.
"""

from __future__ import annotations

from typing import Final

import idna

from gatepost.mail.path import is_domain

_MAX_UNICODE: Final = 1_024  # characters; what is longer can make no name of 255 octets that anyone has


def to_ascii(domain: str) -> str:
    """Give a domain in lower-case A-labels without a final dot; "" when it is none."""
    domain = domain.removesuffix(".")
    if not domain.isascii():
        if len(domain) > _MAX_UNICODE:
            return ""
        try:
            domain = idna.encode(domain, uts46=True).decode("ascii")
        except (idna.IDNAError, UnicodeError):
            return ""
    return domain.lower() if is_domain(domain) else ""


def is_within(name: str, domain: str) -> bool:
    """Tell whether `name` is the domain or stands below it; both as `to_ascii` gives them."""
    return name == domain or name.endswith("." + domain)
