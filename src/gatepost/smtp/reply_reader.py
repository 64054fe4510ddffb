"""Replies as a peer sends them: octets in, `Reply` values out (RFC 5321 §4.2, RFC 2034).

Tolerant where peers are careless (a bare LF, no text, codes nobody registered), bounded where they could be
hostile: the length of a line, the lines of a reply, its octets. What is no reply becomes a `BadReply`, after
which nothing more can be read: where the next reply begins is no longer known. Knows no commands.
"""

from __future__ import annotations

import re
from typing import Final, final

from msgspec import Struct

from gatepost.reply.reply import Reply

MAX_LINE: Final = 4096  # octets; RFC 5321 §4.5.3.1.5 says 512, real servers say more
MAX_LINES: Final = 200
MAX_REPLY: Final = 65_536  # octets

_LINE = re.compile(rb"([2-5][0-9][0-9])(?:([ -])(.*))?", re.DOTALL)
_ENHANCED = re.compile(r"([245])\.\d{1,3}\.\d{1,3}(?=[ \t]|$)", re.ASCII)


@final
class BadReply(Struct, frozen=True, gc=False):
    """Octets that are no reply, and why."""

    reason: str


class ReplyReader:
    """Read one peer's replies."""

    __slots__ = ("_arrived", "_buffer", "_code", "_failed", "_lines", "_position", "_searched", "_size")

    def __init__(self) -> None:
        self._failed: BadReply | None = None
        self.clear()

    @property
    def buffered(self) -> bool:
        """Whether octets wait that are not part of a reply already given."""
        return self._position < len(self._buffer) or bool(self._arrived) or bool(self._lines)

    def clear(self) -> None:
        """Forget all that came and was not given."""
        self._buffer = b""
        self._position = 0  # what is before it was used
        self._searched = 0  # there is no LF from _position up to here
        self._arrived: list[bytes] = []
        self._lines: list[str] = []  # of a reply that is not complete
        self._code = b""
        self._size = 0

    def receive(self, data: bytes) -> None:
        """Take octets from the peer."""
        if self._position == len(self._buffer) and not self._arrived:
            self._buffer = data
            self._position = self._searched = 0
        else:
            self._arrived.append(data)

    def next_reply(self) -> Reply | BadReply | None:
        """Give the next whole reply; None while more octets are wanted."""
        if self._failed is not None:
            return self._failed
        while True:
            end = self._buffer.find(b"\n", self._searched, self._position + MAX_LINE)
            if end < 0:
                if len(self._buffer) - self._position >= MAX_LINE:
                    return self._fail(f"a line of a reply is longer than {MAX_LINE} octets")
                self._searched = len(self._buffer)
                if not self._arrived:
                    return None
                self._join()
                continue
            start = self._position
            self._position = self._searched = end + 1
            if end > start and self._buffer[end - 1] == 13:
                end -= 1
            line = _LINE.fullmatch(self._buffer, start, end)
            if line is None:
                return self._fail(f"{shown(self._buffer[start:end][:80])!r} is no line of a reply")
            code, mark, text = line.groups()
            if mark != b"-" and not self._lines:
                return _reply(int(code), shown(text) if text else "")
            failure = self._add(code, text or b"")
            if failure is not None:
                return failure
            if mark != b"-":
                return self._multiline()

    def _add(self, code: bytes, text: bytes) -> BadReply | None:
        if self._lines and code[0] != self._code[0]:
            # RFC 5321 §4.2.1 wants one code on all lines. A careless second or third digit changes nothing
            # that counts; with two first digits nobody can say what was meant.
            return self._fail(f"one reply has the codes {self._code.decode()} and {code.decode()}")
        self._code = code
        self._size += len(text) + 6
        self._lines.append(shown(text))
        if len(self._lines) > MAX_LINES:
            return self._fail(f"a reply has more than {MAX_LINES} lines")
        if self._size > MAX_REPLY:
            return self._fail(f"a reply is longer than {MAX_REPLY} octets")
        return None

    def _multiline(self) -> Reply:
        first, *more = self._lines
        self._lines = []
        self._size = 0
        reply = _reply(int(self._code), first)
        if status := reply.enhanced:
            # RFC 2034 §4 puts the status on every line; it is said once.
            more = [line[len(status) + 1 :] if f"{line} ".startswith(f"{status} ") else line for line in more]
        return Reply(reply.code, status, "\n".join((reply.text, *more)))

    def _join(self) -> None:
        rest = self._buffer[self._position :]
        self._searched -= self._position
        self._position = 0
        self._buffer = b"".join((rest, *self._arrived))
        self._arrived.clear()

    def _fail(self, reason: str) -> BadReply:
        self.clear()
        self._failed = BadReply(reason)
        return self._failed


def shown(octets: bytes) -> str:
    """Make a peer's words fit to be shown and kept: printable, "?" for what is not."""
    text = octets.decode(errors="replace")
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else " " if c == "\t" else "?" for c in text)


def _reply(code: int, text: str) -> Reply:
    """Split the enhanced status off the text, when its class agrees with the code's (RFC 2034 §4)."""
    if text[1:2] == ".":
        status = _ENHANCED.match(text)
        if status is not None and ord(status[1]) - 48 == code // 100:
            return Reply(code, status[0], text[status.end() :].lstrip(" \t"))
    return Reply(code, "", text)
