"""The server's role in SMTP (RFC 5321), sans-IO: octets in, events out, replies in, octets out.

On the way of a message: the shell feeds what it reads (`receive`), takes events one by one (`next_event`) and
answers each command and each end of content with one reply of the catalogue (`answer`), which moves the state
by the table in `state`. Pipelined commands (RFC 2920) wait in the buffer until their turn. What cannot be
obeyed comes out as a `Fault` with its reply ready. Knows nothing of policy, time, sockets or TLS itself.
"""

from __future__ import annotations

from functools import lru_cache
from typing import ClassVar, Final, cast, final

from msgspec import Struct

from gatepost.reply import catalogue
from gatepost.reply.entry import Entry
from gatepost.reply.reply import Reply
from gatepost.smtp.command import VERBS, Command, Ehlo, Mail, Malformed, Rcpt, StartTls, parse_command
from gatepost.smtp.framing import ContentReader
from gatepost.smtp.state import AFTER_CONTENT, GREETED, TABLE, UPGRADED, State

_MAX_LINE_SHOWN: Final = 512
# Members of an enumeration are looked up by Python code on 3.11, a module's names are not.
_CONTENT: Final = State.CONTENT
_CLOSED: Final = State.CLOSED
_NO_CONTENT: Final = ContentReader(0)
_TELLING: Final = frozenset({Mail, Ehlo, StartTls})  # commands that are remembered once they were taken
_CONDITIONAL: Final = frozenset({Rcpt, StartTls})  # what the table alone does not decide


class Limits(Struct, frozen=True, kw_only=True):
    """How long things may be, in octets: a command line and a text line with their CRLF, a content."""

    command_line: int = 2048
    text_line: int = 65_536
    size: int = 52_428_800


@final
class Fault(Struct, frozen=True, gc=False):
    """A line that cannot be obeyed, with the reply to give."""

    reply: Reply


class Chunk(Struct, frozen=True, gc=False):
    """A piece of content, dots unstuffed; pieces end anywhere. Wants no answer."""

    data: bytes


class EndOfContent(Struct, frozen=True, gc=False):
    """The content has ended after `size` octets. `fault`, if there is one, is the reply to refuse it with."""

    size: int
    fault: Reply | None = None


Event = Command | Fault | Chunk | EndOfContent


@lru_cache(16)
def _capabilities(size: int, starttls: bool) -> tuple[str, ...]:
    lines = ("PIPELINING", f"SIZE {size}", "8BITMIME", "SMTPUTF8", "ENHANCEDSTATUSCODES")
    return (*lines, "STARTTLS") if starttls else lines


class ServerProtocol:
    """One session's dialogue, seen from the server. `starttls` offers STARTTLS until TLS is active."""

    VERBS: ClassVar[frozenset[str]] = VERBS

    __slots__ = (
        "_after",
        "_arrived",
        "_arrived_size",
        "_asked",
        "_buffer",
        "_content",
        "_line",
        "_otherwise",
        "_position",
        "_row",
        "_searched",
        "_skipping",
        "_smtputf8",
        "extended",
        "helo",
        "host",
        "limits",
        "session",
        "starttls",
        "state",
        "tls",
    )

    def __init__(self, *, host: str, session: str, limits: Limits, starttls: bool = False) -> None:
        self.host = host
        self.session = session
        self.limits = limits
        self.starttls = starttls
        self.state = State.GREETING
        self.helo = ""
        self.extended = False
        self.tls = ""
        self._row = TABLE.get(self.state)
        self._buffer = b""
        self._position = 0  # what is before it was used
        self._searched = 0  # there is no LF from _position up to here
        self._arrived: list[bytes] = []  # came while the buffer was not used up
        self._arrived_size = 0
        self._skipping = False  # after a refused line, up to its CRLF
        self._line = b""
        self._asked: Command | Fault | EndOfContent | None = None  # wants an answer
        self._after = self.state  # the state after a positive answer to it
        self._otherwise = self.state
        self._smtputf8 = False
        self._content = _NO_CONTENT

    @property
    def buffered(self) -> int:
        """How many octets wait for their turn."""
        return len(self._buffer) - self._position + self._arrived_size

    @property
    def answer_due(self) -> bool:
        """Whether the client waits for us rather than we for the client."""
        return self._asked is not None

    @property
    def ended(self) -> bool:
        """Whether the dialogue is over: nothing more is read or said."""
        return self.state is _CLOSED

    @property
    def line(self) -> str:
        """The last command line, printable and cut to 512 characters."""
        text = self._line[: 4 * _MAX_LINE_SHOWN].decode(errors="replace")[:_MAX_LINE_SHOWN]
        if text.isprintable() and "\ufffd" not in text:
            return text
        return "".join(c if c.isprintable() and c != "\ufffd" else "?" for c in text)

    def capabilities(self) -> tuple[str, ...]:
        """Name the extensions offered now, a line each for the reply to EHLO."""
        return _capabilities(self.limits.size, self.starttls and not self.tls)

    def receive(self, data: bytes) -> None:
        """Take octets from the client.

        After STARTTLS was answered 220, give nothing that was read before the upgrade.
        """
        if self.state is _CLOSED:
            return
        if self._position == len(self._buffer) and not self._arrived:
            self._buffer = data
            self._position = self._searched = 0
        else:
            # Joined when the buffer is used up, not here: a flood then costs linear time.
            self._arrived.append(data)
            self._arrived_size += len(data)

    def next_event(self) -> Event | None:
        """Give the next event; None while more octets or an answer are wanted."""
        if self._asked is not None:
            return None
        row = self._row
        if row is None:
            return self._next_of_content(self._content) if self.state is _CONTENT else None
        line = self._next_line() if self._position < len(self._buffer) or self._arrived else None
        if line is None:
            return None
        if type(line) is Fault:
            return self._fault(line.reply)
        command = parse_command(line, self.session)
        if type(command) is Malformed:
            return self._fault(command.reply)
        target = row[type(command)]
        if type(target) is not State or type(command) in _CONDITIONAL:
            refusal = self._refusal(command, target)
            if refusal is not None:
                return self._fault(refusal)
        self._asked = command
        self._after = cast("State", target)
        self._otherwise = self.state
        return command

    def greet(self, reply: Reply) -> bytes:
        """Open the dialogue; any reply but 220 closes it."""
        self._enter(GREETED if reply.code == 220 else _CLOSED)
        return reply.wire()

    def answer(self, reply: Reply) -> bytes:
        """Answer the last command or content, or say 421 at any time. Give the octets to send.

        Raises RuntimeError when no answer is due.
        """
        asked = self._asked
        code = reply.code
        if asked is None and code != 421:
            raise RuntimeError(f"{code} answers nothing")
        self._asked = None
        after = self._after
        if code >= 400:  # RFC 5321 §3.8: 421 may be the answer to anything, and closes
            after = self._otherwise if code != 421 else _CLOSED
        elif type(asked) in _TELLING:
            self._learn(asked)
        if after is not self.state:
            self._enter(after)
        return reply.wire()

    def tls_started(self, tls: str) -> None:
        """Go on under TLS, described by `tls`: all that the client said before is forgotten (RFC 3207 §4.2).

        Raises RuntimeError when STARTTLS was not answered 220.
        """
        if self.state is not State.UPGRADE:
            raise RuntimeError("no TLS was asked for")
        self.tls = tls or "TLS"
        self.helo = ""
        self.extended = False
        self._enter(UPGRADED)

    def _learn(self, asked: Command | Fault | EndOfContent | None) -> None:
        """Keep what a command told, as it was answered positively."""
        match asked:
            case Mail():
                self._smtputf8 = asked.smtputf8
            case Ehlo():
                self.helo = asked.name
                self.extended = asked.extended
            case StartTls():
                # RFC 3207 §4.2: what came in clear text behind STARTTLS may be anyone's, and must not count
                # as if it had come under TLS.
                self._drop_buffer()
            case _:
                pass

    def _enter(self, state: State) -> None:
        self.state = state
        self._row = row = TABLE.get(state)
        if row is None:
            if state is _CONTENT:
                self._content = ContentReader(self.limits.text_line)
            elif state is _CLOSED:
                self._drop_buffer()

    def _drop_buffer(self) -> None:
        self._buffer = b""
        self._position = self._searched = 0
        self._arrived.clear()
        self._arrived_size = 0

    def _join(self) -> None:
        """Put what arrived behind the rest of the buffer."""
        rest = self._buffer[self._position :]
        self._searched -= self._position
        self._position = 0
        self._buffer = b"".join((rest, *self._arrived))
        self._arrived.clear()
        self._arrived_size = 0

    # -- commands ----------------------------------------------------------------------------------------

    def _refusal(self, command: Command, target: State | Entry) -> Reply | None:
        """Say why a command may not come now, by the table or by what only the session knows."""
        if type(command) is StartTls and not (self.starttls and not self.tls):
            # The table tells when STARTTLS may come; whether it is offered is not a matter of order.
            if self.tls:
                return catalogue.TLS_TWICE.reply(self.session)
            return catalogue.NOT_IMPLEMENTED.reply(self.session, verb="STARTTLS")
        if isinstance(target, Entry):
            return target.reply(self.session)
        if type(command) is Rcpt and not self._smtputf8 and not command.forward_path.address.isascii():
            return catalogue.SMTPUTF8_NEEDED.reply(self.session)
        return None

    def _fault(self, reply: Reply) -> Fault:
        fault = Fault(reply)
        self._asked = fault
        self._after = self._otherwise = self.state
        return fault

    def _next_line(self) -> bytes | Fault | None:
        """Take the next line off the buffer, without its CRLF.

        RFC 5321 §2.3.8 knows no line ending but CRLF. A line with a bare LF, and one that is too long, is
        refused as soon as that is seen, so that a client which knows no better learns why; the rest of it,
        up to the CRLF, is then skipped and never taken for a command.
        """
        limit = self.limits.command_line
        while not self._skipping or self._skip_rest():
            buffer = self._buffer
            position = self._position
            end = buffer.find(b"\n", self._searched, position + limit)
            if end >= 0:
                self._position = self._searched = end + 1
                if end == position or buffer[end - 1] != 13:
                    self._line = buffer[position:end]
                    self._skipping = True
                    return Fault(catalogue.COMMAND_LINE_END.reply(self.session))
                self._line = line = buffer[position : end - 1]
                if 13 in line or 0 in line:
                    return Fault(catalogue.COMMAND_LINE_END.reply(self.session))
                return line
            if len(buffer) - position >= limit:
                self._line = buffer[position : position + limit]
                self._position = self._searched = position + limit - (buffer[position + limit - 1] == 13)
                self._skipping = True
                return Fault(catalogue.COMMAND_TOO_LONG.reply(self.session, limit=limit))
            self._searched = len(buffer)
            if not self._arrived:
                return None
            self._join()
        return None

    def _skip_rest(self) -> bool:
        """Drop what is left of a refused line; tell whether its CRLF was found."""
        while (end := self._buffer.find(b"\r\n", self._position)) < 0:
            # Nothing is kept but a CR that may be the first half.
            self._position = self._searched = len(self._buffer) - self._buffer.endswith(b"\r", self._position)
            if not self._arrived:
                return False
            self._join()
        self._position = self._searched = end + 2
        self._skipping = False
        return True

    # -- content -----------------------------------------------------------------------------------------

    def _next_of_content(self, content: ContentReader) -> Chunk | EndOfContent | None:
        limits = self.limits
        while not content.ended:
            data, self._position = content.read(self._buffer, self._position)
            self._searched = self._position
            if data and content.size <= limits.size and not content.bad and not content.long_line:
                return Chunk(data)
            # What is undecided is two octets at most; with more left over, the end was found.
            if not self._arrived or len(self._buffer) - self._position > 2:
                break
            self._join()
        if not content.ended:
            return None
        end = EndOfContent(content.size, self._content_fault(content))
        self._asked = end
        self._after = self._otherwise = AFTER_CONTENT
        return end

    def _content_fault(self, content: ContentReader) -> Reply | None:
        """Say what is wrong with a content as a whole, by the same order however it arrived."""
        if content.size > self.limits.size:
            return catalogue.SIZE_EXCEEDED.reply(self.session, limit=self.limits.size)
        if content.bad:
            return catalogue.CONTENT_LINE_END.reply(self.session)
        if content.long_line:
            return catalogue.CONTENT_LINE_TOO_LONG.reply(self.session, limit=self.limits.text_line)
        return None
