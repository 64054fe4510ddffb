"""Messages made by chance: nested, encoded, mostly well-formed, and then damaged as an attacker would.

Each leaf holds a mark of its own, so that two readers can be asked which leaves they see.
"""

from __future__ import annotations

from base64 import encodebytes
from binascii import b2a_qp
from random import Random
from typing import Final

ENDS: Final = (b"\r\n", b"\r\n", b"\r\n", b"\n")
TYPES: Final = (b"text/plain", b"text/html", b"application/octet-stream", b"image/png", b"message/rfc822")
_ODD_LINES: Final = (
    b"",
    b" ",
    b"\t",
    b"no field",
    b"X-\xff: y",
    b": y",
    b"--",
    b"Content-Transfer-Encoding: base64",
    b"Content-Transfer-Encoding: 7bit",
    b"Content-Transfer-Encoding: quoted-printable",
    b"Content-Transfer-Encoding : base64",
    b"Content-Transfer-Encoding: base64 ;x",
    b"Content-Type: text/plain",
    b"Content-Type: multipart/mixed; boundary=b0",
    b'Content-Type: multipart/mixed; boundary="b1',
    b"Content-Type: message/rfc822",
    b"From someone Mon Jan  1 00:00:00 2026",
    b"--b0",
    b"--b0--",
    b"--b1",
    b"--b1--",
    b"--b2",
    b"--b0 ",
    b"--b0x",
    b"QUJD=",
    b"====",
    b"\0",
    b"\xef\xbb\xbf",
)
_ODD_OCTETS: Final = b"\r\n\0 \t=-:;\"'()!\xff/\\*?<>ab"


def mark(number: int) -> bytes:
    return b"MARK<%06d>KRAM" % number


class Maker:
    """Makes one message from a source of chance; `marks` are those that it put in."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.end = random.choice(ENDS)
        self.marks: list[bytes] = []
        self._boundaries = 0

    def message(self) -> bytes:
        fields = [b"From: a@example.org", b"Subject: s", b"MIME-Version: 1.0"]
        return self._entity(fields, 0)

    def damaged(self, times: int) -> bytes:
        """A message, damaged so many times."""
        octets = bytearray(self.message())
        for _ in range(times):
            self._damage(octets)
        return bytes(octets)

    def _entity(self, fields: list[bytes], depth: int) -> bytes:
        random = self.random
        if depth < 4 and random.random() < (0.9 if not depth else 0.35):
            return self._multipart(fields, depth)
        kind = random.choice(TYPES)
        if kind == b"message/rfc822" and depth < 4:
            body = self._entity([b"Subject: inner"], depth + 1)
        else:
            body = mark(len(self.marks))
            self.marks.append(body)
            kind = kind if kind != b"message/rfc822" else b"text/plain"
            body = body + b" " + bytes(random.choices(b"abc <>=.\n", k=random.randrange(120))) + body
        fields = [
            *fields,
            b"Content-Type: " + kind + random.choice((b"", b"; charset=utf-8", b'; name="a.exe"')),
        ]
        encoding = random.choice((b"base64", b"quoted-printable", b"7bit", b""))
        if kind == b"message/rfc822" and random.random() < 0.7:
            encoding = b""  # RFC 2046 §5.2.1 forbids another; some are written all the same
        if encoding == b"base64":
            body = encodebytes(body).replace(b"\n", self.end)
        elif encoding == b"quoted-printable":
            body = b2a_qp(body).replace(b"\r\n", b"\n").replace(b"\n", self.end)
        if encoding:
            fields.append(b"Content-Transfer-Encoding: " + encoding)
        random.shuffle(fields)
        return self.end.join([*fields, b"", body])

    def _multipart(self, fields: list[bytes], depth: int) -> bytes:
        random = self.random
        boundary = b"b%d" % self._boundaries
        self._boundaries += 1
        quoted = random.choice((b'"%s"', b"%s")) % boundary
        kind = random.choice((b"mixed", b"alternative", b"related", b"digest", b"mixed"))
        head = self.end.join(
            [*fields, b"Content-Type: multipart/" + kind + b"; boundary=" + quoted, b"", b""]
        )
        pieces = [head, random.choice((b"", b"preamble" + self.end))]
        for _ in range(random.randrange(1, 4)):
            pieces += [b"--", boundary, self.end, self._entity([], depth + 1), self.end]
        if random.random() < 0.9:
            pieces += [b"--", boundary, b"--", self.end]
        return b"".join(pieces)

    def _damage(self, octets: bytearray) -> None:
        random = self.random
        at = random.randrange(len(octets) + 1)
        match random.randrange(8):
            case 0:
                octets[at:at] = bytes(random.choices(_ODD_OCTETS, k=random.randrange(1, 4)))
            case 1:
                del octets[at : at + random.randrange(1, 4)]
            case 2:
                octets[at : at + 1] = bytes(random.choices(_ODD_OCTETS, k=1))
            case 3 | 4:  # a line more, between two
                at = octets.find(b"\n", at) + 1
                octets[at:at] = random.choice(_ODD_LINES) + self.end
            case 5:  # a line less
                at = octets.find(b"\n", at) + 1
                del octets[at : octets.find(b"\n", at) + 1]
            case 6:  # a line twice
                at = octets.find(b"\n", at) + 1
                line = octets[at : octets.find(b"\n", at) + 1]
                octets[at:at] = line
            case _:  # a line elsewhere
                at = octets.find(b"\n", at) + 1
                line = octets[at : octets.find(b"\n", at) + 1]
                to = octets.find(b"\n", random.randrange(len(octets) + 1)) + 1
                octets[to:to] = line
