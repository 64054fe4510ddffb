"""The commands of RFC 5321 §4.1.1 as frozen values, and the parser from a line to one of them.

On the way of a message: octets -> `ServerProtocol` -> these -> reception. The parser decides nothing about
order or policy; a line that is no command is a value too (`Malformed`), with the catalogue entry that says why.
"""

from __future__ import annotations

from msgspec import Struct

from gatepost.mail.path import Mailbox


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
