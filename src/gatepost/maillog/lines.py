"""Octets of a log to lines of text, sans I/O: give it pieces of any length, get the lines that are complete.

Whatever comes is taken: CR, LF or CRLF, NUL, UTF-8 with lines of another encoding among them, UTF-16 that begins
with its mark, and entries of `journalctl -o export`, which come out as one text each. A line is kept to BOUND
octets, so memory is bounded by that and by the piece given. Nothing here knows frames or mail.
"""

from __future__ import annotations

import codecs
import re
from typing import Final

BOUND: Final = 65_536
# An entry's first field: systemd's "Journal Export Formats".
_ENTRY: Final = b"__CURSOR="
_FIELD: Final = re.compile(rb"([A-Z_][A-Z0-9_]{0,63})(?:=([\s\S]*))?\Z")
_WANTED: Final = frozenset(
    b"__REALTIME_TIMESTAMP _SOURCE_REALTIME_TIMESTAMP _HOSTNAME SYSLOG_IDENTIFIER _COMM SYSLOG_PID _PID "
    b"MESSAGE".split()
)
_LENGTH: Final = 8  # octets of the number that tells how long a binary field is


class Lines:
    """Take pieces of a log and give its lines, each without its end.

    `cut` counts lines that were longer than BOUND: what was beyond is lost.
    """

    def __init__(self) -> None:
        self.cut = 0
        self._head: bytes | None = b""  # the first octets, until they are enough to hold a mark
        self._wide: codecs.IncrementalDecoder | None = None
        self._carriage = False  # the last piece ended with a CR, whose LF may still come
        self._pending = bytearray()
        self._passing = False  # what is pending is cut; the rest of its line is passed over
        self._fresh = True  # what is pending is all that came of its line
        self._entry: _Entry | None = None

    def receive(self, data: bytes) -> list[str]:
        """Take the next octets; give the lines that they complete."""
        return self._receive(self._as_utf8(data, final=False))

    def _receive(self, data: bytes) -> list[str]:
        if self._carriage and data:
            data = b"\r" + data
            self._carriage = False
        pending = self._pending
        if pending and self._fresh and _ENTRY.startswith(pending):
            data = bytes(pending) + data
            pending.clear()
        lines: list[str] = []
        at = 0
        while at < len(data):
            if self._entry is None:
                at = self._take(data, at, lines)
            else:
                at = self._entry.take(data, at)
                self._close_entry(lines)
        return lines

    def end(self) -> list[str]:
        """Give the last line where it has no end; the log is over."""
        lines = self._receive(self._as_utf8(b"", final=True))
        if self._entry is not None:
            self._entry.finish()
            self._close_entry(lines)
        if self._pending or self._carriage:
            self._carriage = False
            lines.append(self._finish(b""))
        return lines

    def _as_utf8(self, data: bytes, *, final: bool) -> bytes:
        if self._head is not None:
            data = self._head + data
            if len(data) < len(codecs.BOM_UTF8) and not final:
                self._head = data
                return b""
            self._head = None
            if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
                self._wide = codecs.getincrementaldecoder("utf-16")("replace")
            data = data.removeprefix(codecs.BOM_UTF8)
        if self._wide is None:
            return data
        return self._wide.decode(data, final).encode("utf-8", "replace")

    def _take(self, data: bytes, at: int, lines: list[str]) -> int:
        """Take lines of text; give the place where that ends, which is where an entry of the journal begins."""
        fresh = self._fresh and not self._pending
        if fresh and data.startswith(_ENTRY, at):
            self._entry = _Entry()
            return at
        stop = data.find(b"\n" + _ENTRY, at) + 1
        piece = data[at : stop or len(data)]
        begin = piece.rfind(b"\n") + 1
        unfinished = piece[begin : begin + len(_ENTRY)]
        if b"\0" in piece:  # a crash leaves runs of them in a log
            piece = piece.replace(b"\0", b"")
        if b"\r" in piece:
            if piece.endswith(b"\r"):
                self._carriage = True
                piece = piece[:-1]
            piece = piece.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        end = piece.rfind(b"\n")
        if end >= 0:
            first = piece.find(b"\n")
            lines.append(self._finish(piece[:first]))
            if first < end:
                self._whole(piece[first + 1 : end], lines)
        self._keep(piece[end + 1 :])
        self._fresh = (fresh or begin > 0) and self._pending == unfinished
        return stop or len(data)

    def _whole(self, piece: bytes, lines: list[str]) -> None:
        """Take lines none of which goes beyond the piece, all in one where they are of common length and UTF-8."""
        if not _has_long(piece):
            try:
                lines += piece.decode().split("\n")
            except UnicodeDecodeError:
                pass
            else:
                return
        for line in piece.split(b"\n"):
            lines.append(self._finish(line))

    def _keep(self, data: bytes) -> None:
        room = BOUND - len(self._pending)
        if self._passing:
            return
        if len(data) > room:
            data = data[:room]
            self._passing = True
            self.cut += 1
        self._pending += data

    def _finish(self, data: bytes) -> str:
        """Give what is pending and what came to it as a line."""
        self._keep(data)
        line = bytes(self._pending)
        self._pending.clear()
        if self._passing:
            self._passing = False
            return _text_of_cut(line)
        return text_of(line)

    def _close_entry(self, lines: list[str]) -> None:
        entry = self._entry
        if entry is not None and entry.over:
            lines.append(entry.text())
            self.cut += entry.cut
            if entry.stray:
                lines.append(text_of(entry.stray))
            self._entry = None
            self._fresh = True


class _Entry:
    """An entry of the journal's export format: fields, one a line or binary with their length, up to an empty line.

    Only the fields that a frame is made of are kept, each once. A line that is no field ends the entry: `stray`.
    """

    def __init__(self) -> None:
        self.over = False
        self.cut = False
        self.stray = b""
        self._fields: dict[bytes, bytes] = {}
        self._pending = bytearray()
        self._name = b""
        self._length = -1  # of the binary field that is being read
        self._passed = 0  # octets of the line or field that did not fit

    def take(self, data: bytes, at: int) -> int:
        """Take octets from a place on; give the place after what belongs to the entry."""
        while at < len(data) and not self.over:
            at = self._take_binary(data, at) if self._name else self._take_line(data, at)
        return at

    def finish(self) -> None:
        """End the entry where the log ends."""
        if not self._name and self._pending:
            self._line(bytes(self._pending))
        elif self._length >= 0:
            self._put(self._name, bytes(self._pending))
        self.over = True

    def text(self) -> str:
        """Give the fields as lines "NAME=value"."""
        fields = [name + b"=" + value.replace(b"\n", b" ") for name, value in self._fields.items()]
        return text_of(b"\n".join([_ENTRY, *fields]).replace(b"\0", b""))

    def _take_line(self, data: bytes, at: int) -> int:
        end = data.find(b"\n", at)
        self._keep(data, at, len(data) if end < 0 else end)
        if end < 0:
            return len(data)
        line = bytes(self._pending)
        self._pending.clear()
        self._line(line)
        return end + 1

    def _line(self, line: bytes) -> None:
        if not line:
            self.over = True
            return
        found = _FIELD.match(line)
        if found is None:
            self.stray = line
            self.over = True
        elif found[2] is None:
            self._name = found[1]
            self._length = -1
        else:
            self._put(found[1], found[2])
        self._passed = 0

    def _take_binary(self, data: bytes, at: int) -> int:
        if self._length < 0:
            end = min(len(data), at + _LENGTH - len(self._pending))
            self._pending += data[at:end]
            if len(self._pending) == _LENGTH:
                self._length = int.from_bytes(self._pending, "little")
                self._pending.clear()
            return end
        end = min(len(data), at + self._length - len(self._pending) - self._passed)
        self._keep(data, at, end)
        if len(self._pending) + self._passed == self._length and end < len(data):
            self._put(self._name, bytes(self._pending))
            self._pending.clear()
            self._name = b""
            self._passed = 0
            return end + 1  # a line feed ends it
        return end

    def _keep(self, data: bytes, begin: int, end: int) -> None:
        room = BOUND - len(self._pending)
        self._pending += data[begin : min(end, begin + room)]
        self._passed += max(0, end - begin - room)

    def _put(self, name: bytes, value: bytes) -> None:
        if name in _WANTED:
            self.cut = self.cut or self._passed > 0
            self._fields.setdefault(name, value)


def _has_long(piece: bytes) -> bool:
    """Tell whether a line is longer than BOUND, looking only at a few places of the piece."""
    at = 0
    while at + BOUND < len(piece):
        end = piece.rfind(b"\n", at, at + BOUND + 1)
        if end < 0:
            return True
        at = end + 1
    return False


def text_of(line: bytes) -> str:
    """Give a line's text: UTF-8, else Windows-1252, which leaves five octets open, else Latin-1."""
    for encoding in ("utf-8", "cp1252"):
        try:
            return line.decode(encoding)
        except UnicodeDecodeError:
            continue
    return line.decode("latin-1")


def _text_of_cut(line: bytes) -> str:
    """Give the text of a line that was cut, perhaps within a character."""
    try:
        return line.decode()
    except UnicodeDecodeError as error:
        if error.start >= len(line) - 3:
            return line[: error.start].decode()
    return text_of(line)
