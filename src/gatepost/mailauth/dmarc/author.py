"""The author of a message: the From field as mailboxes, its domain for DMARC, and all that is odd about it.

RFC 9989 §5.3.1 wants one From field with one domain; real and hostile mail has none, several, groups, comments,
addresses in display names and text that each reader reads in its own way. So reading never fails: it gives every
domain that some reader could see and names each oddity, and there is an author domain only when no reader can see
another. The forgery checks use names and oddities too. Linear in the field, of which 16 KiB are read.
"""

from __future__ import annotations

import re
from enum import StrEnum
from itertools import pairwise
from typing import Final
from unicodedata import normalize

from msgspec import Struct

from gatepost.mail.fields import Header
from gatepost.mail.header import decode_words
from gatepost.mail.idn import to_ascii
from gatepost.mail.lexer import Kind, Lexer, Token
from gatepost.mail.path import is_address_literal

MAX_FROM: Final = 1 << 14  # octets of From fields that are read
MAX_MAILBOXES: Final = 100
MAX_NAME: Final = 500  # characters of a display name


class Oddity(StrEnum):
    """What is unusual about the From field; the value says so in words."""

    NO_FIELD = "there is no From field"
    SEVERAL_FIELDS = "there are several From fields"
    TOO_LONG = "the From field is longer than anyone's"
    NO_ADDRESS = "an author has no address"
    UNREADABLE = "an address cannot be read"
    SEVERAL_ADDRESSES = "one author has several addresses"
    SEVERAL_DOMAINS = "the authors are of several domains"
    GROUP = "the authors are in a group"
    SOURCE_ROUTE = "an address has a source route"
    ADDRESS_LITERAL = "an address has no domain name, but an IP address"
    HIDDEN_ADDRESS = "an address hides in an encoded word or a quoted string"
    ADDRESS_IN_NAME = "a display name holds another address"
    UNBALANCED = "a quote, comment or bracket is never closed"
    CONTROL = "there are control characters"
    NOT_UTF8 = "there are octets that are no UTF-8"
    NOT_ASCII = "an address has letters outside of ASCII"


class AuthorMailbox(Struct, frozen=True, gc=False):
    """One author. `name` is what is shown of it, decoded; `address` as written, without comments and folds.

    `domain` is in A-labels and lower case, "" when it cannot be read. `named` are the domains of other addresses that
    the display name holds.
    """

    name: str
    address: str
    domain: str
    named: tuple[str, ...] = ()


class Author(Struct, frozen=True, gc=False):
    """Who a message says it is from. `domains` are all that some reader could see, in order, each once."""

    mailboxes: tuple[AuthorMailbox, ...]
    domains: tuple[str, ...]
    oddities: tuple[Oddity, ...] = ()

    @property
    def domain(self) -> str:
        """The author domain, for DMARC: "" when there is none or not surely one (RFC 9989 §5.3.1)."""
        if len(self.domains) != 1 or not _SPOILING.isdisjoint(self.oddities):
            return ""
        return self.domains[0]

    @property
    def why_none(self) -> str:
        """In words why there is no author domain; "" when there is one."""
        if self.domain:
            return ""
        return next(
            (oddity.value for oddity in self.oddities if oddity in _SPOILING), Oddity.NO_ADDRESS.value
        )


_SPOILING: Final = frozenset(
    {
        *(Oddity.NO_FIELD, Oddity.SEVERAL_FIELDS, Oddity.TOO_LONG, Oddity.UNREADABLE, Oddity.SEVERAL_DOMAINS),
        *(Oddity.ADDRESS_LITERAL, Oddity.HIDDEN_ADDRESS),
    }
)
_CONTROL: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
# Nine of ten fields are like this: a name of harmless characters, or none, and an address in brackets.
_PLAIN: Final = re.compile(
    r"[ \t]*(?:([A-Za-z0-9_'-](?:[A-Za-z0-9 _.'-]*[A-Za-z0-9_.'-])?)[ \t]+)?"
    r"<([A-Za-z0-9!#$%&'*+/=^_`{|}~.-]+@([A-Za-z0-9.-]+))>[ \t]*"
)
_TO_ESCAPE: Final = re.compile(r'["\\]')
_NAMED: Final = re.compile(r"(?<=[^\s<>(),;:@])@([\w-]+(?:\.[\w-]+)+)")

_LEXER: Final = Lexer("<>@,;:")
_AT: Final[Token] = (Kind.SPECIAL, "@")
_COLON: Final[Token] = (Kind.SPECIAL, ":")


def read_author(header: Header) -> Author:
    """Read who a message is from. Never raises."""
    fields = header.named("from")
    if not fields:
        return Author((), (), (Oddity.NO_FIELD,))
    if len(fields) == 1:
        return read_from(fields[0].value)
    # Which of them a reader shows nobody knows (RFC 5322 §3.6 allows one), so all count.
    read = [read_from(field.value) for field in fields[:MAX_MAILBOXES]]
    oddities = [Oddity.SEVERAL_FIELDS, *(oddity for author in read for oddity in author.oddities)]
    mailboxes = [mailbox for author in read for mailbox in author.mailboxes]
    domains = [domain for author in read for domain in author.domains]
    return _author(mailboxes, domains, oddities)


def read_from(value: bytes) -> Author:
    """Read the value of one From field, with its folds. Never raises."""
    oddities: list[Oddity] = []
    if len(value) > MAX_FROM:
        oddities.append(Oddity.TOO_LONG)
        value = value[:MAX_FROM]
    try:
        text = value.decode()
    except UnicodeDecodeError:
        oddities.append(Oddity.NOT_UTF8)
        text = value.decode("cp1252", "replace")
    plain = _PLAIN.fullmatch(text)
    if plain is not None and not oddities:  # nine of ten are like this
        name, address, domain = plain.group(1, 2, 3)
        ascii_domain = to_ascii(domain)
        if ascii_domain is not None:
            return Author((AuthorMailbox(name or "", address, ascii_domain),), (ascii_domain,))
    if _CONTROL.search(text):
        oddities.append(Oddity.CONTROL)
    lexed = _LEXER.lex(text)
    if not lexed.balanced:
        oddities.append(Oddity.UNBALANCED)
    reader = _Reader(oddities)
    reader.read(lexed.tokens)
    return _author(reader.mailboxes, reader.domains, oddities)


def _author(mailboxes: list[AuthorMailbox], domains: list[str], oddities: list[Oddity]) -> Author:
    distinct = tuple(dict.fromkeys(domains))
    if len(distinct) > 1:
        oddities.append(Oddity.SEVERAL_DOMAINS)
    if not mailboxes:
        oddities.append(Oddity.NO_ADDRESS)
    if any(mailbox.named for mailbox in mailboxes):
        oddities.append(Oddity.ADDRESS_IN_NAME)
    return Author(tuple(mailboxes[:MAX_MAILBOXES]), distinct, tuple(dict.fromkeys(oddities)))


class _Reader:
    """Reads the tokens of a mailbox-list (RFC 5322 §3.4), over whatever is broken in it."""

    def __init__(self, oddities: list[Oddity]) -> None:
        self.mailboxes: list[AuthorMailbox] = []
        self.domains: list[str] = []
        self._oddities = oddities
        self._shown: list[Token]  # a display name, or an address without brackets
        self._comments: list[str]
        self._bracketed: list[list[Token]]
        self._inside: list[Token] | None  # of angle brackets that are open
        self._begin()

    def read(self, tokens: list[Token]) -> None:
        for kind, text in tokens:
            if kind == Kind.COMMENT:
                self._comments.append(text)
            elif kind != Kind.SPECIAL or text == "@":
                (self._shown if self._inside is None else self._inside).append((kind, text))
            elif self._inside is not None and text in ",;:":
                self._inside.append((kind, text))
            else:
                self._special(text)
        if self._inside is not None:
            self._oddities.append(Oddity.UNBALANCED)
        self._end()

    def _special(self, text: str) -> None:
        match text:
            case "<":
                if self._inside is not None:
                    self._oddities.append(Oddity.UNBALANCED)
                self._inside = []
                self._bracketed.append(self._inside)
            case ">":
                if self._inside is None:
                    self._oddities.append(Oddity.UNBALANCED)
                self._inside = None
            case ":":
                self._oddities.append(Oddity.GROUP)
                self._begin()
            case _:
                self._end()

    def _begin(self) -> None:
        self._shown = []
        self._comments = []
        self._bracketed = []
        self._inside = None

    def _end(self) -> None:
        """Make a mailbox of what was gathered."""
        shown, comments, addresses = self._shown, self._comments, self._bracketed
        self._begin()
        name = _name("".join([text for _, text in shown]))
        if not addresses:
            if not name and not comments:
                return  # RFC 5322 §4.4: a list may have empty members
            if _AT not in shown:
                hidden = "@" in name
                self._oddities.append(Oddity.HIDDEN_ADDRESS if hidden else Oddity.NO_ADDRESS)
                self.mailboxes.append(AuthorMailbox(name, "", "", _named(name)))
                return
            addresses, name = [shown], ""
        if len(addresses) > 1:
            self._oddities.append(Oddity.SEVERAL_ADDRESSES)
        name = name or _name(" ".join(comments))  # "joe@example.org (Joe)" was how names were written once
        for tokens in addresses:
            self._address(tokens, name)

    def _address(self, tokens: list[Token], name: str) -> None:
        tokens = _without_route(tokens, self._oddities)
        written = _written(tokens)
        ats = [place for place, token in enumerate(tokens) if token == _AT]
        if not ats:
            self._oddities.append(Oddity.UNREADABLE if written else Oddity.NO_ADDRESS)
        if len(ats) > 1:
            self._oddities.append(Oddity.SEVERAL_ADDRESSES)
        if "=?" in written and decode_words(written).count("@") > len(ats):
            self._oddities.append(Oddity.HIDDEN_ADDRESS)
        if not written.isascii():
            self._oddities.append(Oddity.NOT_ASCII)
        domain = ""
        for place, end in pairwise([*ats, len(tokens)]):
            domain = self._domain(tokens[place + 1 : end], last=end == len(tokens))
        named = tuple([other for other in _named(name) if other != domain])
        self.mailboxes.append(AuthorMailbox(name, written, domain, named))

    def _domain(self, tokens: list[Token], *, last: bool) -> str:
        """Read what follows an @; behind white space may stand what some readers take for more of the domain."""
        words = "".join([text for _, text in tokens]).split()
        whole = "".join(words)
        if is_address_literal(whole):
            self._oddities.append(Oddity.ADDRESS_LITERAL)
            return ""
        first = words[0] if words else ""
        for word in words[1:]:  # RFC 5322 §4.4: white space may stand around the dots
            if not (first.endswith(".") or word.startswith(".")):
                break
            first += word
        domains = [to_ascii(first)]
        if first != whole and last:
            domains.append(to_ascii(whole))
        if None in domains:
            self._oddities.append(Oddity.UNREADABLE)
        readable = [domain for domain in domains if domain]
        self.domains += readable
        return readable[0] if readable else ""


def _without_route(tokens: list[Token], oddities: list[Oddity]) -> list[Token]:
    """Take off an obsolete source route, as in <@relay.example:joe@example.org> (RFC 5322 §4.4)."""
    first = next((token for token in tokens if token[0] != Kind.SPACE), None)
    if first != _AT or _COLON not in tokens:
        return tokens
    oddities.append(Oddity.SOURCE_ROUTE)
    return tokens[tokens.index(_COLON) + 1 :]


def _written(tokens: list[Token]) -> str:
    """Write an address in one line, quoted strings with their quotes."""
    text = "".join(
        [
            '"' + _TO_ESCAPE.sub(r"\\\g<0>", text) + '"' if kind == Kind.STRING else text
            for kind, text in tokens
        ]
    )
    return _shown(text)


def _name(text: str) -> str:
    """Give a display name as it is shown."""
    return _shown(decode_words(text) if "=?" in text else text)


def _shown(text: str) -> str:
    text = " ".join(text.split())[:MAX_NAME]
    return text if text.isprintable() else "".join([c if c.isprintable() else "?" for c in text])


def _named(name: str) -> tuple[str, ...]:
    """Give the domains of addresses in a display name; a full-width @ is one to a reader."""
    if "@" not in name and name.isascii():
        return ()
    found = [to_ascii(match[1]) for match in _NAMED.finditer(normalize("NFKC", name))]
    return tuple(dict.fromkeys([domain for domain in found if domain]))
