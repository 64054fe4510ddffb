"""Tell whether a message is a bounce or something near to one, and read it.

Puts together what the parts say: the report for programs is believed first, the text for people fills in what it
lacks. An ordinary message that quotes a bounce is none: a form written for people counts only where header fields,
too, say that a machine wrote it.
"""

from __future__ import annotations

import re
from typing import Final

from msgspec.structs import replace

from gatepost.mail.bounce.free import Text, read_text
from gatepost.mail.bounce.parts import Part, leaves, message, read
from gatepost.mail.bounce.report import Report, looks_like_report, read_report
from gatepost.mail.bounce.said import joined
from gatepost.mail.bounce.value import Action, Bounce, Failure, Kind
from gatepost.mail.header import glance

_STATUS_TYPES: Final = ("message/delivery-status", "message/global-delivery-status")
_COPY_TYPES: Final = (
    *("message/rfc822", "text/rfc822-headers", "message/global", "message/global-headers"),
    "message/rfc822-headers",
)
_MAILERS: Final = re.compile(
    r"mailer-?daemon|postmaster|mail delivery|mail-?daemon|maildelivery|mdaemon|system administrator|mail system"
    r"|microsoftexchange|delivery subsystem|courier|bounce",
    re.IGNORECASE,
)
_SUBJECTS: Final = re.compile(
    r"undeliver|non-?deliver|not delivered|delivery (?:status|fail|report|problem|delay|incomplete|notification)"
    r"|mail delivery|permanent (?:delivery|fail)|returned|rejected|delayed|failure notice|mail (?:system )?error"
    r"|fail(?:ed|ure) (?:to deliver|delivery|notif)|unable to deliver|message status|warning: message"
    r"|could not (?:send|be delivered)|unzustellbar|non remis|no entregado",
    re.IGNORECASE,
)
_ABSENCES: Final = re.compile(
    r"\A(?:out of (?:the )?office|automatic reply|auto(?:matic)?[ -]?(?:reply|response)|abwesen|automatische antwort"
    r"|r[ée]ponse automatique|absence|respuesta autom|vacation|risposta automatica|away from)",
    re.IGNORECASE,
)
_MAX_RECIPIENT_FIELDS: Final = 50
_SCORE: Final = 2


def read_bounce(octets: bytes) -> Bounce | None:
    """Read a whole message, of which the first MiB counts; None when it is no bounce and nothing near to one.

    Takes an .eml file as well as a message of an mbox (a From_ line in front), LF or CRLF, 8-bit. Never raises.
    """
    head = message(octets)
    if not head.fields:
        return None
    parts = list(leaves(head))
    kind_of_report = _kind_of_report(head, parts)
    if kind_of_report is not None:
        return kind_of_report
    report = _report(parts)
    text = read_text(_text_for_people(parts))
    copied = _copy(parts, text)
    subject, message_id = _original(copied)
    subject = subject or text.subject
    if report is not None and report.failures:
        failures = tuple(_filled(each, text.failures, len(report.failures)) for each in report.failures)
        kind = _kind(failures, delay=text.delay)
        return Bounce(
            kind=kind,
            form="report",
            reporting=report.reporting or text.reporting or _host(head),
            arrived=report.arrived,
            message_id=message_id or report.message_id or _referred(head),
            subject=subject,
            failures=failures,
            words=text.words,
        )
    if _is_written_by_a_mailer(head, text):
        named = _failed_recipients(head)
        failures = text.failures or tuple(Failure(final=each, words=text.words) for each in named)
        delay = text.delay or "delay" in head.field("subject").lower()
        action: Action = "delayed" if delay else "failed"
        return Bounce(
            kind="delay" if delay else "bounce",
            form=text.form or "other",
            reporting=text.reporting or _host(head),
            message_id=message_id or _referred(head),
            subject=subject,
            failures=tuple(replace(each, action=action) for each in failures),
            words=text.words,
        )
    if _is_automatic(head):
        return Bounce(kind="autoreply", form="other", message_id=_referred(head), words=text.words)
    return None


def _kind_of_report(head: Part, parts: list[Part]) -> Bounce | None:
    """Read what is a report, but not about a delivery."""
    types = [part.type for part in parts]
    declared = head.field("content-type").lower()
    kind: Kind
    if "message/feedback-report" in types or "report-type=feedback" in declared.replace('"', ""):
        kind, wanted = "feedback", "message/feedback-report"
    elif "message/disposition-notification" in types or "report-type=disposition" in declared.replace(
        '"', ""
    ):
        kind, wanted = "receipt", "message/disposition-notification"
    else:
        return None
    fields = next((part for part in parts if part.type == wanted), None)
    report = message(fields.decoded()) if fields is not None else Part((), b"")
    subject, message_id = _original(next((part.decoded() for part in parts if part.type in _COPY_TYPES), b""))
    recipient = report.field("original-rcpt-to") or report.field("final-recipient").partition(";")[2]
    failure = Failure(
        final=recipient.strip(" <>"),
        words=report.field("feedback-type") or report.field("disposition"),
    )
    return Bounce(
        kind=kind,
        form="report",
        reporting=report.field("reporting-mta").partition(";")[2].strip() or _host(head),
        arrived=report.field("arrival-date"),
        message_id=message_id or report.field("original-message-id"),
        subject=subject,
        failures=(failure,) if failure.final else (),
        words=read_text(_text_for_people(parts)).words,
    )


def _report(parts: list[Part]) -> Report | None:
    """Find the part for programs, by its type or, where that is wrong, by what it holds."""
    for part in parts:
        if part.type in _STATUS_TYPES:
            # Without the blank line behind the part's own header its fields are taken for that header.
            inside = "".join(
                f"{name}: {value}\n" for name, value in part.fields if not name.startswith("content-")
            )
            report = read_report(inside + read(part.decoded()))
            if report.failures:
                return report
    for part in parts:
        if part.type not in (*_COPY_TYPES, "text/html") and looks_like_report(text := part.text()):
            return read_report(text)
    return None


def _text_for_people(parts: list[Part]) -> str:
    """Give the first text that is none of the report or the copy; plain text rather than HTML."""
    texts = [part for part in parts if part.type.startswith("text/") and part.type not in _COPY_TYPES]
    plain = [part for part in texts if part.type != "text/html"]
    for part in (*plain, *texts):
        text = part.text()
        if text.strip():
            return text
    return ""


def _copy(parts: list[Part], text: Text) -> bytes:
    for part in parts:
        if part.type in _COPY_TYPES:
            return part.decoded()
    return text.copy.encode("utf-8", "replace")


def _original(copied: bytes) -> tuple[str, str]:
    """Give subject and message id of the message that came back."""
    copied = copied[: 1 << 16].lstrip()
    block = copied.replace(b"\r\n", b"\n").partition(b"\n\n")[0]
    seen = glance(block)
    return seen.subject, seen.message_id


def _filled(failure: Failure, spoken: tuple[Failure, ...], count: int) -> Failure:
    """Fill in what the report lacks from what the text for people says about the same recipient."""
    addresses = {failure.final.lower(), failure.original.lower()}
    words = next((each for each in spoken if each.final.lower() in addresses), None)
    if words is None and count == 1 and len(spoken) == 1:
        words = spoken[0]
    if words is None:
        return (
            replace(failure, local=failure.local and not failure.peer) if not failure.diagnostic else failure
        )
    if not failure.diagnostic or (failure.local and not words.local):
        failure = replace(failure, diagnostic=words.diagnostic or failure.diagnostic, local=words.local)
    return replace(
        failure,
        peer=failure.peer or words.peer,
        stage=failure.stage if failure.stage != "unknown" else words.stage,
        words=words.words,
    )


def _kind(failures: tuple[Failure, ...], *, delay: bool) -> Kind:
    actions = {each.action for each in failures}
    if "failed" in actions:
        return "bounce"
    if "delayed" in actions:
        return "delay"
    if actions <= {"delivered", "relayed", "expanded"}:
        return "delivered"
    if delay or any(each.status.startswith("4") for each in failures):
        return "delay"
    return "delivered" if all(each.status.startswith("2") for each in failures) else "bounce"


def _is_written_by_a_mailer(head: Part, text: Text) -> bool:
    """Tell whether header and words agree that a mail system wrote this about a message it could not deliver."""
    if not text.form and not head.field("x-failed-recipients"):
        return False
    if head.field("x-failed-recipients"):
        return True
    # Out of reach for a person who quotes a bounce: the null reverse-path and the names that mail systems use.
    hints = 0
    if head.field("return-path").replace(" ", "") == "<>":
        hints += 1
    if _MAILERS.search(head.field("from")):
        hints += 1
    if _SUBJECTS.search(head.field("subject")):
        hints += 1
    if "report" in head.type:
        hints += 1
    if head.field("auto-submitted").lower().startswith("auto-"):
        hints += 1
    if text.form != "other":
        hints += 1
    if text.form == "other" and not text.failures:
        return False
    return hints >= _SCORE


def _is_automatic(head: Part) -> bool:
    if head.field("auto-submitted").lower().startswith("auto-replied"):
        return True
    if head.field("precedence").lower() == "auto_reply":
        return True
    if any(head.field(name) for name in ("x-autoreply", "x-autorespond", "x-autoresponder", "x-vacation")):
        return True
    return _ABSENCES.match(head.field("subject")) is not None


def _failed_recipients(head: Part) -> list[str]:
    """Give the addresses of X-Failed-Recipients, a field of Exim and Gmail."""
    values = [value for name, value in head.fields if name == "x-failed-recipients"]
    addresses = (each.strip() for value in values for each in value.split(",", _MAX_RECIPIENT_FIELDS))
    return [each for each in addresses if "@" in each][:_MAX_RECIPIENT_FIELDS]


def _referred(head: Part) -> str:
    found = head.field("in-reply-to") or head.field("references")
    return joined(found).partition(" ")[0]


def _host(head: Part) -> str:
    """Give the host that a mailer's own address names."""
    domain = head.field("from").rpartition("@")[2].strip(" >\t")
    return domain if domain and all(c.isalnum() or c in ".-" for c in domain) else ""
