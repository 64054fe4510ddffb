"""The commands of RFC 5321 §4.1.1 as frozen values, and the parser from a line to one of them.

On the way of a message: octets -> `ServerProtocol` -> these -> reception. The parser decides nothing about
order or policy; a line that is no command is a value too (`Malformed`), with the reply
that says why.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, final

from msgspec import Struct

from gatepost.mail.path import (
    BadPath,
    Mailbox,
    forward_path_at,
    is_address_literal,
    is_domain,
    parse_forward_path,
    parse_mailbox,
    reverse_path_at,
)
from gatepost.reply import catalogue
from gatepost.reply.reply import Reply


class Ehlo(Struct, frozen=True, gc=False):
    """EHLO (`extended`) or HELO with the client's name, which may be a domain or an address literal."""

    name: str
    extended: bool = True


class Mail(Struct, frozen=True, gc=False):
    """MAIL FROM: None is `<>`. `body` is "7BIT" or "8BITMIME", `size` 0 when not declared."""

    reverse_path: Mailbox | None
    size: int = 0
    body: str = "7BIT"
    smtputf8: bool = False


class Rcpt(Struct, frozen=True, gc=False):
    """RCPT TO."""

    forward_path: Mailbox


class Data(Struct, frozen=True, gc=False):
    """DATA."""


class Rset(Struct, frozen=True, gc=False):
    """RSET."""


class Noop(Struct, frozen=True, gc=False):
    """NOOP; an argument is allowed and ignored (RFC 5321 §4.1.1.9)."""


class Vrfy(Struct, frozen=True, gc=False):
    """VRFY; `mailbox` is None when the argument is a user name rather than an address."""

    argument: str
    mailbox: Mailbox | None = None


class Expn(Struct, frozen=True, gc=False):
    """EXPN."""

    argument: str


class Help(Struct, frozen=True, gc=False):
    """HELP, perhaps about a topic (upper-case)."""

    topic: str = ""


class Quit(Struct, frozen=True, gc=False):
    """QUIT."""


class StartTls(Struct, frozen=True, gc=False):
    """STARTTLS (RFC 3207)."""


Command = Ehlo | Mail | Rcpt | Data | Rset | Noop | Vrfy | Expn | Help | Quit | StartTls


@final
class Malformed(Struct, frozen=True, gc=False):
    """A line that is no command of ours, with the reply that says why."""

    reply: Reply


def parse_command(line: bytes, session: str = "") -> Command | Malformed:
    """Read one command line, given without its CRLF; `session` is the id that a refusal names."""
    command = _ALONE.get(line)
    if command is not None:
        return command
    verb, _, argument = line.partition(b" ")
    read = _READERS.get(verb) or _READERS.get(verb.upper())
    if read is None:
        return _unknown(verb, session)
    # RFC 5321 §4.1.1: white space before the CRLF is tolerated. What is no UTF-8 becomes U+FFFD, which no
    # grammar below takes.
    return read(argument.decode("utf-8", "replace").rstrip(" \t"), session)


def _unknown(verb: bytes, session: str) -> Malformed:
    name = verb.upper().rstrip(b"\t")
    if name in _NOT_OFFERED:
        return Malformed(catalogue.NOT_IMPLEMENTED.reply(session, verb=name.decode()))
    return Malformed(catalogue.COMMAND_UNKNOWN.reply(session))


def _bad_argument(session: str, verb: str, why: str) -> Malformed:
    return Malformed(catalogue.BAD_ARGUMENT.reply(session, verb=verb, why=why))


def _ehlo(argument: str, session: str) -> Ehlo | Malformed:
    if _names_a_host(argument):
        return Ehlo(argument)
    return Malformed(catalogue.BAD_HELO.reply(session))


def _helo(argument: str, session: str) -> Ehlo | Malformed:
    if _names_a_host(argument):
        return Ehlo(argument, extended=False)
    return Malformed(catalogue.BAD_HELO.reply(session))


def _names_a_host(name: str) -> bool:
    # A final dot is not in the grammar, but hosts that know their full name in DNS form say it.
    return is_domain(name.removesuffix(".")) or is_address_literal(name)


def _mail(argument: str, session: str) -> Mail | Malformed:
    start = 5 if argument[:6] == "FROM:<" else _path_start(argument, "FROM:")
    if not start:
        return _bad_argument(session, "MAIL", "FROM:<reverse-path> is missing")
    path, end = reverse_path_at(argument, start)
    if isinstance(path, BadPath):
        return Malformed(catalogue.BAD_REVERSE_PATH.reply(session, why=path.why))
    parameters = argument[end:]
    if parameters and parameters[0] != " ":
        return _bad_argument(session, "MAIL", "a space must part the path and its parameters")
    return _mail_with(path, parameters.split(), session)


def _mail_with(path: Mailbox | None, parameters: list[str], session: str) -> Mail | Malformed:
    """Read what follows the path: RFC 1870 §4, RFC 6152 §2, RFC 6531 §3.4."""
    size = 0
    body = "7BIT"
    smtputf8 = False
    seen: list[str] = []
    for parameter in parameters:
        name, equals, value = parameter.partition("=")
        name = name.upper()
        if name in seen:
            return _bad_argument(session, "MAIL", f"{name} is given twice")
        if name == "SIZE":
            if not (value.isascii() and value.isdigit() and len(value) <= 20):
                return _bad_argument(session, "MAIL", "SIZE must be a number of 1 to 20 digits")
            size = int(value)
        elif name == "BODY":
            body = value.upper()
            if body not in _BODY_TYPES:
                return Malformed(catalogue.BODY_TYPE_UNKNOWN.reply(session, value=value))
        elif name == "SMTPUTF8":
            if equals:
                return _bad_argument(session, "MAIL", "SMTPUTF8 takes no value")
            smtputf8 = True
        else:
            return Malformed(catalogue.PARAMETER_UNKNOWN.reply(session, parameter=name))
        seen.append(name)
    if path is not None and not smtputf8 and not path.address.isascii():
        return Malformed(catalogue.SMTPUTF8_NEEDED.reply(session))
    return Mail(path, size, body, smtputf8)


def _rcpt(argument: str, session: str) -> Rcpt | Malformed:
    start = 3 if argument[:4] == "TO:<" else _path_start(argument, "TO:")
    if not start:
        return _bad_argument(session, "RCPT", "TO:<forward-path> is missing")
    path, end = forward_path_at(argument, start)
    if isinstance(path, BadPath):
        return Malformed(catalogue.BAD_FORWARD_PATH.reply(session, why=path.why))
    if end != len(argument):
        if argument[end] != " ":
            return _bad_argument(session, "RCPT", "a space must part the path and its parameters")
        parameter = argument[end:].split()[0].partition("=")[0].upper()
        return Malformed(catalogue.PARAMETER_UNKNOWN.reply(session, parameter=parameter))
    return Rcpt(path)


def _path_start(argument: str, prefix: str) -> int:
    """Find where the path begins behind its prefix, which may be in any case; 0 when the prefix is missing."""
    start = len(prefix)
    if argument[:start].upper() != prefix:
        return 0
    # RFC 5321 §3.3 forbids a space after the colon, but many clients have always sent one and every large
    # server takes it; refusing them would protect nobody.
    while argument.startswith(" ", start):
        start += 1
    return start


def _vrfy(argument: str, session: str) -> Vrfy | Malformed:
    if argument.upper().endswith(" SMTPUTF8"):  # RFC 6531 §3.7.4.2
        argument = argument[:-9].rstrip()
    if not argument:
        return _bad_argument(session, "VRFY", "a user name or mailbox is missing")
    path = parse_forward_path(argument) if argument.startswith("<") else parse_mailbox(argument)
    return Vrfy(argument, None if isinstance(path, BadPath) else path)


def _expn(argument: str, session: str) -> Expn | Malformed:
    if not argument:
        return _bad_argument(session, "EXPN", "the name of a list is missing")
    return Expn(argument)


def _help(argument: str, session: str) -> Help:  # noqa: ARG001 - HELP is never malformed
    return Help(argument.upper()) if argument else _HELP


def _noop(argument: str, session: str) -> Noop:  # noqa: ARG001 - nor is NOOP
    return _NOOP


def _alone(verb: bytes) -> Callable[[str, str], Command | Malformed]:
    """Make the reader of a command that takes no argument (RFC 5321 §4.3.2 wants 501 for one)."""
    command = _ALONE[verb]

    def read(argument: str, session: str) -> Command | Malformed:
        return _bad_argument(session, verb.decode(), "no argument is allowed") if argument else command

    return read


_NOOP: Final = Noop()
_HELP: Final = Help()
_ALONE: Final[dict[bytes, Command]] = {
    b"DATA": Data(),
    b"RSET": Rset(),
    b"NOOP": _NOOP,
    b"QUIT": Quit(),
    b"STARTTLS": StartTls(),
}
_BODY_TYPES: Final = frozenset({"7BIT", "8BITMIME"})
_READERS: Final[dict[bytes, Callable[[str, str], Command | Malformed]]] = {
    b"EHLO": _ehlo,
    b"HELO": _helo,
    b"MAIL": _mail,
    b"RCPT": _rcpt,
    b"DATA": _alone(b"DATA"),
    b"RSET": _alone(b"RSET"),
    b"NOOP": _noop,
    b"VRFY": _vrfy,
    b"EXPN": _expn,
    b"HELP": _help,
    b"QUIT": _alone(b"QUIT"),
    b"STARTTLS": _alone(b"STARTTLS"),
}
VERBS: Final = frozenset(verb.decode() for verb in _READERS)
_NOT_OFFERED: Final = frozenset(b"SEND SOML SAML TURN ETRN ATRN BDAT AUTH BURL XCLIENT XFORWARD".split())
