"""Domain names between a macro string and a question: A-labels, length, and whether DNS can be asked at all.

A target name comes out of expansion with whatever stands in a local part or in HELO. Knows no records.
"""

from __future__ import annotations

import re
from typing import Final

from gatepost.mail import idn

MAX_NAME: Final = 253  # RFC 7208 §7.3: octets without the final dot
MAX_LABEL: Final = 63

# Any octet may stand in a label (RFC 2181 §11), and macros put many into one. Left out are control characters, and
# the backslash, by which a resolver would take the next octet for something else. §4.3: one label alone is no domain.
_LABEL: Final = rf"[ -\-/-\[\]-~]{{1,{MAX_LABEL}}}"
_NAME = re.compile(rf"{_LABEL}(?:\.{_LABEL})+")


def is_askable(name: str) -> bool:
    """Tell whether DNS can be asked about a name: two labels or more, none empty or too long, all in ASCII."""
    return len(name) <= MAX_NAME and _NAME.fullmatch(name) is not None


def to_ascii(domain: str) -> str:
    """Give a domain in lower-case A-labels without a final dot (RFC 8616 §4); what is no domain stays as it is.

    Macros make names that are no host names, and DNS can be asked about them all the same.
    """
    return idn.to_ascii(domain) or domain.removesuffix(".").lower()


def fit(name: str) -> str:
    """Cut what macros expanded to down to a name: no final dot, labels off the left until it fits (§7.3)."""
    name = name.removesuffix(".")
    surplus = len(name) - MAX_NAME
    if surplus <= 0:
        return name
    return name[name.find(".", surplus - 1) + 1 :]
