"""What a file or a message holds of reports: aggregate ones as XML, gzip or zip, and failure reports.

Bounded in octets, parts and levels; nothing here raises, and what is no report says why.
"""

from __future__ import annotations

import re
from typing import Final

from gatepost.mail.bounce.parts import Part, leaves, split
from gatepost.mailauth.dmarc.failure import FailureReport, read_failure
from gatepost.mailauth.dmarc.report import Report
from gatepost.mailauth.dmarc.report_xml import Unreadable, read_report

MAX_OCTETS: Final = 1 << 24  # of a message: a report of 10 MiB in Base64
MAX_REPORTS: Final = 16  # of one message
_TYPES: Final = frozenset(
    (
        *(
            "application/gzip",
            "application/x-gzip",
            "application/gzip-compressed",
            "application/x-gzip-compressed",
        ),
        *("application/zip", "application/x-zip", "application/x-zip-compressed"),
        *("application/xml", "text/xml", "application/octet-stream"),
    )
)
_NAME: Final = re.compile(r"name\*?[0-9]{0,2}\*?=[^;]{0,300}\.(?:xml|gz|gzip|zip)\b", re.IGNORECASE)
_PACKED: Final = (b"\x1f\x8b", b"PK\x03\x04")

Found = Report | FailureReport | Unreadable
_NOTHING: Final = Unreadable("it holds no report: neither XML, nor packed, nor a failure report")
_TOO_LARGE: Final = Unreadable(f"it is larger than {MAX_OCTETS >> 20} MiB")


def read_file(octets: bytes) -> tuple[Found, ...]:
    """Read a file of whatever form: a report as it is, packed, or the message that carries some."""
    if octets.startswith(_PACKED) or octets[:200].lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        return (read_report(octets),)
    return read_message(octets)


def read_message(octets: bytes) -> tuple[Found, ...]:
    """Read the reports in a message: at least one value, an `Unreadable` when there is none."""
    if len(octets) > MAX_OCTETS:
        return (_TOO_LARGE,)
    whole = split(octets.replace(b"\r\n", b"\n").replace(b"\r", b"\n").lstrip(b"\n"))
    found: list[Found] = []
    parts = list(leaves(whole))
    for number, part in enumerate(parts):
        if len(found) >= MAX_REPORTS:
            break
        if part.type == "message/feedback-report":
            found.append(read_failure(part.decoded(), _returned(parts[number + 1 :])))
        elif _may_be_report(part):
            report = read_report(part.decoded())
            if part.type != "application/octet-stream" or not isinstance(report, Unreadable):
                found.append(report)
    return tuple(found) or (_NOTHING,)


def _may_be_report(part: Part) -> bool:
    if part.type in _TYPES:
        return True
    name = part.field("content-disposition") + ";" + part.field("content-type")
    return _NAME.search(name[:1000]) is not None


def _returned(parts: list[Part]) -> bytes:
    """Find the header of the message that a failure report is about."""
    for part in parts:
        if part.type in ("message/rfc822", "text/rfc822-headers", "message/rfc822-headers", "text/rfc822"):
            return part.decoded()
    return b""
