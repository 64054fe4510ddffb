"""A failure report (RFC 9991, in the form of RFC 5965 and RFC 6591): what one receiver says of one message.

Few receivers send them, as they tell of other people's mail. Read leniently: fields that are missing are "", words
that no standard knows stay words. Whoever wrote it can have written anything.
"""

from __future__ import annotations

from datetime import UTC
from email.utils import parsedate_to_datetime
from ipaddress import ip_address
from typing import Final

from msgspec import Struct

from gatepost.mail.bounce.parts import Part, split
from gatepost.mailauth.dmarc.report_xml import Unreadable

MAX_TEXT: Final = 1000  # characters of one field
MAX_OCTETS: Final = 1 << 16  # of the part for programs
_MAX_RESULTS: Final = 10

# RFC 6591 §3.1 and RFC 9991: what Auth-Failure says, in a sentence about the message.
FAILURES: Final = {
    "dmarc": "neither SPF nor DKIM vouched for the domain of its author",
    "spf": "SPF does not let this address send for the domain",
    "signature": "its DKIM signature does not fit: it was changed on the way, or signed wrongly",
    "bodyhash": "its content was changed after it was signed by DKIM",
    "revoked": "it was signed by DKIM with a key that was withdrawn",
    "adsp": "it broke the signing practices (ADSP) that the domain published",
}
# RFC 6591 §3.2.2.
DELIVERIES: Final = {
    "delivered": "it was delivered",
    "spam": "it was put aside as spam",
    "policy": "it was put aside for a rule of the receiver",
    "reject": "it was refused",
    "other": "something else was done with it",
}


class FailureReport(Struct, frozen=True, kw_only=True, gc=False, omit_defaults=True):
    """One report. `arrived` is in seconds since 1970, 0 when not told; `source_ip` "" when it is no address.

    `domain` is the one whose name was used. `alignment` is Identity-Alignment as written: its writers do not agree
    whether it lists what was aligned or what was not. `header_from`, `subject` and `message_id` are of the message.
    """

    domain: str
    failure: str
    source_ip: str
    reporter: str = ""
    delivery: str = ""
    arrived: int = 0
    mail_from: str = ""
    alignment: str = ""
    dkim_domain: str = ""
    dkim_selector: str = ""
    spf_record: str = ""
    results: tuple[str, ...] = ()
    incidents: int = 1
    header_from: str = ""
    subject: str = ""
    message_id: str = ""

    @property
    def meaning(self) -> str:
        """Say what was wrong, in words."""
        return FAILURES.get(self.failure, f"the receiver calls it {self.failure!r}")

    @property
    def fate(self) -> str:
        """Say what the receiver did with the message; "" when it does not tell."""
        return DELIVERIES.get(self.delivery, "")


def read_failure(report: bytes, header: bytes = b"") -> FailureReport | Unreadable:
    """Read the part of type message/feedback-report, and the header of the message it is about. Never raises."""
    part = split(report[:MAX_OCTETS].replace(b"\r\n", b"\n").lstrip(b"\n"))
    kind = _word(part, "feedback-type")
    if kind != "auth-failure":
        what = f"of kind {kind[:40]!r}" if kind else "of no kind"
        return Unreadable(f"it is a feedback report {what}, not about authentication")
    of_message = split(header[:MAX_OCTETS].replace(b"\r\n", b"\n").lstrip(b"\n"))
    author = _text(of_message, "from")
    domain = _word(part, "reported-domain") or author.rpartition("@")[2].strip("> ").lower()
    return FailureReport(
        domain=domain,
        failure=_word(part, "auth-failure"),
        source_ip=_address(_text(part, "source-ip")),
        reporter=_text(part, "reporting-mta").rpartition(";")[2].strip() or _text(part, "user-agent"),
        delivery=_word(part, "delivery-result"),
        arrived=_second(_text(part, "arrival-date") or _text(part, "received-date")),
        mail_from=_text(part, "original-mail-from").strip("<>"),
        alignment=_word(part, "identity-alignment"),
        dkim_domain=_word(part, "dkim-domain"),
        dkim_selector=_text(part, "dkim-selector"),
        spf_record=_text(part, "spf-dns"),
        results=tuple(
            [_plain(value[:MAX_TEXT]) for name, value in part.fields if name == "authentication-results"]
        )[:_MAX_RESULTS],
        incidents=_count(_text(part, "incidents")),
        header_from=author,
        subject=_text(of_message, "subject"),
        message_id=_text(of_message, "message-id"),
    )


def _text(part: Part, name: str) -> str:
    return _plain(part.field(name)[:MAX_TEXT]).strip()


def _plain(text: str) -> str:
    """Make what a stranger wrote harmless to a terminal."""
    return text if text.isprintable() else "".join([one if one.isprintable() else "?" for one in text])


def _word(part: Part, name: str) -> str:
    return _text(part, name).lower()


def _address(text: str) -> str:
    try:
        return str(ip_address(text.strip("[]").removeprefix("IPv6:")))
    except ValueError:
        return ""


def _count(text: str) -> int:
    return min(int(text), 1_000_000) if text.isascii() and text.isdigit() and 0 < len(text) < 10 else 1


def _second(text: str) -> int:
    try:
        moment = parsedate_to_datetime(text)
        return max(int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()), 0)
    except (ValueError, TypeError, IndexError, OverflowError):  # the library raises what it likes
        return 0
