"""Delivery reports: what the author of a message is told when it was not delivered, or not yet (RFC 3464).

Made by delivery, spooled like any message with the reverse-path `<>`, never in answer to `<>`. The words
for people come first and are passed in (what the explanation says); then the same for programs; then the
header of the message in question. The content is never sent back. What another host said is quoted word by
word, but cannot add a field or part.
"""

from __future__ import annotations

import re
from binascii import b2a_qp
from collections.abc import Sequence
from typing import Final, Literal

from msgspec import Struct

from gatepost.mail.date import date_time
from gatepost.mail.header import glance

MAX_RECIPIENTS: Final = 2000  # of one report: as many as one transaction can have
MAX_REPORT: Final = 1 << 24  # octets; a report about one recipient stays below 64 KiB
_MAX_RETURNED: Final = 1 << 14  # octets of the message's header
_MAX_WORDS: Final = 2000  # characters of what was said or is to be said about one recipient
_MAX_ADDRESS: Final = 320
_MAX_LINE: Final = 990  # octets, RFC 5322 §2.1.1
_TOLD: Final = 20  # recipients that the words for people go into
_ALL_DIAGNOSTICS: Final = 1 << 18
_STATUS: Final = re.compile(r"[245]\.[0-9]{1,3}\.[0-9]{1,3}")
_MESSAGE_ID: Final = re.compile(r"<[!-;=?-~]{1,250}>")
_CONTROL: Final = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_BROKEN_LINE_END: Final = re.compile(rb"\r\n|\r|\n|\0")


class Undelivered(Struct, frozen=True, kw_only=True):
    """One recipient of a report.

    `reply` is what was said about it, as "550 5.1.1 No such user", with its line ends; `peer` is the
    name of the host that said it, "" when no host did (connection refused, time ran out). `status` is the
    enhanced status code, "" when there is none. `meaning` and `action` are the explanation, in sentences
    for people. `original` is the address that the author gave, where it is known to differ.
    """

    address: str
    reply: str
    peer: str = ""
    status: str = ""
    meaning: str = ""
    action: str = ""
    original: str = ""


def delivery_report(
    *,
    action: Literal["failed", "delayed"],
    host: str,
    report_id: str,
    message_id: str,
    reverse_path: str,
    recipients: Sequence[Undelivered],
    header: bytes,
    arrived: int,
    second: int,
    until: int = 0,
    offset: int = 0,
    smtputf8: bool = False,
) -> bytes:
    """Give a report as the content of a message, in 7-bit lines unless `smtputf8`.

    `report_id` and `message_id` are our ids of the report and of the message that it is about; `header` is
    that message's content from its start, of which the header is returned; `arrived`, `second` (now) and
    `until` (when trying ends, for "delayed") are seconds since 1970. With `smtputf8` (the message came with
    it, RFC 6531) the report holds UTF-8 and is to be sent with SMTPUTF8 and 8BITMIME.

    Raises ValueError for no or too many recipients, or a reverse-path that is empty or needs SMTPUTF8.
    """
    if not 0 < len(recipients) <= MAX_RECIPIENTS:
        raise ValueError(f"a report is about 1 to {MAX_RECIPIENTS} recipients, not {len(recipients)}")
    if not reverse_path or not (smtputf8 or reverse_path.isascii()):
        raise ValueError("a report needs a reverse-path that it can be sent to")
    returned = _header_block(header)
    about = glance(returned)
    words = _for_people(action, host, message_id, about.subject, recipients, until, offset)
    fields = _for_programs(action, host, recipients, arrived, second, until, offset, smtputf8)
    parts = (
        _part("text/plain; charset=utf-8", "Explanation", words.encode("utf-8", "replace"), eightbit=False),
        _part(
            "message/global-delivery-status" if smtputf8 else "message/delivery-status",
            "Delivery report",
            fields.encode("utf-8", "replace"),
            eightbit=smtputf8,
        ),
        _part(
            "message/global-headers" if smtputf8 else "text/rfc822-headers; charset=utf-8",
            "Header of the message",
            returned,
            eightbit=smtputf8,
        ),
    )
    boundary = _boundary(report_id, parts)
    what = "could not be delivered" if action == "failed" else "is delayed"
    reference = about.message_id if _MESSAGE_ID.fullmatch(about.message_id) else ""
    head = [
        f"From: Mail gateway <mailer-daemon@{host}>",
        f"To: <{_line(reverse_path, _MAX_ADDRESS)}>",
        f"Subject: Your message {what}",
        f"Date: {date_time(second, offset)}",
        f"Message-ID: <{report_id}@{host}>",
        *((f"In-Reply-To: {reference}", f"References: {reference}") if reference else ()),
        "Auto-Submitted: auto-replied",  # RFC 3834 §5: so that nothing answers this on its own
        "MIME-Version: 1.0",
        f'Content-Type: multipart/report; report-type=delivery-status;\r\n boundary="{boundary}"',
    ]
    if smtputf8:
        head.append("Content-Transfer-Encoding: 8bit")
    delimiter = f"--{boundary}\r\n".encode("ascii")
    return b"".join(
        (
            "\r\n".join(head).encode("utf-8", "replace"),
            b"\r\n\r\nThis is a report about a message, in the form of RFC 3464.\r\n\r\n",
            *(delimiter + part + b"\r\n" for part in parts),
            delimiter[:-2] + b"--\r\n",
        )
    )


def _for_people(
    action: str,
    host: str,
    message_id: str,
    subject: str,
    recipients: Sequence[Undelivered],
    until: int,
    offset: int,
) -> str:
    lines = [f"This is the mail gateway at {host}.", ""]
    named = f'Your message "{subject}"' if subject else "Your message"
    if action == "failed":
        lines.append(f"{named} was not delivered to:")
    else:
        lines.append(f"{named} has not been delivered yet to:")
    for recipient in recipients[:_TOLD]:
        lines += ["", f"  {_line(recipient.original or recipient.address, _MAX_ADDRESS)}"]
        if recipient.meaning:
            lines += ["", f"    What happened: {_line(recipient.meaning, _MAX_WORDS)}"]
        if recipient.action:
            lines += ["", f"    What to do: {_line(recipient.action, _MAX_WORDS)}"]
        who = f"{_line(recipient.peer, _MAX_ADDRESS)} said" if recipient.peer else "Why"
        said = [_line(line, _MAX_WORDS) for line in recipient.reply[:_MAX_WORDS].split("\n")]
        lines += ["", f"    {who}:", *(f"      {line}" for line in said)]
    if len(recipients) > _TOLD:
        lines += ["", f"  and {len(recipients) - _TOLD} more, who are named in the report below."]
    lines.append("")
    if action == "failed":
        lines.append("The gateway has given up on it for these recipients.")
    elif until:
        lines.append(
            f"The gateway goes on trying until {date_time(until, offset)}. You need not send it again."
        )
    else:
        lines.append("The gateway goes on trying. You need not send it again.")
    lines += [f"Its id here is {message_id}; please give it when you ask about this.", ""]
    return "\r\n".join(lines)


def _for_programs(
    action: str,
    host: str,
    recipients: Sequence[Undelivered],
    arrived: int,
    second: int,
    until: int,
    offset: int,
    smtputf8: bool,
) -> str:
    lines = [f"Reporting-MTA: dns; {host}", f"Arrival-Date: {date_time(arrived, offset)}"]
    longest = min(_MAX_WORDS, _ALL_DIAGNOSTICS // len(recipients))
    for recipient in recipients:
        lines.append("")
        if recipient.original:
            lines.append(f"Original-Recipient: {_typed(recipient.original, smtputf8)}")
        status = recipient.status
        if _STATUS.fullmatch(status) is None or status[0] == "2":
            status = "5.0.0" if action == "failed" else "4.0.0"  # RFC 3464 §2.3.4: there must be one
        lines += [
            f"Final-Recipient: {_typed(recipient.address, smtputf8)}",
            f"Action: {action}",
            f"Status: {status}",
        ]
        if recipient.peer:
            # RFC 3464 §2.3.6: "smtp" is for what an SMTP server said, and only for that.
            lines.append(f"Remote-MTA: dns; {_ascii(_line(recipient.peer, _MAX_ADDRESS))}")
            said = "\n".join(_line(line, longest) for line in recipient.reply[:longest].split("\n"))
            said = said if smtputf8 else _ascii(said)
            lines.append("Diagnostic-Code: smtp; " + _folded(said))
        lines.append(f"Last-Attempt-Date: {date_time(second, offset)}")
        if until and action == "delayed":
            lines.append(f"Will-Retry-Until: {date_time(until, offset)}")
    lines.append("")
    return "\r\n".join(lines)


def _typed(address: str, smtputf8: bool) -> str:
    address = _line(address, _MAX_ADDRESS)
    if address.isascii():
        return f"rfc822; {address}"
    if not smtputf8:  # RFC 6533 §3: utf-8-addr-xtext
        address = "".join(f"\\x{{{ord(c):X}}}" if not c.isascii() or c in "\\+=" else c for c in address)
    return f"utf-8; {address}"


def _line(text: str, longest: int) -> str:
    """Make text fit for one line: nothing in it that a reader could take for the end of one."""
    return _CONTROL.sub(" ", text[:longest])


def _ascii(text: str) -> str:
    return text if text.isascii() else text.encode("ascii", "replace").decode("ascii")


def _folded(text: str) -> str:
    """Fold a field's text at its line ends, and so that RFC 5322 §2.1.1 is kept: 998 octets a line."""
    width = 900 if text.isascii() else 220
    lines = [line[at : at + width] for line in text.split("\n") for at in range(0, len(line) or 1, width)]
    return "\r\n ".join(line.strip() for line in lines if line.strip()) or "(nothing)"


def _header_block(content: bytes) -> bytes:
    """Take the header from a content, cut at a line when it is too large, with nothing but CRLF line ends."""
    end = content.find(b"\r\n\r\n", 0, _MAX_RETURNED)
    if end < 0:
        cut = content[:_MAX_RETURNED]
        end = cut.rfind(b"\r\n") if len(cut) == _MAX_RETURNED else len(cut.rstrip(b"\r\n"))
    return b"" if end < 0 else _BROKEN_LINE_END.sub(b"\r\n", content[:end]) + b"\r\n"


def _part(media_type: str, description: str, octets: bytes, *, eightbit: bool) -> bytes:
    """Make a body part, as quoted-printable where its octets or the length of its lines could not travel."""
    encoding = "7bit" if octets.isascii() else "8bit"
    if not (eightbit or octets.isascii()) or max(map(len, octets.split(b"\r\n"))) > _MAX_LINE:
        encoding = "quoted-printable"
        octets = b"\r\n".join(
            b2a_qp(line, istext=True).replace(b"\n", b"\r\n") for line in octets.split(b"\r\n")
        )
    return (
        f"Content-Type: {media_type}\r\n"
        f"Content-Description: {description}\r\n"
        f"Content-Transfer-Encoding: {encoding}\r\n\r\n"
    ).encode("ascii") + octets


def _boundary(report_id: str, parts: Sequence[bytes]) -> str:
    """Give a boundary that occurs in no part (RFC 2046 §5.1.1), whatever others have written into them."""
    number = 0
    while True:
        boundary = f"=_{report_id}/{number}"
        if not any(boundary.encode("ascii") in part for part in parts):
            return boundary
        number += 1
