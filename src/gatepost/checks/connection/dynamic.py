"""Names that providers give to addresses wholesale: they hold the address, or say that it is handed out.

A guess by form, used for reverse names and for HELO. A host that sends mail on purpose mostly has a name of its own;
an infected home computer has the one its provider made up.
"""

from __future__ import annotations

import re
from ipaddress import IPv4Address
from typing import Final

from gatepost.checks.connection.address import Address

_WORD = re.compile(r"[a-z]+")
_NUMBER = re.compile(r"[0-9]+")

# Made up by the provider, but for a customer who keeps his address or for a server.
_STEADY: Final = frozenset(
    {
        "mail",
        "mails",
        "mailer",
        "mailout",
        "mx",
        "mta",
        "smtp",
        "smtps",
        "relay",
        "out",
        "outbound",
        "outgoing",
        "static",
        "fixed",
        "stat",
        "server",
        "srv",
    }
)
_HANDED_OUT: Final = frozenset(
    {
        "adsl",
        "broadband",
        "cable",
        "cpe",
        "dhcp",
        "dial",
        "dialin",
        "dialup",
        "dip",
        "dsl",
        "dyn",
        "dynamic",
        "dynamicip",
        "fiber",
        "ftth",
        "gpon",
        "home",
        "hsd",
        "ip",
        "mobile",
        "node",
        "pool",
        "pools",
        "ppp",
        "pppoe",
        "res",
        "residential",
        "user",
        "vdsl",
        "wifi",
        "xdsl",
    }
)
# Of these one alone says little: a word like "home" or "ip" also stands in names that were chosen.
_PLAIN_WORDS: Final = frozenset({"cable", "fiber", "home", "ip", "mobile", "node", "res", "user", "wifi"})


def looks_dynamic(name: str, address: Address) -> str:
    """Say in words how a name shows that it was made up by a provider, to follow the name; "" when it does not.

    `name` is in lower case. Its last two labels are whose it is, and not looked at.
    """
    labels = name.split(".")[:-2]
    host = ".".join(labels)
    words = set(_WORD.findall(host))
    if not labels or not words.isdisjoint(_STEADY):
        return ""
    if _holds(host, address):
        return "holds the address, or most of it"
    told = sorted((words & _HANDED_OUT) - _PLAIN_WORDS)
    return f'says "{told[0]}", as for addresses that are handed out' if told else ""


def _holds(host: str, address: Address) -> bool:
    """Tell whether a name holds an address: its octets in either order, or in hexadecimal."""
    packed = address.packed
    if packed.hex() in host.replace("-", "").replace(".", ""):
        return True
    if not isinstance(address, IPv4Address):
        # Of the 16 octets a provider writes the last, mostly those that tell its customers apart.
        groups = address.exploded.split(":")[4:]
        return "-".join(groups) in host or "".join(groups) in host
    octets = list(packed)
    numbers = [int(number) for number in _NUMBER.findall(host) if len(number) <= 3]
    # All four, or three of them in a row: one end is the same for thousands of a provider's customers.
    for three in (octets[:3], octets[1:], octets[:0:-1], octets[2::-1]):
        if any(numbers[start : start + 3] == three for start in range(len(numbers) - 2)):
            return True
    padded = "".join(f"{octet:03}" for octet in octets)
    return padded in host or "".join(f"{octet:03}" for octet in octets[::-1]) in host
