"""Messages that hide a payload from a reader who looks less closely, each with the doubt that must be named.

They are built, not recorded; the payload is a harmless word. One row a trick, so that a new one is one line.
"""

from __future__ import annotations

import struct
from base64 import b64encode
from binascii import b2a_uu
from typing import Final

from gatepost.mail.mime import Trick

PAYLOAD: Final = b"PAYLOAD-8d21-the-word-that-must-be-seen"
B64: Final = b64encode(PAYLOAD)
HEAD: Final = b"From: a@example.org\r\nSubject: s\r\nMIME-Version: 1.0\r\n"


def mixed(*parts: bytes, boundary: bytes = b"b", head: bytes = HEAD, closing: bytes = b"--b--\r\n") -> bytes:
    """A multipart of these parts, each with its header."""
    body = b"".join([b"--" + boundary + b"\r\n" + part + b"\r\n" for part in parts])
    return head + b'Content-Type: multipart/mixed; boundary="' + boundary + b'"\r\n\r\n' + body + closing


def part(*fields: bytes, body: bytes = B64) -> bytes:
    return b"".join([field + b"\r\n" for field in fields]) + b"\r\n" + body


TYPE: Final = b"Content-Type: application/octet-stream"
CTE: Final = b"Content-Transfer-Encoding: base64"
TEXT: Final = part(b"Content-Type: text/plain", body=b"Hello.")


def uu(octets: bytes, name: bytes = b"a.exe") -> bytes:
    lines = [b2a_uu(octets[at : at + 45]) for at in range(0, len(octets), 45)]
    return b"begin 644 " + name + b"\n" + b"".join(lines) + b"`\nend\n"


def tnef(name: bytes, octets: bytes) -> bytes:
    def record(attribute: int, value: bytes) -> bytes:
        return struct.pack("<BII", 2, attribute, len(value)) + value + struct.pack("<H", sum(value) & 0xFFFF)

    return (
        b"\x78\x9f\x3e\x22\x01\x00"
        + record(0x00069002, b"\0" * 14)
        + record(0x00018010, name + b"\0")
        + record(0x0006800F, octets)
    )


INNER: Final = mixed(TEXT, part(TYPE, CTE))
SPLIT: Final = len(B64) // 2 // 4 * 4

TRICKS: Final[dict[str, tuple[bytes, Trick | None]]] = {
    # Encodings
    "plain base64": (mixed(TEXT, part(TYPE, CTE)), None),
    "two encodings, the second counts": (
        mixed(part(TYPE, b"Content-Transfer-Encoding: 7bit", CTE)),
        Trick.ENCODING_TWICE,
    ),
    "two encodings, the first counts": (
        mixed(part(TYPE, CTE, b"Content-Transfer-Encoding: 7bit")),
        Trick.ENCODING_TWICE,
    ),
    "two encodings, both decode": (
        mixed(part(TYPE, b"Content-Transfer-Encoding: quoted-printable", CTE)),
        Trick.ENCODING_TWICE,
    ),
    "an encoding with a parameter": (
        mixed(part(TYPE, b"Content-Transfer-Encoding: base64 ;x")),
        Trick.ENCODING_BROKEN,
    ),
    "an encoding with a comment": (
        mixed(part(TYPE, b"Content-Transfer-Encoding: (a(b)) base64 (c)")),
        Trick.ENCODING_BROKEN,
    ),
    "an encoding in quotes": (
        mixed(part(TYPE, b'Content-Transfer-Encoding: "base64"')),
        Trick.ENCODING_BROKEN,
    ),
    "an encoding with a comma": (
        mixed(part(TYPE, b"Content-Transfer-Encoding: 7bit, base64")),
        Trick.ENCODING_BROKEN,
    ),
    "an encoding written with a hyphen": (
        mixed(part(TYPE, b"Content-Transfer-Encoding: base-64")),
        Trick.ENCODING_BROKEN,
    ),
    "an encoding folded away": (mixed(part(TYPE, b"Content-Transfer-Encoding:\r\n base64")), None),
    "an encoding folded by an empty fold": (
        mixed(part(TYPE, b"Content-Transfer-Encoding:\r\n \r\n base64")),
        Trick.HEADER_BLANK_FOLD,
    ),
    "a space before the colon": (
        mixed(part(TYPE, b"Content-Transfer-Encoding : base64")),
        Trick.SPACE_BEFORE_COLON,
    ),
    "an 8-bit field name before the encoding": (
        mixed(part(TYPE, b"X-\xe4: y", CTE)),
        Trick.FIELD_NAME_ODD,
    ),
    "an 8-bit octet in the name of the encoding": (
        mixed(part(TYPE, b"Content-Transfer-Encoding\xa0: base64")),
        Trick.FIELD_NAME_ODD,
    ),
    "a NUL in the name of the encoding": (
        mixed(part(TYPE, b"Content-Transfer-\0Encoding: base64")),
        Trick.FIELD_NAME_ODD,
    ),
    "a line that is no field before the encoding": (
        mixed(part(TYPE, b"this is no field", CTE)),
        Trick.HEADER_JUNK,
    ),
    "no blank line before the body": (
        mixed(TYPE + b"\r\n" + CTE + b"\r\n" + B64 + b"\r\n\r\nmore"),
        Trick.HEADER_JUNK,
    ),
    "no blank line at all": (mixed(TYPE + b"\r\n" + CTE + b"\r\n" + B64), Trick.HEADER_JUNK),
    "a blank line before the header": (
        b"\r\n" + HEAD + TYPE + b"\r\n" + CTE + b"\r\n\r\n" + B64,
        Trick.HEADER_LATE,
    ),
    "junk in base64": (
        mixed(part(TYPE, CTE, body=B64[:9] + b"!\r\n*" + B64[9:])),
        Trick.BASE64_JUNK,
    ),
    "8-bit junk in base64": (
        mixed(part(TYPE, CTE, body=B64[:9] + b"\xff\xfe" + B64[9:])),
        Trick.BASE64_JUNK,
    ),
    "padding in the middle, aligned": (
        mixed(part(TYPE, CTE, body=b64encode(b"x") + B64)),
        Trick.BASE64_PADDING,
    ),
    "padding in the middle, readers go on": (
        mixed(part(TYPE, CTE, body=B64[:6] + b"=" + B64[6:])),
        Trick.BASE64_PADDING,
    ),
    "data behind the end of base64": (
        mixed(part(TYPE, CTE, body=B64 + b"=\r\n\r\n-- \r\nA footer, by the list")),
        Trick.BASE64_TRAILING,
    ),
    "base64 without padding": (
        mixed(part(TYPE, CTE, body=b64encode(b"x" + PAYLOAD).rstrip(b"="))),
        Trick.BASE64_UNPADDED,
    ),
    "base64 in the alphabet of addresses": (
        mixed(part(TYPE, CTE, body=b64encode(b"???>>>" + PAYLOAD, altchars=b"-_"))),
        Trick.BASE64_JUNK,
    ),
    "uuencode as encoding": (
        mixed(part(TYPE, b"Content-Transfer-Encoding: x-uuencode", body=uu(PAYLOAD))),
        None,
    ),
    "a soft line break with spaces": (
        mixed(
            part(
                TYPE,
                b"Content-Transfer-Encoding: quoted-printable",
                body=PAYLOAD[:9] + b"=  \r\n" + PAYLOAD[9:],
            )
        ),
        None,
    ),
    # Structure
    "two boundaries, the second cuts": (
        HEAD
        + b"Content-Type: multipart/mixed; boundary=none; boundary=b\r\n\r\n--b\r\n"
        + part(TYPE, CTE)
        + b"\r\n--b--\r\n",
        Trick.BOUNDARY_BROKEN,
    ),
    "two boundaries that cut both": (
        HEAD
        + b"Content-Type: multipart/mixed; boundary=c; boundary=b\r\n\r\n--b\r\n"
        + part(TYPE, CTE)
        + b"\r\n--c\r\n\r\nHello\r\n--b--\r\n--c--\r\n",
        Trick.BOUNDARY_TWICE,
    ),
    "two types, the second cuts": (
        HEAD
        + b"Content-Type: text/plain\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n"
        + part(TYPE, CTE)
        + b"\r\n--b--\r\n",
        Trick.TYPE_TWICE,
    ),
    "two types, the first cuts": (
        HEAD
        + b"Content-Type: multipart/mixed; boundary=b\r\nContent-Type: text/plain\r\n\r\n--b\r\n"
        + part(TYPE, CTE)
        + b"\r\n--b--\r\n",
        Trick.TYPE_TWICE,
    ),
    "a type with a comment": (
        INNER.replace(b"multipart/mixed;", b"multipart (x) / (y;) mixed (z);"),
        Trick.TYPE_BROKEN,
    ),
    "a type in quotes": (INNER.replace(b"multipart/mixed;", b'"multipart/mixed";'), Trick.TYPE_BROKEN),
    "a type without a subtype": (INNER.replace(b"multipart/mixed;", b"multipart;"), Trick.TYPE_BROKEN),
    "a type without a semicolon": (INNER.replace(b"multipart/mixed;", b"multipart/mixed"), None),
    "a type that is not multipart, with a boundary": (
        INNER.replace(b"multipart/mixed;", b"text/plain;"),
        Trick.MULTIPART_UNDECLARED,
    ),
    "a boundary that is not there": (
        INNER.replace(b'boundary="b"', b'boundary="other"'),
        Trick.BOUNDARY_UNUSED,
    ),
    "no boundary": (INNER.replace(b'; boundary="b"', b""), Trick.BOUNDARY_MISSING),
    "an empty boundary": (INNER.replace(b'boundary="b"', b'boundary=""'), Trick.BOUNDARY_PREFIX),
    "a boundary by RFC 2231": (INNER.replace(b'boundary="b"', b"boundary*=us-ascii''b"), None),
    "a boundary in pieces": (
        INNER.replace(b"--b", b"--bcd").replace(b'boundary="b"', b"boundary*1=cd; boundary*0=b"),
        None,
    ),
    "a boundary with a quote within": (
        INNER.replace(b'boundary="b"', b'boundary="b""'),
        None,
    ),
    "a boundary whose quote is not closed": (
        INNER.replace(b'boundary="b"', b'boundary="b'),
        None,
    ),
    "a boundary with a backslash": (INNER.replace(b'boundary="b"', b'boundary="\\b"'), None),
    "a boundary with space at its end": (INNER.replace(b'boundary="b"', b'boundary="b  "'), None),
    "a boundary in single quotes": (
        INNER.replace(b'boundary="b"', b"boundary='b'"),
        Trick.BOUNDARY_UNUSED,
    ),
    "a boundary too long": (
        mixed(part(TYPE, CTE), boundary=b"b" * 100, closing=b"--" + b"b" * 100 + b"--\r\n"),
        Trick.BOUNDARY_LONG,
    ),
    "a boundary cut at seventy": (
        mixed(part(TYPE, CTE), boundary=b"b" * 70).replace(b'="' + b"b" * 70, b'="' + b"b" * 100),
        Trick.BOUNDARY_LONG,
    ),
    "a boundary that begins like the one around it": (
        mixed(
            b'Content-Type: multipart/mixed; boundary="bc"\r\n\r\n--bc\r\n' + part(TYPE, CTE) + b"\r\n--bc--"
        ),
        Trick.BOUNDARY_PREFIX,
    ),
    "the boundary of the one around it": (
        mixed(b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\n' + part(TYPE, CTE) + b"\r\n--b--"),
        None,
    ),
    "a delimiter with more behind it": (
        HEAD
        + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b x\r\n"
        + part(TYPE, CTE)
        + b"\r\n--b--\r\n",
        Trick.BOUNDARY_PREFIX,
    ),
    "a delimiter behind a bare CR": (
        HEAD
        + b"Content-Type: multipart/mixed; boundary=b\r\n\r\nx\r--b\r\n"
        + part(TYPE, CTE)
        + b"\r\n--b--\r\n",
        None,
    ),
    "no closing delimiter": (mixed(part(TYPE, CTE), closing=b""), Trick.CLOSING_MISSING),
    "a part behind the closing delimiter": (
        mixed(TEXT, closing=b"--b--\r\n--b\r\n" + part(TYPE, CTE) + b"\r\n--b--\r\n"),
        Trick.PARTS_AFTER_CLOSING,
    ),
    "a closing delimiter that some readers skip": (
        HEAD
        + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n--b--\r\n"
        + part(TYPE, CTE)
        + b"\r\n",
        Trick.PARTS_AFTER_CLOSING,
    ),
    "a payload in the preamble": (
        INNER.replace(b"--b\r\n", uu(PAYLOAD) + b"\r\n--b\r\n", 1).replace(B64, b""),
        Trick.UUENCODE,
    ),
    "a payload in the epilogue": (mixed(TEXT, closing=b"--b--\r\n" + PAYLOAD), None),
    "a multipart in base64": (
        HEAD
        + b'Content-Type: multipart/mixed; boundary="b"\r\n'
        + CTE
        + b"\r\n\r\n"
        + b64encode(b"--b\r\n" + part(TYPE, CTE) + b"\r\n--b--\r\n"),
        Trick.MULTIPART_ENCODED,
    ),
    "a delimiter in the header": (
        HEAD + b"Content-Type: multipart/mixed; boundary=b\r\n--b\r\n" + part(TYPE, CTE) + b"\r\n--b--\r\n",
        Trick.HEADER_JUNK,
    ),
    "lines that end in LF": (INNER.replace(b"\r\n", b"\n"), None),
    "lines that end in CR": (INNER.replace(b"\r\n", b"\r"), Trick.BARE_LINE_END),
    "a bare CR hides the encoding": (
        mixed(part(TYPE, b"X: y\rContent-Transfer-Encoding: base64")),
        Trick.BARE_LINE_END,
    ),
    # Messages within
    "a message within": (mixed(b"Content-Type: message/rfc822\r\n\r\n" + part(TYPE, CTE)), None),
    "a message within, in base64": (
        mixed(b"Content-Type: message/rfc822\r\n" + CTE + b"\r\n\r\n" + b64encode(INNER)),
        Trick.MESSAGE_ENCODED,
    ),
    "a message within a digest": (
        mixed(b"\r\n" + part(TYPE, CTE)).replace(b"multipart/mixed", b"multipart/digest"),
        None,
    ),
    "a piece of a message": (
        HEAD + b"Content-Type: message/partial; id=x; number=1; total=2\r\n\r\n" + INNER,
        Trick.MESSAGE_PARTIAL,
    ),
    "a message of the old post office": (INNER.join((b"From a@b Mon Jan  1 00:00:00 2026\r\n", b"")), None),
    # Files within
    "uuencode in text": (
        mixed(part(b"Content-Type: text/plain", body=b"Look:\n" + uu(PAYLOAD))),
        Trick.UUENCODE,
    ),
    "uuencode in encoded text": (
        mixed(part(b"Content-Type: text/plain", CTE, body=b64encode(b"Look:\n" + uu(PAYLOAD)))),
        Trick.UUENCODE,
    ),
    "uuencode in base64": (
        mixed(part(b"Content-Type: text/plain", body=b"begin-base64 644 a.exe\n" + B64 + b"\n====\n")),
        Trick.UUENCODE,
    ),
    "an attachment in a TNEF": (
        mixed(part(b"Content-Type: application/ms-tnef", CTE, body=b64encode(tnef(b"a.exe", PAYLOAD)))),
        Trick.TNEF,
    ),
    "an attachment in a TNEF of no such type": (
        mixed(part(TYPE, CTE, body=b64encode(tnef(b"a.exe", PAYLOAD)))),
        Trick.TNEF,
    ),
}
"""Name of the trick: the message, and the doubt that it must raise, if it must raise one."""
