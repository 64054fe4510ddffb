"""The client's role in SMTP and LMTP (RFC 5321, RFC 2033), sans-IO: replies in, commands out.

On the way of a message: delivery feeds what it reads (`receive`), takes events (`next_event`), and writes what
`data_to_send` gives. Two positions are kept apart: what was given out to be sent, and what was answered; a
reply to something that was not sent is never taken for an answer. Replies are judged by their first digit
(RFC 5321 §4.3.2). Every transaction ends with one result for each recipient, whatever the peer does.
Knows no routes, no retries, no time.
"""

from __future__ import annotations

from collections import deque
from enum import Enum
from typing import Final, Literal

from gatepost.reply.reply import Reply
from gatepost.smtp.client_event import (
    ClientEvent,
    Finished,
    NotReady,
    Ready,
    Result,
    Stage,
    StartTlsWanted,
    Step,
    Transaction,
    Unsolicited,
    Violation,
    WantContent,
)
from gatepost.smtp.framing import ContentWriter
from gatepost.smtp.reply_reader import BadReply, ReplyReader, shown

__all__ = (
    "ClientEvent",
    "ClientProtocol",
    "Finished",
    "NotReady",
    "Ready",
    "Result",
    "Stage",
    "StartTlsWanted",
    "Step",
    "Transaction",
    "Unsolicited",
    "Violation",
    "WantContent",
)


class _Kind(Enum):
    """The commands of a client; a reply is judged by what it answers."""

    GREETING = "the greeting"
    EHLO = "EHLO"
    HELO = "HELO"
    STARTTLS = "STARTTLS"
    MAIL = "MAIL"
    RCPT = "RCPT"
    DATA = "DATA"
    CONTENT = "the content"
    RSET = "RSET"
    QUIT = "QUIT"


# Members of an enumeration are looked up by Python code on 3.11, a module's names are not.
_EHLO: Final = _Kind.EHLO
_MAIL: Final = _Kind.MAIL
_RCPT: Final = _Kind.RCPT
_DATA: Final = _Kind.DATA
_CONTENT: Final = _Kind.CONTENT
_RSET: Final = _Kind.RSET
_QUIT: Final = _Kind.QUIT

_TRANSACTION_STAGES: Final[dict[_Kind, Stage]] = {_RCPT: "rcpt", _DATA: "data", _CONTENT: "content"}

_Command = tuple[_Kind, str, int]  # its words, and the index of the recipient it is about, or -1

# What we say ourselves where there is no peer's reply to go by.
_NO_SMTPUTF8: Final = Reply(550, "5.6.7", "The next hop does not offer SMTPUTF8, which this message needs")
_NO_TLS: Final = Reply(451, "4.7.4", "TLS is required, but the next hop does not offer it")


class _Open:
    """The transaction under way. `sent` counts its commands that were queued, `steps` holds the answered ones."""

    __slots__ = ("accepted", "closing", "commands", "mail_refused", "recipients", "results", "sent", "steps")

    def __init__(self, recipients: tuple[str, ...], commands: list[_Command]) -> None:
        self.recipients = recipients
        self.commands = commands
        self.sent = 0
        self.steps: list[Step] = []
        self.accepted: list[int] = []  # recipients that await their final reply, by index
        self.mail_refused: Reply | None = None
        self.closing: Reply | None = None  # a 421 among the final replies of LMTP
        self.results: list[Result | None] = [None] * len(recipients)

    def finish(self, reply: Reply, stage: Stage, local: bool = False) -> Finished:
        """End with `reply` for every recipient that has no result yet."""
        if self.mail_refused is not None:
            reply, stage, local = self.mail_refused, "mail", False
        results = tuple(
            [
                result if result is not None else Result(recipient, reply, stage, local)
                for recipient, result in zip(self.recipients, self.results, strict=True)
            ]
        )
        return Finished(results, tuple(self.steps))


class ClientProtocol:
    """One connection's dialogue, seen from the client. `name` is what EHLO (LHLO for `lmtp`) says we are.

    `ended` tells that nothing more can be sent on this connection, `quitting` that QUIT was said.
    """

    __slots__ = (
        "_awaited",
        "_event",
        "_extensions",
        "_greeting",
        "_lmtp",
        "_name",
        "_open",
        "_out",
        "_queued",
        "_reader",
        "_shaken",
        "_starttls",
        "_steps",
        "_tls",
        "_upgrading",
        "_writer",
        "ended",
        "quitting",
    )

    def __init__(
        self, *, name: str, lmtp: bool = False, starttls: Literal["never", "may", "must"] = "may"
    ) -> None:
        self.ended = False
        self.quitting = False
        self._name = name
        self._lmtp = lmtp
        self._starttls = starttls
        self._reader = ReplyReader()
        self._out: list[str] = []  # commands to be sent, and what they are:
        self._queued: list[_Command] = []
        self._awaited: deque[_Command] = deque([(_Kind.GREETING, "", -1)])  # sent, not answered
        self._event: ClientEvent | None = None  # known already, to be told next
        self._greeting = Reply(220)
        self._extensions: dict[str, str] = {}
        self._steps: list[Step] = []  # up to Ready
        self._shaken = False  # Ready was told
        self._upgrading = False
        self._tls = False
        self._open: _Open | None = None
        self._writer: ContentWriter | None = None  # while the content is being sent

    @property
    def ready(self) -> bool:
        """Whether `send` may be called."""
        return self._shaken and self._open is None and not self.ended and not self.quitting

    @property
    def unanswered(self) -> bool:
        """Whether a transaction is open of which the peer has answered nothing."""
        return self._open is not None and not self._open.steps

    def receive(self, data: bytes) -> None:
        """Take octets from the peer."""
        if not self.ended:
            self._reader.receive(data)

    def data_to_send(self) -> bytes:
        """Give what was queued since the last call. After calling this, write it: it counts as sent."""
        if not self._out:
            return b""
        self._out.append("")
        data = "\r\n".join(self._out).encode()
        self._out.clear()
        self._awaited.extend(self._queued)
        self._queued.clear()
        return data

    def next_event(self) -> ClientEvent | None:
        """Give the next event; None while more octets are wanted."""
        while True:
            if self._event is not None:
                event, self._event = self._event, None
                return event
            if self.ended or self._upgrading:
                return None
            reply = self._reader.next_reply()
            if reply is None:
                return None
            if type(reply) is BadReply:
                return self._violation(reply.reason)
            if self._awaited:
                self._event = self._answer(self._awaited.popleft(), reply)
            else:
                return self._unasked(reply)

    def send(self, transaction: Transaction) -> None:
        """Begin a transaction. Raises RuntimeError when not ready, ValueError for an address with a line end."""
        if not self.ready:
            raise RuntimeError("the connection is not ready for a transaction")
        recipients = transaction.recipients
        utf8 = transaction.smtputf8 or not (
            transaction.reverse_path.isascii() and all(map(str.isascii, recipients))
        )
        if utf8 and "SMTPUTF8" not in self._extensions:
            self._event = _Open(recipients, []).finish(_NO_SMTPUTF8, "mail", local=True)
            return
        commands: list[_Command] = [(_MAIL, self._mail(transaction, utf8), -1)]
        for index, recipient in enumerate(recipients):
            commands.append((_RCPT, f"RCPT TO:<{recipient}>", index))
        commands.append((_DATA, "DATA", -1))
        for _, words, _ in commands:
            if "\n" in words or "\r" in words:
                raise ValueError("an address with a line end would be taken for two commands")
        self._open = _Open(recipients, commands)
        self._send_more(self._open)

    def content(self, chunk: bytes) -> bytes:
        """Give the octets to write for a piece of content. Raises RuntimeError when no content is wanted."""
        if self._writer is None:
            raise RuntimeError("no content is wanted")
        return self._writer.write(chunk)

    def end_of_content(self) -> bytes:
        """Give the octets that end the content. Raises RuntimeError when no content is wanted."""
        if self._writer is None:
            raise RuntimeError("no content is wanted")
        end = self._writer.end()
        self._writer = None
        if self._reader.buffered:
            # It was on its way before the content was complete, so it cannot be about the whole of it.
            self._event = self._violation("a reply came before the end of the content")
        elif self._open is not None:
            if self._lmtp:  # RFC 2033 §4.2: a reply for each recipient that was accepted, in their order
                self._awaited.extend((_CONTENT, ".", index) for index in self._open.accepted)
            else:
                self._awaited.append((_CONTENT, ".", -1))
        return end

    def quit(self) -> None:
        """Queue QUIT, unless the dialogue is over. Raises RuntimeError during a transaction."""
        if self._open is not None:
            raise RuntimeError("a transaction is open")
        if not self.ended and not self.quitting:
            self._queue((_QUIT, "QUIT", -1))
        self.quitting = True

    def tls_started(self) -> None:
        """Go on under TLS: all that the peer said before is forgotten (RFC 3207 §4.2), EHLO is queued."""
        self._reader.clear()
        self._upgrading = False
        self._tls = True
        self._extensions = {}
        self._say_hello()

    def closed(self, reason: str) -> Finished:
        """Learn that the connection is gone: give the results of the transaction that was open, if one was.

        Without one there are no results, and the steps are those that led up to readiness.
        """
        steps = () if self.ready else tuple(self._steps)
        self.ended = True
        transaction, self._open = self._open, None
        if transaction is None:
            return Finished((), steps)
        if transaction.closing is not None:
            return transaction.finish(transaction.closing, "content")
        stage: Stage = "mail"
        if self._writer is not None:
            stage = "content"
        else:
            for kind, _, _ in (*self._awaited, *self._queued):
                if kind is not _RSET:
                    stage = _TRANSACTION_STAGES.get(kind, "mail")
                    break
        return transaction.finish(Reply(451, "4.4.2", shown(reason.encode())), stage, local=True)

    # -- what is sent ------------------------------------------------------------------------------------

    def _queue(self, command: _Command) -> None:
        self._out.append(command[1])
        self._queued.append(command)

    def _say_hello(self) -> None:
        self._queue((_EHLO, f"{'LHLO' if self._lmtp else 'EHLO'} {self._name}", -1))

    def _mail(self, transaction: Transaction, utf8: bool) -> str:
        """Write MAIL with the parameters that the peer understands."""
        offered = self._extensions
        size = f" SIZE={transaction.size}" if transaction.size and "SIZE" in offered else ""
        body = " BODY=8BITMIME" if transaction.body == "8BITMIME" and "8BITMIME" in offered else ""
        return f"MAIL FROM:<{transaction.reverse_path}>{size}{body}{' SMTPUTF8' if utf8 else ''}"

    def _send_more(self, transaction: _Open) -> None:
        """Queue what may be sent now: all of it with PIPELINING (RFC 2920), else one command at a time."""
        if "PIPELINING" in self._extensions:
            self._out.extend([words for _, words, _ in transaction.commands])
            self._queued.extend(transaction.commands)
            transaction.sent = len(transaction.commands)
        elif not self._awaited and not self._queued:
            self._queue(transaction.commands[transaction.sent])
            transaction.sent += 1

    # -- what is answered --------------------------------------------------------------------------------

    def _answer(self, command: _Command, reply: Reply) -> ClientEvent | None:
        kind, words, index = command
        transaction = self._open
        if transaction is None or kind is _RSET:
            return self._answer_outside(kind, words, reply)
        recipient = transaction.recipients[index] if index >= 0 else ""
        transaction.steps.append(Step(words, reply, recipient))
        digit = reply.code // 100
        if digit < 4 and digit != (3 if kind is _DATA else 2):
            return self._violation(f"{reply.code} is no answer to {kind.value}")
        if kind is _CONTENT:
            return self._answer_content(transaction, reply, index)
        if reply.code == 421:
            return self._finish(transaction, reply, _TRANSACTION_STAGES.get(kind, "mail"), over=True)
        if kind is _DATA:
            return self._answer_data(transaction, reply, digit)
        if kind is _MAIL:
            if digit != 2:
                transaction.mail_refused = reply
        elif digit == 2:
            transaction.accepted.append(index)
        elif transaction.mail_refused is None:
            transaction.results[index] = Result(recipient, reply, "rcpt")
        if transaction.sent < len(transaction.commands):
            return self._next_step(transaction, reply)
        return None

    def _next_step(self, transaction: _Open, reply: Reply) -> Finished | None:
        """Without PIPELINING: go on, or end before DATA where there is nothing to go on for."""
        last = transaction.sent == len(transaction.commands) - 1
        if transaction.mail_refused is not None or (last and not transaction.accepted):
            return self._finish(transaction, reply, "mail", reset=True)
        self._send_more(transaction)
        return None

    def _answer_data(self, transaction: _Open, reply: Reply, digit: int) -> ClientEvent | None:
        if digit != 3:
            return self._finish(transaction, reply, "data", reset=True)
        if self._reader.buffered:
            return self._violation("a reply came before the content was sent")
        if transaction.accepted and transaction.mail_refused is None:
            self._writer = ContentWriter()
            return WantContent()
        if self._lmtp:
            # RFC 2033 §4.2 wants 503 here. How many replies would follow the dot is anyone's guess.
            return self._finish(transaction, reply, "data", over=True)
        self._queue((_CONTENT, ".", -1))  # RFC 2920 §3.1: an empty content, for nobody
        return None

    def _answer_content(self, transaction: _Open, reply: Reply, index: int) -> Finished | None:
        if index < 0:
            return self._finish(transaction, reply, "content", over=reply.code == 421)
        transaction.results[index] = Result(transaction.recipients[index], reply, "content")
        if reply.code == 421 and transaction.closing is None:
            # The replies for the other recipients may still come, and some may be positive.
            transaction.closing = reply
        if self._awaited:
            return None
        return self._finish(transaction, reply, "content", over=transaction.closing is not None)

    def _finish(
        self, transaction: _Open, reply: Reply, stage: Stage, *, over: bool = False, reset: bool = False
    ) -> Finished:
        self._open = None
        self._writer = None
        if over:
            self.ended = True
        elif reset:
            self._queue((_RSET, "RSET", -1))
        return transaction.finish(reply, stage)

    def _unasked(self, reply: Reply) -> ClientEvent:
        transaction = self._open
        if transaction is None and self._shaken:
            self.ended = True
            return Unsolicited(reply)
        if transaction is not None and self._writer is not None and reply.code >= 400:
            # Too early by RFC 5321 §4.1.1.4, but it is clear what becomes of the content.
            transaction.steps.append(Step(".", reply))
            return self._finish(transaction, reply, "content", over=True)
        return self._violation(f"the reply {reply.code} came before the command")

    def _violation(self, reason: str) -> Violation:
        self.ended = True
        return Violation(reason)

    # -- outside of transactions -------------------------------------------------------------------------

    def _answer_outside(self, kind: _Kind, words: str, reply: Reply) -> ClientEvent | None:
        """Take the reply to a command that belongs to no transaction."""
        if kind is _RSET:
            return self._answer_reset(reply)
        if kind is _QUIT:
            self.ended = True
            return None
        self._steps.append(Step(words, reply))
        digit = reply.code // 100
        if digit == 3:
            return self._violation(f"{reply.code} is no answer to {kind.value}")
        if kind is _Kind.GREETING:
            if digit != 2:
                return self._not_ready(reply, "connect")
            self._greeting = reply
            self._say_hello()
            return None
        if kind is _Kind.STARTTLS:
            return self._answer_starttls(reply, digit)
        if digit == 2:
            return self._greeted(reply, kind)
        if kind is _EHLO and digit == 5 and not self._lmtp:  # RFC 5321 §3.2: an old server
            self._queue((_Kind.HELO, f"HELO {self._name}", -1))
            return None
        return self._not_ready(reply, "helo")

    def _answer_reset(self, reply: Reply) -> ClientEvent | None:
        transaction = self._open
        if reply.code // 100 == 2:
            if transaction is not None and transaction.sent == 0:
                self._send_more(transaction)
            return None
        # RSET is never refused by a server that goes on: this one has had enough.
        if transaction is None:
            self.ended = True
            return Unsolicited(reply)
        transaction.steps.append(Step("RSET", reply))
        if reply.code < 400:
            return self._violation(f"{reply.code} is no answer to RSET")
        return self._finish(transaction, reply, "mail", over=True)

    def _greeted(self, reply: Reply, kind: _Kind) -> ClientEvent | None:
        if kind is _EHLO:
            for line in reply.text.split("\n")[1:]:
                keyword, _, parameters = line.partition(" ")
                self._extensions[keyword.upper()] = parameters
        if self._starttls != "never" and not self._tls:
            if "STARTTLS" in self._extensions:
                self._queue((_Kind.STARTTLS, "STARTTLS", -1))
                return None
            if self._starttls == "must":
                return self._not_ready(_NO_TLS, "starttls", local=True)
        return self._now_ready(reply)

    def _answer_starttls(self, reply: Reply, digit: int) -> ClientEvent:
        if digit == 2:
            # What came in clear text behind this reply may be anyone's (RFC 3207 §4.2).
            self._reader.clear()
            self._upgrading = True
            return StartTlsWanted()
        if self._starttls == "must" or reply.code == 421:
            return self._not_ready(reply, "starttls")
        ehlo = next(step.reply for step in reversed(self._steps[:-1]) if step.reply.positive)
        return self._now_ready(ehlo)

    def _now_ready(self, ehlo: Reply) -> Ready:
        self._shaken = True
        return Ready(self._greeting, ehlo, self._extensions, tuple(self._steps))

    def _not_ready(self, reply: Reply, stage: Stage, *, local: bool = False) -> NotReady:
        if reply.code == 421:
            self.ended = True
        return NotReady(reply, stage, tuple(self._steps), local)
