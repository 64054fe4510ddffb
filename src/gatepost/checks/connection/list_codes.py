"""What a list's answer means: which of its codes were given, and which answers are no codes but refusals.

A list answers with addresses in 127.0.0.0/8 (RFC 5782 §2.3). What its codes mean is written in the settings as
"127.0.0.2" (that one), "127.0.0.4-7" (so many), "127.0.1.0/24" (a block), or "&8" (that bit of the last octet). Some
answers look like listings to the careless and have made whole sites refuse all mail: they are told apart here,
whatever the settings say.
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network
from typing import Final

from msgspec import Struct

_LISTED: Final = IPv4Network("127.0.0.0/8")
_FIRST, _LAST = int(_LISTED[0]), int(_LISTED[-1])
_REFUSALS: Final = {
    "127.255.255.252": "the list says that its name is written wrongly (127.255.255.252)",
    "127.255.255.254": "the list refuses the resolver we ask through, a public one (127.255.255.254)",
    "127.255.255.255": "the list refuses us, for we asked too often (127.255.255.255)",
}
_REFUSING: Final = IPv4Network("127.255.255.0/24")
_INSTEAD: Final = "somebody else answers in its place"
# What to do about some of these words, for the administrator of the gateway; the first that fits.
_REMEDIES: Final = (
    (
        "127.255.255.254",
        "run a resolver of your own, such as Unbound on this machine, and name it in dns.nameservers",
    ),
    ("127.255.255.255", "ask whoever runs the list for a key or a feed, or take it out of the settings"),
    ("127.255.255.252", "compare its zone with what the list's own pages say"),
    (
        _INSTEAD,
        (
            "take it out of the settings, for its name was sold; or if all lists do so, name another resolver in "
            "dns.nameservers, for this one makes answers up"
        ),
    ),
    (
        "does not answer",
        "see whether its zone is right and the list still there; else take it out of the settings",
    ),
)
_REMEDY: Final = "see what its own pages say about it, and take it out of the settings if it has closed"


class Codes(Struct, frozen=True, gc=False):
    """A set of codes: from `first` to `last`; with `mask` those of them with one of its bits in the last octet."""

    first: int
    last: int
    mask: int = 0

    def __contains__(self, code: IPv4Address) -> bool:
        return self.first <= int(code) <= self.last and (not self.mask or int(code) & self.mask != 0)


def parse_codes(text: str) -> Codes:
    """Read one of the forms above. Raises ValueError, which says how to write it."""
    try:
        codes = _codes(text)
    except ValueError:
        codes = None
    if codes is None or codes.first > codes.last or codes.first < _FIRST or codes.last > _LAST:
        raise ValueError(
            f'{text!r} names no codes of a list; write "127.0.0.2", "127.0.0.4-7", "127.0.1.0/24" or "&8"'
        )
    return codes


def _codes(text: str) -> Codes | None:
    if text.startswith("&"):
        bits = text[1:]
        mask = int(bits) if bits.isascii() and bits.isdigit() and len(bits) <= 3 else 0
        return Codes(_FIRST, _LAST, mask) if 0 < mask < 256 else None
    if "/" in text:
        network = IPv4Network(text)
        return Codes(int(network[0]), int(network[-1]))
    begin, dash, end = text.partition("-")
    first = last = IPv4Address(begin)
    if dash:
        last = IPv4Address(end if "." in end else f"{begin.rpartition('.')[0]}.{end}")
    return Codes(int(first), int(last))


def refusal(records: tuple[str, ...]) -> str:
    """Say in words why an answer can be no listing, whoever is asked about; "" when it may be one."""
    for record in records:
        try:
            code = IPv4Address(record)
        except ValueError:
            return f"the list answers {record[:40]}, which is no address"
        if code not in _LISTED:
            # A registrar's or provider's page for names that do not exist, or a list whose domain was sold.
            return f"the list answers {record}, which is none of its codes: {_INSTEAD}"
        if code in _REFUSING:
            return _REFUSALS.get(record, f"the list refuses to answer ({record})")
        if record == "127.0.0.1":
            # RFC 5782 §5 keeps it for what is never listed; lists that refuse us answer with it.
            return "the list answers 127.0.0.1, which says that it refuses us or is closed"
    return ""


def remedy(reason: str) -> str:
    """Say what an administrator can do about a list that is ill, by the reason given here or by its health."""
    return next((what for words, what in _REMEDIES if words in reason), _REMEDY)
