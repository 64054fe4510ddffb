"""Sessions as lists of records, for all tests that need a story; `explained` stands for the knowledge."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec

from gatepost.checks.evidence import NoteEvidence, OutageEvidence, SignatureEvidence, SizeEvidence
from gatepost.checks.finding import Finding, Result, Stage
from gatepost.journal.query import Story
from gatepost.journal.records import (
    AnyRecord,
    Attempt,
    Bounced,
    Closed,
    Deferred,
    Deleted,
    HeldBack,
    Noted,
    Opened,
    Reception,
    Released,
    Said,
    SecuredIn,
)
from gatepost.policy.disposition import Action, Disposition
from gatepost.reply.explanation import Context, Explanation
from gatepost.reply.reply import Reply
from gatepost.smtp.client_event import Step

START = datetime(2026, 11, 23, 13, 30, 5, 123_000, UTC).timestamp()
SESSION = "35ahjhz1g0700"
ID = f"{SESSION}-1"
NOTICE = "35ahjj67g0700-1"

_EXPLAINED = {
    "virus-found": (
        "content_policy", "sender", "after_change",
        "The content holds a known malware signature, so the message was refused.",
        "Nothing to do here. The sender must clean the message, or report a wrong suspicion to the scanner.",
    ),
    "connections-client": (
        "rate_limit", "sender", "soon",
        "This client had as many connections open as one client may have.",
        "Nothing to do unless it is a host you trust: then raise reception.max_connections_per_client.",
    ),
    "relay-denied": (
        "relay_denied", "sender", "no",
        "The recipient's domain is not served here, and this client may not send elsewhere through us.",
        "If the domain is yours, name it in the settings.",
    ),
    "local": (
        "network", "network", "later",
        "The next hop could not be reached: nothing listens there, or something between refuses.",
        "Look whether the server at this address runs and may be reached from here.",
    ),
    "451": (
        "greylist", "nobody", "soon",
        "Greylisting: the next hop puts off first contacts on purpose and lets them in on a later try.",
        "Nothing to do: the next try is made by itself.",
    ),
    "550": (
        "user_unknown", "recipient", "no",
        "The mailbox does not exist at the next hop.",
        "Ask the sender to correct the address; if it should exist, look in the directory of the next hop.",
    ),
    "virus-check-unavailable": (
        "system_temp", "gateway", "later",
        "Our virus scanner could not be asked, so the message was not taken.",
        "Start the scanner; senders try again by themselves.",
    ),
}  # fmt: skip


def explained(reply: Reply, context: Context) -> Explanation:
    known = _EXPLAINED.get(context.direction) or _EXPLAINED.get(reply.entry)
    cause, side, retry, meaning, action = known or _EXPLAINED.get(
        str(reply.code), ("", "unknown", "later", "Nothing is known of this reply.", "")
    )
    return Explanation(
        text=str(reply),
        code=reply.code,
        enhanced=reply.enhanced,
        class_="permanent" if reply.permanent else "success" if reply.positive else "temporary",
        cause=cause,
        causes=(cause,) if cause else (),
        confidence="certain" if reply.entry else "likely",
        persistence="permanent" if reply.permanent else "temporary",
        direction=context.direction,
        stage=context.stage,
        side=side,  # type: ignore[arg-type]
        retry=retry,  # type: ignore[arg-type]
        meaning=meaning,
        evidence="",
        action=action,
        references=(),
    )


def at(seconds: float) -> dict[str, object]:
    return {"time": START + seconds, "session": SESSION}


GREETING = Reply(220, "", "gw.example.org ESMTP Gatepost", "greeting")
CLEAN = (
    Finding(check="size", stage=Stage.CONTENT, result=Result.CLEAN),
    Finding(check="virus", stage=Stage.CONTENT, result=Result.CLEAN, duration=0.041),
)
RELAY = Disposition(action=Action.RELAY, rule="nothing-found")


def opened(reply: Reply = GREETING, peer: str = "192.0.2.7:40112") -> Opened:
    return Opened(**at(0), peer=peer, local="198.51.100.1:25", role="inbound", reply=reply)


def said(seconds: float, stage: str, command: str, reply: Reply, **more: object) -> Said:
    return Said(**at(seconds), stage=stage, command=command, reply=reply, **more)


def dialogue(sender: str = "alice@example.com", to: str = "bob@example.org") -> list[AnyRecord]:
    ehlo = Reply(250, "", "gw.example.org\nSIZE 52428800\nPIPELINING", "ehlo-ok")
    mail = Reply(250, "2.1.0", f"Reverse-path accepted (mail-ok {ID})", "mail-ok")
    rcpt = Reply(250, "2.1.5", f"Recipient accepted (rcpt-ok {ID})", "rcpt-ok")
    go = Reply(354, "", "Send the content; end with <CRLF>.<CRLF>", "data-go")
    return [
        said(0.02, "helo", "EHLO mail.example.com", ehlo),
        said(0.04, "mail", f"MAIL FROM:<{sender}>", mail, message=ID),
        said(0.05, "rcpt", f"RCPT TO:<{to}>", rcpt, message=ID),
        said(0.06, "data", "DATA", go, message=ID),
    ]


def reception(reply: Reply, seconds: float = 0.278, **more: object) -> Reception:
    fields = {
        "peer": "192.0.2.7:40112",
        "reverse_path": "alice@example.com",
        "recipients": ("bob@example.org",),
        "size": 4210,
        "reply": reply,
        "disposition": RELAY,
        "findings": CLEAN,
        "helo": "mail.example.com",
        "tls": "TLSv1.3 TLS_AES_256_GCM_SHA384",
        "header_from": "Alice Example <alice@example.com>",
        "subject": "Quarterly figures",
        "message_id": "<q3.4711@mail.example.com>",
    }
    return Reception(**at(seconds), message=ID, **(fields | more))


ACCEPTED = Reply(250, "2.0.0", f"Message accepted for delivery (message-accepted {ID})", "message-accepted")
QUIT = said(0.39, "quit", "QUIT", Reply(221, "", "gw.example.org Service closing", "closing"))
CLOSED = Closed(**at(0.395), how="quit", commands=6, messages=1)
HOP = "10.0.0.5:25"
SENT = Reply(250, "2.0.0", "Ok: queued as 4XqB1k2Zz")


def attempt(after: float, outcome: str, reply: Reply, stage: str = "content", **more: object) -> Attempt:
    fields: dict[str, object] = {"peer": HOP, "recipients": ("bob@example.org",)}
    return Attempt(**at(after), message=ID, outcome=outcome, reply=reply, stage=stage, **(fields | more))


def steps(reply: Reply) -> tuple[Step, ...]:
    return (
        Step("MAIL FROM:<alice@example.com>", Reply(250, "2.1.0", "Ok")),
        Step("RCPT TO:<bob@example.org>", reply, "bob@example.org"),
    )


GREY = Reply(451, "4.7.1", "Greylisting in action, please come back in 300 seconds")
UNKNOWN = Reply(
    550, "5.1.1", "<bob@example.org>: Recipient address rejected: User unknown in local recipient table"
)
REFUSED_CONNECTION = Reply(451, "4.4.1", "connection refused")
VIRUS = Reply(
    554, "5.7.1", f"Message refused: it contains Eicar-Test-Signature (virus-found {ID})", "virus-found"
)
NO_SCANNER = Reply(
    451,
    "4.7.1",
    f"The virus check is not available; try again later (virus-check-unavailable {ID})",
    "virus-check-unavailable",
)
_HELD_BY_POLICY: list[AnyRecord] = [
    opened(),
    *dialogue(),
    reception(
        ACCEPTED,
        findings=(
            Finding(
                check="virus",
                stage=Stage.CONTENT,
                result=Result.FOUND,
                evidence=(SignatureEvidence("Eicar-Test-Signature", "clamd", "invoice.zip/invoice.exe"),),
            ),
        ),
        disposition=Disposition(
            action=Action.QUARANTINE,
            rule="virus-found",
            reasons=("a virus signature matched; the settings say hold",),
        ),
    ),
    HeldBack(
        **at(0.3),
        message=ID,
        recipients=("bob@example.org",),
        reason="a virus signature matched; the settings say hold",
        rule="virus-found",
    ),
]
TALES: dict[str, list[AnyRecord]] = {
    "delivered": [
        opened(),
        SecuredIn(**at(0.01), tls="TLSv1.3 TLS_AES_256_GCM_SHA384"),
        *dialogue(),
        reception(ACCEPTED),
        QUIT,
        CLOSED,
        attempt(0.452, "delivered", SENT, tls="TLSv1.3", seconds=0.1),
    ],
    "virus": [
        opened(peer="198.51.100.9:55120"),
        *dialogue("mallory@example.net"),
        reception(
            VIRUS,
            peer="198.51.100.9:55120",
            reverse_path="mallory@example.net",
            subject="Invoice 8841",
            header_from="Accounts <accounts@example.com>",
            size=68_123,
            findings=(
                CLEAN[0],
                Finding(
                    check="virus",
                    stage=Stage.CONTENT,
                    result=Result.FOUND,
                    evidence=(SignatureEvidence("Eicar-Test-Signature", "clamd", "invoice.zip/invoice.exe"),),
                    duration=0.044,
                ),
            ),
            disposition=Disposition(
                action=Action.REJECT,
                rule="virus-found",
                reasons=("the virus check found a signature",),
                entry="virus-found",
            ),
        ),
        QUIT,
        CLOSED,
    ],
    "deferred-then-delivered": [
        opened(),
        *dialogue(),
        reception(ACCEPTED),
        QUIT,
        CLOSED,
        attempt(0.452, "deferred", GREY, "rcpt", dialogue=steps(GREY)),
        Deferred(
            **at(0.453),
            message=ID,
            recipients=("bob@example.org",),
            next_attempt=START + 300.5,
            cause="greylist",
            attempts=1,
        ),
        attempt(300.6, "deferred", GREY, "rcpt", dialogue=steps(GREY)),
        Deferred(
            **at(300.61),
            message=ID,
            recipients=("bob@example.org",),
            next_attempt=START + 600.7,
            cause="greylist",
            attempts=2,
        ),
        attempt(601.1, "delivered", SENT, dialogue=steps(Reply(250, "2.1.5", "Ok"))),
    ],
    "refused-before-mail": [
        opened(
            Reply(
                421,
                "4.7.0",
                f"gw.example.org: too many connections from 192.0.2.99 (connections-client {SESSION})",
                "connections-client",
            ),
            peer="192.0.2.99:4411",
        ),
        Closed(**at(0.001), how="refused"),
    ],
    "bounced": [
        opened(),
        *dialogue(),
        reception(ACCEPTED),
        QUIT,
        CLOSED,
        attempt(0.452, "failed", UNKNOWN, "rcpt", dialogue=steps(UNKNOWN)),
        Bounced(
            **at(0.46),
            message=ID,
            recipients=("bob@example.org",),
            notice=NOTICE,
            reason="the next hop refused the recipient for good",
        ),
        Reception(
            time=START + 0.461,
            session=NOTICE[:-2],
            message=NOTICE,
            peer="",
            reverse_path="",
            recipients=("alice@example.com",),
            size=2048,
            reply=SENT,
            disposition=RELAY,
            notice_of=ID,
            subject="Undelivered: Quarterly figures",
        ),
        Attempt(
            time=START + 0.9,
            session=NOTICE[:-2],
            message=NOTICE,
            peer="203.0.113.5:25",
            recipients=("alice@example.com",),
            outcome="delivered",
            reply=SENT,
            stage="content",
        ),
    ],
    "waiting-for-a-dead-next-hop": [
        opened(),
        *dialogue(),
        reception(ACCEPTED),
        QUIT,
        CLOSED,
        attempt(0.452, "deferred", REFUSED_CONNECTION, "connect", local=True),
        Deferred(
            **at(0.453),
            message=ID,
            recipients=("bob@example.org",),
            next_attempt=START + 86_400,
            cause="network",
            attempts=1,
        ),
    ],
    "relay-denied-and-scanner-outage": [
        opened(),
        *dialogue()[:2],
        said(
            0.05,
            "rcpt",
            "RCPT TO:<eve@elsewhere.example>",
            Reply(
                550,
                "5.7.1",
                f"<eve@elsewhere.example>: this gateway does not take mail for it (relay-denied {ID})",
                "relay-denied",
            ),
            message=ID,
            disposition=Disposition(
                action=Action.REJECT,
                rule="relay",
                reasons=("elsewhere.example is not served and 192.0.2.7 is in no relay network",),
            ),
        ),
        *dialogue()[2:],
        reception(
            NO_SCANNER,
            findings=(
                CLEAN[0],
                Finding(
                    check="virus",
                    stage=Stage.CONTENT,
                    result=Result.UNAVAILABLE,
                    evidence=(OutageEvidence("clamd", "connection refused at unix:/run/clamd.ctl"),),
                ),
            ),
            disposition=Disposition(
                action=Action.DEFER,
                rule="virus-unavailable",
                reasons=("the virus check could not be made",),
                entry="virus-check-unavailable",
            ),
        ),
        QUIT,
        CLOSED,
    ],
    "held": [
        opened(),
        *dialogue(),
        reception(
            ACCEPTED,
            findings=(
                Finding(
                    check="virus",
                    stage=Stage.CONTENT,
                    result=Result.SKIPPED,
                    evidence=(
                        NoteEvidence("larger than the scanner takes"),
                        SizeEvidence(70_000_000, 25_000_000),
                    ),
                    score=1.5,
                ),
            ),
        ),
        HeldBack(
            **at(0.3),
            message=ID,
            recipients=("bob@example.org",),
            reason="no next hop is named for example.org",
        ),
    ],
    "held-released-delivered": [
        *_HELD_BY_POLICY,
        Released(**at(7300), message=ID, recipients=("bob@example.org",), by="Ann Admin"),
        attempt(7300.4, "delivered", SENT),
    ],
    "held-and-deleted": [
        *_HELD_BY_POLICY,
        Deleted(
            **at(2_592_100),
            message=ID,
            recipients=("bob@example.org",),
            by="",
            reason="nobody decided within 30 days (policy.hold_days)",
        ),
    ],
    "several-messages-and-a-time-out": [
        opened(),
        *dialogue(),
        reception(ACCEPTED),
        *[
            msgspec.structs.replace(record, message=f"{SESSION}-2", time=record.time + 1)
            for record in dialogue()[1:3]
        ],
        said(
            301.2,
            "any",
            "",
            Reply(421, "4.4.2", "gw.example.org: no command for 300 seconds", "command-timeout"),
        ),
        Closed(**at(301.21), how="refused"),
        attempt(1.4, "delivered", SENT),
        Noted(time=START + 302, session=SESSION, event="odd", detail="\x1b[31mred\u202e"),
    ],
}


def told(name: str) -> Story:
    return Story(SESSION, tuple(sorted(TALES[name], key=lambda record: record.time)))
