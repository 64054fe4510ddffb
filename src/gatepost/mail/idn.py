"""Internationalized domain names: from what people read to what DNS is asked for, and back.

A-labels by RFC 5890 §2.3.2.1 (IDNA2008): "ß" and "ς" keep their own names, which the codec of the standard library,
being of 2003, would fold away. Whether a registry would give the name out is not looked at: a name that DNS does not
know is found out by asking. Linear time, bounded by the length of a domain.
"""

from __future__ import annotations

from typing import Final
from unicodedata import normalize

from gatepost.mail.path import MAX_DOMAIN, is_domain

_PREFIX: Final = "xn--"
# UTS #46 §4: other full stops that are typed for a dot; the full-width one becomes a dot by normalization.
_DOTS: Final = str.maketrans({"\u3002": ".", "\uff61": "."})


def to_ascii(domain: str) -> str | None:
    """Write a domain in A-labels, in lower case and without a final dot; None for what is no domain name."""
    if len(domain) > MAX_DOMAIN:
        return None
    if domain.isascii():
        domain = domain.lower()
    else:
        # UTS #46 maps by case and compatibility before anything is encoded.
        text = normalize("NFKC", normalize("NFKC", domain.translate(_DOTS)).lower())
        domain = ".".join([_a_label(label) for label in text.split(".")])
    domain = domain.removesuffix(".")
    return domain if is_domain(domain) else None


def to_unicode(domain: str) -> str:
    """Write a domain as a person sees it: A-labels decoded, all else in lower case. What cannot be decoded stays."""
    domain = domain.lower()
    if _PREFIX not in domain:
        return domain
    return ".".join([_u_label(label) for label in domain.split(".")])


def _a_label(label: str) -> str:
    if label.isascii():
        return label
    if len(label) > 63 or "\ufffd" in label:
        return ""
    return _PREFIX + label.encode("punycode").decode("ascii")


def _u_label(label: str) -> str:
    if not label.startswith(_PREFIX) or not 4 < len(label) <= 63:
        return label
    try:
        text = label[4:].encode("ascii").decode("punycode")
    except (UnicodeError, OverflowError, ValueError):
        return label
    # What does not encode to the same again is a name that only pretends to be one (RFC 5891 §5.4).
    return text if text.isprintable() and to_ascii(text) == label else label
