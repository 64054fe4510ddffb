"""Read the rows of Exchange's message tracking log, and of the traces and reports of Exchange Online.

It stands below `exchange`, which knows lines and columns; here is what an event-id means, and how a recipient-status
holds the last error: "[{LRT=...};{LED=550 5.1.1 ...};{FQDN=mx.example.com};{IP=192.0.2.25}]" since 2013, the bare
words before.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

from gatepost.maillog.event import Event, Result
from gatepost.maillog.pieces import bare, code_and_enhanced
from gatepost.reply.explanation import Direction

_FATES: Final[dict[str, Result]] = {
    "RECEIVE": "accepted",
    "SEND": "delivered",
    "SENDEXTERNAL": "delivered",
    "DELIVER": "delivered",
    "DELIVERED": "delivered",
    "FAIL": "bounced",
    "FAILED": "bounced",
    "SUBMITFAIL": "bounced",
    "DEFER": "deferred",
    "SUBMITDEFER": "deferred",
    "PENDING": "deferred",
    "BADMAIL": "discarded",
    "DROP": "discarded",
    "POISONMESSAGE": "held",
    "QUARANTINED": "held",
    "FILTEREDASSPAM": "held",
}
# The order without `#Fields:`, by what stands where. Exchange 2013 added the network message id.
_OLD: Final = (
    "datetime", "clientip", "clienthostname", "serverip", "serverhostname", "sourcecontext", "connectorid", "source",
    "eventid", "internalmessageid", "messageid", "recipientaddress", "recipientstatus", "totalbytes",
    "recipientcount", "relatedrecipientaddress", "reference", "messagesubject", "senderaddress", "returnpath",
)  # fmt: skip
_NEW: Final = (*_OLD[:11], "networkmessageid", *_OLD[11:])
_OLD_COLUMNS: Final = {name: number for number, name in enumerate(_OLD)}
_NEW_COLUMNS: Final = {name: number for number, name in enumerate(_NEW)}
_SOURCES: Final = frozenset(
    (
        *("ADMIN", "AGENT", "APPROVAL", "BOOTLOADER", "DNS", "DSN", "GATEWAY", "MAILBOXRULE", "ORAR"),
        *("MEETINGMESSAGEPROCESSOR", "PICKUP", "POISONMESSAGE", "PUBLICFOLDER", "QUEUE", "REDUNDANCY"),
        *("RESOLVER", "ROUTING", "SAFETYNET", "SMTP", "STOREDRIVER"),
    )
)
_IDENTITY: Final = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", re.IGNORECASE)
_ALSO: Final = {
    "eventid": ("status", "event"),
    "recipientaddress": ("recipients", "recipient"),
    "senderaddress": ("sender", "returnpath"),
    "totalbytes": ("size",),
    "datetime": ("timestamp", "date", "received", "origintimestamputc"),
    "recipientstatus": ("detail", "reason"),
    "networkmessageid": ("messagetraceid",),
    "clientip": ("originalclientip", "fromip"),
    "serverip": ("toip",),
}
_LAST_ERROR: Final = re.compile(r"\{LED=(.{0,4000}?)\}(?:;\{|\]|$)")
_HOST: Final = re.compile(r"\{FQDN=([^}]{1,255})\}")
_ADDRESS: Final = re.compile(r"\{IP=([^}]{1,64})\}")
# "451 4.4.0 Primary target IP address responded with: "421 4.2.1 ..." Attempted failover to alternate host ..."
_QUOTED: Final = re.compile(
    r"(?:responded with|target IP address|error was): ?\"?([2-5][0-9]{2}[ \-][^\"]{1,3000})"
)
# What Exchange says of its own attempts; no host on the way said it.
_OWN: Final = re.compile(
    r"SMTPSEND\.|Failed to connect|Connection dropped due to|DNS query failed|Winsock|SocketError|QUEUE\.|"
    r"Message (?:delayed|expired)|Unable to connect|connection was dropped|ROUTING\.|Delay|STOREDRV\.|Host or domain"
)
_REPORTED: Final = re.compile(r"([^#;\s]{1,320})##([A-Za-z, ]{1,200})")


def column(name: str) -> str:
    """Bring the name of a column to one form: "Recipient-Address", "RecipientAddress" and "recipient_address"."""
    return name.strip(' "\ufeff').replace("-", "").replace("_", "").replace(" ", "").lower()


def is_tracking(columns: Mapping[str, int]) -> bool:
    """Tell whether columns of these names hold message tracking or a trace."""
    known = columns.keys()
    fate = {"eventid", "status", "event", "recipientstatus"} & known
    return (
        bool(fate)
        and "messageid" in known
        and bool({"recipientaddress", "recipients", "recipientstatus"} & known)
    )


def track(cells: Sequence[str], columns: Mapping[str, int]) -> Event | None:
    """Tell what a row says; without columns it must have the order of the tracking log, else it is None."""
    if not columns:
        if len(cells) < len(_OLD) or cells[7] not in _SOURCES or not cells[8].isupper():
            return None
        columns = _NEW_COLUMNS if len(cells) > 11 and _IDENTITY.fullmatch(cells[11]) else _OLD_COLUMNS

    def cell(name: str) -> str:
        for one in (name, *_ALSO.get(name, ())):
            number = columns.get(one)
            if number is not None and number < len(cells) and cells[number]:
                return cells[number]
        return ""

    status = cell("recipientstatus")
    kind = cell("eventid").upper().replace(" ", "")
    recipient = _first(cell("recipientaddress"))
    if kind not in _FATES and "##" in status:
        # A report of Exchange Online: each recipient with all that happened to it, "b@example.com##Receive, Fail".
        reported = _REPORTED.match(status)
        if reported is not None:
            recipient, kind = reported[1], _last(reported[2])
            status = ""
    result = _FATES.get(kind, "")
    time = cell("datetime")
    source = cell("source")
    peer = _peer(cell("clienthostname"), cell("clientip")) if result == "accepted" else _peer(
        cell("serverhostname"), cell("serverip")
    )  # fmt: skip
    text, host = _status(status) if result not in ("", "accepted") else ("", "")
    code, enhanced = code_and_enhanced(text)
    if result == "delivered" and not code:
        text = ""  # the folder it was put into
    size = cell("totalbytes")
    return Event(
        system="exchange", program=source, time=f"{time[:-1]}+00:00" if time.endswith("Z") else _moment(time),
        key=cell("internalmessageid") or cell("networkmessageid"), link=cell("networkmessageid"), result=result,
        direction=_direction(result, source, text, host), text=text, code=code, enhanced=enhanced,
        stage="content" if result in ("accepted", "delivered") and source == "SMTP" else "unknown",
        peer=host or peer, sender=bare(cell("senderaddress")), recipient=recipient,
        message_id=bare(cell("messageid")), size=int(size) if size.isdecimal() and len(size) < 16 else None,
    )  # fmt: skip


def _status(status: str) -> tuple[str, str]:
    """Give the last error, or the words, and the host that is named with it."""
    found = _LAST_ERROR.search(status)
    host = ""
    if found is not None:
        text = found[1]
        name, address = _HOST.search(status), _ADDRESS.search(status)
        host = _peer(name[1] if name is not None else "", address[1] if address is not None else "")
    else:
        text = "" if status.startswith("[{") else status
    quoted = _QUOTED.search(text)
    return (quoted[1] if quoted is not None else text).strip(" '\""), host


def _direction(result: Result, source: str, text: str, host: str) -> Direction:
    if result == "accepted":
        return "sent"
    if not text:
        return "unknown"
    if _OWN.search(text) is not None:
        return "local"
    # The transport's own parts fail a message in words of their own; what SMTP or a named host gave is a reply.
    return "received" if host or source in ("SMTP", "") else "local"


def _first(addresses: str) -> str:
    """Give the first of several recipients; a row has one fate for all."""
    return bare(re.split(r"[;,\s]", addresses[:400].strip("{} "), maxsplit=1)[0])


def _last(words: str) -> str:
    kinds = [word.strip().upper() for word in words.split(",")]
    return next((kind for kind in reversed(kinds) if kind in _FATES), "")


def _peer(name: str, address: str) -> str:
    return f"{name} [{address}]" if name and address else name or address


def _moment(time: str) -> str:
    """Give a time of the form "2026-11-23T15:05:55..."; others depend on where they were exported."""
    return f"{time[:10]}T{time[11:]}" if time[4:5] == "-" and time[10:11] in ("T", " ") else ""
