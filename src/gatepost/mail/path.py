"""Mailboxes and the paths of the envelope, by the grammar of RFC 5321 §4.1.2 and RFC 6531 §3.3.

Strict where it protects (control characters, length, quoting), tolerant where real mail is (case, underscores
in domains, long local parts; a source route is read and dropped as §3.6.1 and appendix C allow). Linear time,
bounded length. What cannot be read becomes a `BadPath`, whose reason may be told to anyone. Knows nothing of
which domains are ours: whether a path is taken is decided above.
"""

from __future__ import annotations

import re
from ipaddress import AddressValueError, IPv4Address, IPv6Address
from typing import Final

from msgspec import Struct

MAX_DOMAIN: Final = 255  # octets, RFC 5321 §4.5.3.1.2
MAX_PATH: Final = 256  # octets with the angle brackets, RFC 5321 §4.5.3.1.3
# No limit of its own for the local part: §4.5.3.1 asks to set none where none is needed, and reverse-paths
# that hold a recipient's address (of mailing lists, of forwarders) are often longer than its 64 octets.

_ATEXT: Final = r"A-Za-z0-9!#$%&'*+/=?^_`{|}~-"
_WIDE: Final = "\u0080-\U0010ffff"
# Underscores are no part of a host name, but many hosts that send mail have one.
_LABEL: Final = r"(?!-)[A-Za-z0-9_-]{1,63}+(?<!-)"
_WIDE_LABEL: Final = rf"(?!-)[A-Za-z0-9_{_WIDE}-]{{1,63}}+(?<!-)"

_PLAIN: Final = rf"([{_ATEXT}]++(?:\.[{_ATEXT}]++)*@({_LABEL}(?:\.{_LABEL})*))"
_PLAIN_MAILBOX = re.compile(_PLAIN)
_PLAIN_PATH = re.compile(f"<{_PLAIN}>")
_DOMAIN = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")
_WIDE_DOMAIN = re.compile(rf"{_WIDE_LABEL}(?:\.{_WIDE_LABEL})*")
_DOT_STRING = re.compile(rf"[{_WIDE}{_ATEXT}]++(?:\.[{_WIDE}{_ATEXT}]++)*")
_QUOTED_STRING = re.compile(rf'"(?:[ !#-\[\]-~{_WIDE}]|\\[ -~])*"')
_ROUTE_DOMAIN: Final = r"@(?:[A-Za-z0-9_.-]++|\[[A-Za-z0-9:.]++\])"
_SOURCE_ROUTE = re.compile(rf"{_ROUTE_DOMAIN}(?:,{_ROUTE_DOMAIN})*:")
_QUOTING_PATH = re.compile(r'<(?:[^">]|"(?:[^"\\]|\\.)*")*>')


class Mailbox(Struct, frozen=True, gc=False, order=True):
    """One address. `address` is as given (a local part may differ in case only); `domain` is lower-case."""

    address: str
    domain: str

    @property
    def local_part(self) -> str:
        """The part before the last @, as given (quotes kept)."""
        return self.address.rpartition("@")[0] or self.address

    def __str__(self) -> str:
        return self.address


class BadPath(Struct, frozen=True, gc=False):
    """A text that is no path. `why` says so in public words that fit into a reply."""

    why: str


_NOT_IN_BRACKETS: Final = BadPath("it is not in angle brackets")
_TOO_LONG: Final = BadPath(f"it is longer than {MAX_PATH} octets")


def parse_mailbox(text: str) -> Mailbox | BadPath:
    """Read `local-part@domain`, without angle brackets."""
    plain = _PLAIN_MAILBOX.fullmatch(text)
    if plain is not None and len(text) <= MAX_PATH - 2:
        return Mailbox(text, plain[2].lower())
    return _parse_unusual(text)


def parse_reverse_path(text: str) -> Mailbox | BadPath | None:
    """Read the path of MAIL with its angle brackets; None is `<>`."""
    path, end = reverse_path_at(text, 0)
    return path if end == len(text) else _NOT_IN_BRACKETS


def parse_forward_path(text: str) -> Mailbox | BadPath:
    """Read the path of RCPT with its angle brackets; `<Postmaster>` alone has the domain ""."""
    path, end = forward_path_at(text, 0)
    return path if end == len(text) else _NOT_IN_BRACKETS


def reverse_path_at(text: str, start: int) -> tuple[Mailbox | BadPath | None, int]:
    """Read the path of MAIL that begins at `start`, and tell where it ends, just behind its ">"."""
    if text.startswith("<>", start):
        return None, start + 2
    return _path_at(text, start)


def forward_path_at(text: str, start: int) -> tuple[Mailbox | BadPath, int]:
    """Read the path of RCPT that begins at `start`, and tell where it ends, just behind its ">"."""
    path, end = _path_at(text, start)
    if type(path) is BadPath and text[start:end].lower() == "<postmaster>":
        return Mailbox(text[start + 1 : end - 1], ""), end  # RFC 5321 §4.1.1.3, in any case (§2.3.5)
    return path, end


def is_domain(text: str) -> bool:
    """Tell whether `text` is a domain name in ASCII, of any number of labels."""
    return len(text) <= MAX_DOMAIN and _DOMAIN.fullmatch(text) is not None


def is_address_literal(text: str) -> bool:
    """Tell whether `text` is like `[192.0.2.1]` or `[IPv6:2001:db8::1]` (RFC 5321 §4.1.3)."""
    if not (text.startswith("[") and text.endswith("]") and text.isascii() and len(text) <= 64):
        return False
    try:
        if text[:6].lower() == "[ipv6:":
            return "%" not in text and bool(IPv6Address(text[6:-1]).packed)
        return bool(IPv4Address(text[1:-1]).packed)
    except AddressValueError:
        return False


def _path_at(text: str, start: int) -> tuple[Mailbox | BadPath, int]:
    plain = _PLAIN_PATH.match(text, start)
    if plain is not None:
        address, domain = plain.group(1, 2)
        end = start + len(address) + 2
        return (Mailbox(address, domain.lower()) if end - start <= MAX_PATH else _TOO_LONG), end
    end = _path_end(text, start)
    if end < 0:
        return _NOT_IN_BRACKETS, len(text)
    if end - start > MAX_PATH:
        return _TOO_LONG, end
    if text.startswith("<@", start):
        # RFC 5321 §4.1.1.3 and appendix C: a source route is understood and ignored.
        route = _SOURCE_ROUTE.match(text, start + 1)
        if route is None:
            return BadPath("its source route cannot be read"), end
        start = route.end() - 1
    return parse_mailbox(text[start + 1 : end - 1]), end


def _path_end(text: str, start: int) -> int:
    """Find where a path ends when a ">" may stand in its quoted local part; -1 when there is no whole path."""
    if not text.startswith("<", start):
        return -1
    end = text.find(">", start)
    if text.find('"', start, end) < 0:
        return end + 1 or -1
    quoting = _QUOTING_PATH.match(text, start)
    return quoting.end() if quoting is not None else -1


def _parse_unusual(text: str) -> Mailbox | BadPath:
    """Read what is not plain, or say why it cannot be read."""
    if not text:
        return BadPath("it is empty")
    if "\ufffd" in text:  # what decoding leaves in the place of octets that are no UTF-8
        return BadPath("it is not UTF-8")
    if len(text.encode()) > MAX_PATH - 2:
        return _TOO_LONG
    # Joiners are letters' parts in several scripts; all else that does not print can only deceive.
    if not text.replace("\u200c", "").replace("\u200d", "").isprintable():
        return BadPath("it holds a control character")
    at = _local_part_end(text)
    if at < 0:
        return BadPath("its local part cannot be read")
    if not text.startswith("@", at):
        return BadPath("it has no @")
    domain = text[at + 1 :]
    if domain.startswith("["):
        if not is_address_literal(domain):
            return BadPath("its address literal cannot be read")
    elif _WIDE_DOMAIN.fullmatch(domain) is None:
        return BadPath("its domain cannot be read")
    return Mailbox(text, domain.lower())


def _local_part_end(text: str) -> int:
    local_part = (_QUOTED_STRING if text.startswith('"') else _DOT_STRING).match(text)
    if local_part is None:
        return -1
    end = local_part.end()
    return end if end == len(text) or text[end] == "@" else -1
