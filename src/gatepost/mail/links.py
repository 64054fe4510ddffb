"""Web addresses in text, each read as a browser would read it, and what in it hides where it leads.

Under the check of links, which judges hosts. What is written and what is opened are two things:
`https://bank.example@evil.test/` opens evil.test, and `http://3221226037/` an address. `read_address` follows the URL
standard of the WHATWG (4.4 URL parsing, 3.5 host parsing) and goes on where a browser would give up, for other
readers do. Linear time; an address is cut at MAX_ADDRESS characters. Knows no DNS, fetches nothing.
"""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode
from collections.abc import Iterator
from enum import StrEnum
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address
from typing import Final
from unicodedata import name as letter_name
from unicodedata import normalize
from urllib.parse import unquote

from msgspec import Struct

from gatepost.mail.idn import to_ascii, to_unicode
from gatepost.mail.lookalike import plain_letters

MAX_ADDRESS: Final = 2_000
"""Characters of an address that are read: a host behind more of them is found by no mail reader's eye either."""
MAX_FOUND: Final = 1_000
"""Addresses that are found in one text."""
MAX_INNER: Final = 4
"""Addresses that one address may hold in its query."""


class Trick(StrEnum):
    """A way of writing an address so that a person does not see where it leads; the value says it in words."""

    USERINFO = "what stands before the @ is not the host"
    NUMBER = "the host is an address written as one number"
    HEXADECIMAL = "the host is an address written in hexadecimal"
    OCTAL = "the host is an address written in octal"
    SHORT = "the host is an address with fewer than four numbers"
    PERCENT = "the host is written in percent codes"
    INVISIBLE = "the host has characters in it that are not seen"
    LETTERS = "the host is written in letters that are changed into others"
    MIXED = "the host mixes the letters of several scripts"
    LOOKS_LATIN = "the host is written in letters that look like Latin ones"
    BACKSLASH = "a backslash stands among the slashes before the host"
    BROKEN = "blanks or line ends stand in the host"


class Address(Struct, frozen=True, gc=False):
    """Where an address leads. `written` is how it stood there; `scheme` is "http", "https", "ftp", "ws" or "wss".

    `host` is a domain in lower-case A-labels, or an IP address in its usual form, as `is_ip` tells; `port` is 0 for
    the usual one. `rest` begins with the path.
    """

    written: str
    scheme: str
    host: str
    port: int = 0
    rest: str = "/"
    user: str = ""
    is_ip: bool = False
    tricks: tuple[Trick, ...] = ()

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}{f':{self.port}' if self.port else ''}{self.rest}"


class SeenLink(Struct, frozen=True, gc=False):
    """An address of a message, and where: "the text", "part 2", "part 3, invoice.pdf".

    `shown` is the text that a person sees in its place, "" where they see the address itself or nothing. `through` is
    the host that would send a reader on to it, when it stood in the query of another address. `followed` is false for
    what is only loaded, as pictures are.
    """

    address: Address
    where: str
    shown: str = ""
    through: str = ""
    followed: bool = True


_PORTS: Final = {"http": 80, "https": 443, "ftp": 21, "ws": 80, "wss": 443}
_SCHEMES: Final = {**{name: name for name in _PORTS}, "hxxp": "http", "hxxps": "https", "fxp": "ftp"}
_SCHEME: Final = re.compile(r"([a-zA-Z][a-zA-Z0-9+.-]{0,40}):")
_SLASHES: Final = re.compile(r"[/\\]*")
_AUTHORITY_END: Final = re.compile(r"[/\\?#]")
_CONTROLS: Final = "".join(map(chr, range(33)))
_BROKEN: Final = str.maketrans("", "", "\t\r\n")
# UTS #46: ignored in names. A reader does not see them, and a browser leaves them out.
_IGNORED: Final = re.compile("[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e"
                             "\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0]")  # fmt: skip
_HOST: Final = re.compile(r"[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})*")
_NUMBER: Final = re.compile(r"0[xX][0-9a-fA-F]*|[0-9]+")
_MAX_HOST: Final = 253
_BARE_HOST: Final = re.compile(r"(?:[\w-]{1,63}\.){1,8}[^\W\d_]{2,24}(?=[/?#:]|$)")
# What a relative address ends with far more often than a host does.
_FILES: Final = frozenset(
    ("html", "htm", "php", "asp", "aspx", "jsp", "jpg", "jpeg", "png", "gif", "svg", "css", "js", "pdf", "txt", "xml",
     "md", "py", "rs", "sh", "pl", "doc", "docx", "xls", "xlsx", "csv", "json", "zip", "ics", "webp", "java", "cc")
)  # fmt: skip


# What most addresses look like: nothing in them can be read in two ways.
_PLAIN: Final = re.compile(r"(https?)://((?:[a-z0-9-]{1,63}\.){1,8}[a-z]{2,24})((?:/[!-\[\]-~]*)?)")


def read_address(text: str, base: Address | None = None) -> Address | None:
    """Read an address; None where it leads to no host. A relative one leads where `base` does."""
    written = text[:MAX_ADDRESS]
    plain = _PLAIN.fullmatch(written)
    if plain is not None and "xn--" not in plain[2]:
        return Address(written, plain[1], plain[2], rest=plain[3] or "/")
    whole = written.strip(_CONTROLS)
    text = whole.translate(_BROKEN)
    found = _SCHEME.match(text)
    if found is not None:
        scheme = _SCHEMES.get(found[1].lower(), "")
        if not scheme:
            return None
        start = found.end()
    elif text[:1] in ("/", "\\") and text[1:2] in ("/", "\\"):
        scheme, start = base.scheme if base is not None else "https", 0
    elif text[:1] not in ("/", "\\", "?", "#", "") and (bare := _bare(text)):
        scheme, start = bare, 0
    else:
        return _relative(written, text, base)
    slashes = _SLASHES.match(text, start)
    begin = slashes.end() if slashes is not None else start
    # Two backslashes are a slip of the hand; one among slashes is not.
    between = text[start:begin]
    tricks = [Trick.BACKSLASH] if "\\" in between and "/" in between else []
    stop = _AUTHORITY_END.search(text, begin)
    end = stop.start() if stop is not None else len(text)
    if len(whole) != len(text) and text[:end] not in whole:
        tricks.append(Trick.BROKEN)
    return _read(written, scheme, text[begin:end], text[end:], tricks)


def _bare(text: str) -> str:
    """Tell by which scheme a host without one is opened, as mail programs do; "" for what is no host."""
    found = _BARE_HOST.match(text)
    if found is None:
        return ""
    host = found[0].lower()
    is_host = host.startswith("www.") or host.rpartition(".")[2] not in _FILES
    return "http" if is_host else ""


def _relative(written: str, text: str, base: Address | None) -> Address | None:
    if base is None or not text:
        return None
    rest = text if text[0] in "/\\?#" else f"/{text}"
    return Address(written, base.scheme, base.host, base.port, rest, is_ip=base.is_ip)


def _read(written: str, scheme: str, authority: str, rest: str, tricks: list[Trick]) -> Address | None:
    user, at, place = authority.rpartition("@")
    if at:
        tricks.append(Trick.USERINFO)
    name, port = _port(place)
    host, is_ip = _host(name, tricks)
    if not host:
        return None
    return Address(
        written,
        scheme,
        host,
        0 if port == _PORTS[scheme] else port,
        rest.replace("\\", "/") or "/",
        unquote(user)[:200],
        is_ip,
        tuple(tricks),
    )


def _port(place: str) -> tuple[str, int]:
    """Take host and port apart; a port that is none is left out."""
    if place.startswith("["):
        name, bracket, port = place.partition("]")
        name += bracket
        port = port.removeprefix(":")
    else:
        name, _, port = place.partition(":")
    is_port = port.isascii() and port.isdigit() and len(port) <= 5
    return name, int(port) if is_port and int(port) < 65_536 else 0


def _host(name: str, tricks: list[Trick]) -> tuple[str, bool]:
    """Give a host in its one form, and whether it is an IP address; "" for what is no host. Notes the tricks."""
    if name.startswith("["):
        if not name.endswith("]"):
            return "", False
        try:
            six = IPv6Address(name[1:-1].partition("%")[0])
        except ValueError:
            return "", False
        return str(six.ipv4_mapped or six), True
    if "%" in name:
        decoded = unquote(name)
        if decoded != name:
            tricks.append(Trick.PERCENT)
            name = decoded
    host = name.lower() if name.isascii() else _from_letters(name, tricks)
    host = host.removesuffix(".")
    if not 0 < len(host) <= _MAX_HOST or _HOST.fullmatch(host) is None:
        return "", False
    if host[-1].isdigit() or "0x" in host:
        last = host.rpartition(".")[2]
        if _NUMBER.fullmatch(last) is not None:
            return _ipv4(host.split("."), tricks), True
    if "xn--" in host:
        tricks += _scripts(host)
    return host, False


def _from_letters(name: str, tricks: list[Trick]) -> str:
    seen = _IGNORED.sub("", name)
    if seen != name:
        tricks.append(Trick.INVISIBLE)
    if seen.isascii():
        return seen.lower()
    mapped = normalize("NFKC", seen)
    if mapped.isascii() and mapped != seen:
        # What is not ASCII before and is after was never meant to be read as what it is.
        tricks.append(Trick.LETTERS)
    return to_ascii(seen) or (mapped.lower() if mapped.isascii() else "")


def _ipv4(parts: list[str], tricks: list[Trick]) -> str:
    """Read an IPv4 address in all forms that browsers take (WHATWG URL 3.5, IPv4 parser); "" for none."""
    if len(parts) > 4 or any(len(part) > 40 or _NUMBER.fullmatch(part) is None for part in parts):
        return ""
    numbers: list[int] = []
    for part in parts:
        if part[:2] == "0x":
            tricks.append(Trick.HEXADECIMAL)
            numbers.append(int(part[2:] or "0", 16))
        elif len(part) > 1 and part[0] == "0":
            tricks.append(Trick.OCTAL)
            if "8" in part or "9" in part:
                return ""
            numbers.append(int(part, 8))
        else:
            numbers.append(int(part))
    if any(number > 255 for number in numbers[:-1]) or numbers[-1] >= 256 ** (5 - len(numbers)):
        return ""
    if len(parts) < 4:
        tricks.append(Trick.NUMBER if len(parts) == 1 else Trick.SHORT)
    tricks[:] = dict.fromkeys(tricks)
    value = numbers[-1]
    for place, number in enumerate(numbers[:-1]):
        value += number << (8 * (3 - place))
    return str(IPv4Address(value))


@lru_cache(4096)
def _scripts(host: str) -> tuple[Trick, ...]:
    """Tell what the scripts of an internationalized host are there for, if it is to look like another."""
    shown = to_unicode(host)
    for label in shown.split("."):
        if label.isascii():
            continue
        scripts = {letter_name(letter, "").partition(" ")[0] for letter in label if letter.isalpha()}
        alike = scripts & {"CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE"}
        if alike and (len(alike) > 1 or "LATIN" in scripts):
            return (Trick.MIXED,)
        if alike and shown.rpartition(".")[2].isascii() and plain_letters(label).isascii():
            return (Trick.LOOKS_LATIN,)
    return ()


_LINK: Final = re.compile(
    r"""(?<![a-z0-9])(?:
        (?:https?|hxxps?|h\*\*ps?|ftp|fxp)(?::|\[:\])(?:[/\\]{1,4}|\[//?\])
      | www\d{0,2}(?:\.|\[\.\]|\(\.\))(?=[\w-])
      | (?<![\w@.\-/=%\u0026])(?:[a-z0-9-]{1,63}(?:\.|\[\.\]|\(\.\))){1,8}[a-z]{2,24}(?=[/?])
      | (?<![\w@.\-/=%\u0026])[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63}){0,6}(?:\[\.\]|\(\.\)|\[dot\])[a-z0-9.-]{2,60}
    )[^\s<>"\u201c\u201d\u201e\u00ab\u00bb`{}|^]{0,2000}""",
    re.IGNORECASE | re.VERBOSE,
)
_DEFANGED: Final = re.compile(r"\[\.\]|\(\.\)|\[dot\]|\(dot\)|\[:\]|\[//?\]|\[@\]", re.IGNORECASE)
_MEANT: Final = {
    "[.]": ".",
    "(.)": ".",
    "[dot]": ".",
    "(dot)": ".",
    "[:]": ":",
    "[/]": "/",
    "[//]": "//",
    "[@]": "@",
}
_BEHIND: Final = ".,;:!?'\"*_~\u2026\u3002\uff0c\u3001"
_STARS: Final = re.compile(r"h\*\*p", re.IGNORECASE)
# An address in a text without blanks between words ends where the other script begins, unless it is of that script.
_ASCII_HOST: Final = re.compile(r"[a-zA-Z]{3,5}:[/\\]+[\x21-\x7e]*[a-zA-Z0-9](?=[^\x00-\x7f])")
_AGAIN: Final = re.compile(r"([a-z]{3,5}:[/\\]+[^\s/?#:]{3,253})https?:[/\\]", re.IGNORECASE)


def addresses_in(text: str, most: int = MAX_FOUND) -> Iterator[Address]:
    """Find the web addresses in a text, at most `most`, as mail programs make links of them and people type them."""
    left = most
    for word in text.split():
        if "." not in word and ":/" not in word and "[" not in word:
            continue  # most words are done with here
        for found in _LINK.finditer(word):
            for written in _endings(_cut(found[0])):
                address = _found(written)
                if address is None:
                    continue
                yield address
                left -= 1
                if left <= 0:
                    return


def shown_address(text: str) -> Address | None:
    """Read the address that a person takes the text of a link for; None for words that name no host."""
    if "." not in text:
        return None
    found = next(addresses_in(text, 1), None)
    if found is not None:
        return found
    bare = _BARE_HOST.fullmatch(text.strip())
    return read_address(bare[0]) if bare is not None else None


def _cut(written: str) -> str:
    """Leave out what belongs to the sentence around: punctuation, and a bracket that was opened before."""
    while written:
        last = written[-1]
        closing = (last == ")" and "(" not in written) or (last == "]" and "[" not in written)
        if last not in _BEHIND and not closing:
            break
        written = written[:-1]
    return written


def _endings(written: str) -> tuple[str, ...]:
    """Give what an address may be where another, or a word of another script, follows without a blank."""
    again = _AGAIN.match(written)
    if again is not None:
        return (again[1], written[again.end(1) :])
    if written.isascii():
        return (written,)
    plain = _ASCII_HOST.match(written)
    return (written,) if plain is None or "/" in plain[0][8:] else (written, plain[0])


def _found(written: str) -> Address | None:
    text = written
    if "[" in text or "(" in text:
        text = _DEFANGED.sub(lambda found: _MEANT[found[0].lower()], text)
    text = _STARS.sub("http", text, count=1)
    found = _SCHEME.match(text)
    if found is None or found[1].lower() not in _SCHEMES:
        last = _AUTHORITY_END.split(text, maxsplit=1)[0].rpartition(".")[2].lower()
        if text[:3].lower() != "www" and last in _FILES:
            return None
        text = f"http://{text}"
    address = read_address(text)
    if address is not None and address.written == written:
        return address if address.is_ip or "." in address.host else None
    if address is None or (not address.is_ip and "." not in address.host):
        return None
    return Address(
        written[:MAX_ADDRESS],
        address.scheme,
        address.host,
        address.port,
        address.rest,
        address.user,
        address.is_ip,
        address.tricks,
    )


_INNER: Final = re.compile(r"(?:https?|ftp):[/\\]{1,3}", re.IGNORECASE)
_VALUE: Final = re.compile(
    r"[?&;#](?:[^=&;#]{0,60}=)?("
    r"(?:https?|ftp)(?:%(?:25){0,2}3a|:)[^&;#]*|(?://|%(?:25){0,2}2f%(?:25){0,2}2f|www\.)[^&;#]+)",
    re.IGNORECASE,
)
_PACKED: Final = re.compile(r"aHR0c[A-Za-z0-9_-]{6,2000}")  # "http" in base64


def addresses_within(address: Address) -> tuple[Address, ...]:
    """Give the addresses that an address holds in its path or query, where a redirector would lead; no fetching."""
    rest = address.rest
    if "//" not in rest and "%" not in rest and "www." not in rest and "aHR0c" not in rest:
        return ()
    texts: list[str] = _VALUE.findall(rest)[:MAX_INNER]
    for packed in _PACKED.findall(rest)[:MAX_INNER]:
        octets = urlsafe_b64decode(packed[: len(packed) // 4 * 4])
        texts.append(octets.decode("utf-8", "replace").partition("\ufffd")[0])
    path = unquote(rest.partition("?")[0])
    inner = _INNER.search(path)
    if inner is not None:
        texts.append(path[inner.start() :])
    found: dict[str, Address] = {}
    for text in texts:
        for _ in range(3):  # a value that went through two redirectors is written in codes of codes
            if "%" in text[:12]:
                text = unquote(text)
        inside = read_address(text)
        if inside is not None and "." in inside.host:
            found.setdefault(inside.host, inside)
    return tuple(found.values())[:MAX_INNER]
