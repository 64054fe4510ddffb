"""The mail that carries an aggregate report (RFC 9990 §3.5): names, subject and content.

Made by whoever sends reports; signing and sending are not done here. The octets are the same whenever the same report
is written again, as a report that is sent twice must be known for the same one (§3.5.2).
"""

from __future__ import annotations

import re
import zlib
from binascii import b2a_base64
from typing import Final

from gatepost.mail.date import date_time
from gatepost.mail.path import is_domain
from gatepost.mailauth.dmarc.report import Report
from gatepost.mailauth.dmarc.report_xml import write_report

_ATOMS: Final = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
_REPORT_ID: Final = re.compile(rf"{_ATOMS}(?:@{_ATOMS})?")
_LONGEST_ID: Final = 200
_NOT_UNIQUE: Final = re.compile(r"[^A-Za-z0-9]")
_BASE64_LINE: Final = 57  # octets: 76 characters, RFC 2045 §6.8


def file_name(report: Report, receiver: str, *, unique: bool = False) -> str:
    """Give the name of the attachment: "receiver!policy-domain!begin!end.xml.gz" (RFC 9990 §3.5.2).

    With `unique` it holds the letters and digits of the report id, for receivers with several reporting systems.
    """
    _check(report, receiver)
    own = f"!{_NOT_UNIQUE.sub('', report.report_id)}" if unique else ""
    return f"{receiver}!{report.policy.domain}!{report.begin}!{report.end}{own}.xml.gz"


def subject(report: Report, submitter: str) -> str:
    """Give the subject in one line: "Report Domain: ... Submitter: ... Report-ID: <...>" (RFC 9990 §3.5.2)."""
    _check(report, submitter)
    return f"Report Domain: {report.policy.domain} Submitter: {submitter} Report-ID: <{report.report_id}>"


def report_mail(
    report: Report,
    *,
    submitter: str,
    author: str,
    recipients: tuple[str, ...],
    message_id: str,
    second: int,
    offset: int = 0,
) -> bytes:
    """Write the content of the message, in 7-bit lines.

    `submitter` is the domain that the report comes from, `author` our address (it must pass DMARC, so sign it),
    `message_id` is without angle brackets; `second` (now) is in seconds since 1970, `offset` in minutes east of UTC.

    Raises ValueError for a report without rows, names that are no domains, addresses or ids that fit in no line.
    """
    for address in (author, *recipients):
        if not address.isascii() or not address.isprintable() or len(address) > 320:
            raise ValueError(f"{address!r} cannot stand in a header")
    if not recipients or _REPORT_ID.fullmatch(message_id) is None:
        raise ValueError("a report is sent to somebody, and has a Message-ID of dots and atoms")
    name = file_name(report, submitter)
    packed = _gzip(write_report(report))
    boundary = f"=_{_NOT_UNIQUE.sub('', report.report_id)}/0"  # "_" and "/" are in neither part
    about = (
        subject(report, submitter)
        .replace(" Submitter:", "\r\n Submitter:")
        .replace(" Report-ID:", "\r\n Report-ID:")
    )
    period = f"from {date_time(report.begin)} to {date_time(report.end)}"
    lines = [
        f"From: <{author}>",
        "To: " + ",\r\n ".join([f"<{recipient}>" for recipient in recipients]),
        f"Subject: {about}",
        f"Date: {date_time(second, offset)}",
        f"Message-ID: <{message_id}>",
        "Auto-Submitted: auto-generated",  # RFC 3834 §5
        "MIME-Version: 1.0",
        f'Content-Type: multipart/mixed;\r\n boundary="{boundary}"',
        "",
        f"--{boundary}",
        "Content-Type: text/plain; charset=us-ascii",
        "Content-Transfer-Encoding: 7bit",
        "",
        f"This is a DMARC aggregate report (RFC 9990) of {submitter}",
        f"about mail that names {report.policy.domain} as its author's domain,",
        f"{period}.",
        f"Messages: {report.messages}",
        "",
        f"--{boundary}",
        "Content-Type: application/gzip",
        f'Content-Disposition: attachment;\r\n filename="{name}"',
        "Content-Transfer-Encoding: base64",
        "",
        *(_base64(packed)),
        f"--{boundary}--",
        "",
    ]
    return "\r\n".join(lines).encode("ascii")


def _check(report: Report, host: str) -> None:
    """Refuse what would not be valid, and could end a line or a quoted string."""
    for domain in (report.policy.domain, host):
        if not is_domain(domain):
            raise ValueError(f"{domain!r} is no domain")
    if _REPORT_ID.fullmatch(report.report_id) is None or len(report.report_id) > _LONGEST_ID:
        raise ValueError(f"{report.report_id!r} is no report id: it takes atoms with dots (RFC 9990 §3.5.1)")


def _gzip(octets: bytes) -> bytes:
    packing = zlib.compressobj(9, wbits=zlib.MAX_WBITS | 16)  # a header without time and name
    return packing.compress(octets) + packing.flush()


def _base64(octets: bytes) -> list[str]:
    return [
        b2a_base64(octets[start : start + _BASE64_LINE], newline=False).decode("ascii")
        for start in range(0, len(octets), _BASE64_LINE)
    ]
