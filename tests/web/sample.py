"""Stories for the pages: real record objects, written by the real journal and the real spool.

Each function gives the records of one story that began at `at`. The client of every story is in a
documentation network; the peers' replies are in the words of the usual servers.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

import msgspec

from gatepost.checks.evidence import OutageEvidence, SignatureEvidence, SizeEvidence
from gatepost.checks.finding import Finding, Result, Stage
from gatepost.journal.records import (
    AnyRecord,
    Attempt,
    Bounced,
    Closed,
    Deferred,
    HeldBack,
    Opened,
    Reception,
    Said,
    SecuredIn,
)
from gatepost.journal.writer import Journal
from gatepost.mail.ids import SessionIds
from gatepost.policy.disposition import Action, Disposition
from gatepost.reply import catalogue
from gatepost.reply.reply import Reply
from gatepost.smtp.client_event import Step
from gatepost.spool.embedded import EmbeddedSpool, SpoolSettings
from gatepost.spool.interface import Again, Committed, Hold, Message, NewMessage, Outcome, Recipient, Stored

HOST = "mx.gatepost.example"
NEXT_HOP = "10.0.0.5:25"
TLS = "TLSv1.3 TLS_AES_256_GCM_SHA384"
RELAY = Disposition(action=Action.RELAY, rule="default")
NO_ROUTE = "no next hop is named for example.net"
GREYLISTED = Reply(
    451, "4.7.1", "<sam@example.org>: Recipient address rejected: Greylisted, see you in 300 seconds"
)
UNKNOWN_USER = Reply(
    550, "5.1.1", "<nobody@example.org>: Recipient address rejected: User unknown in local recipient table"
)


def session_id(at: float, node: int = 7) -> str:
    return SessionIds(node, lambda: at)()


def taken(
    at: float,
    *,
    sender: str = "anna@partner.example",
    recipients: Sequence[str] = ("sam@example.org",),
    subject: str = "Minutes of Tuesday's meeting",
    helo: str = "mail.partner.example",
    client: str = "192.0.2.25:41880",
    size: int = 18_420,
    quarantined: str = "",
    node: int = 7,
) -> list[AnyRecord]:
    """A whole session whose one message is accepted."""
    session = session_id(at, node)
    message = f"{session}-1"
    disposition = RELAY
    if quarantined:
        disposition = Disposition(action=Action.QUARANTINE, rule="macro", reasons=(quarantined,))
    return [
        *begun(at, helo, client, node),
        Said(time=at + 0.21, session=session, message=message, stage="mail",
             command=f"MAIL FROM:<{sender}> SIZE={size} BODY=8BITMIME", reply=catalogue.MAIL_OK.reply(session)),
        *(
            Said(time=at + 0.22, session=session, message=message, stage="rcpt",
                 command=f"RCPT TO:<{name}>", reply=catalogue.RCPT_OK.reply(session))
            for name in recipients
        ),
        Said(time=at + 0.24, session=session, message=message, stage="data", command="DATA",
             reply=catalogue.DATA_GO.reply()),
        Reception(
            time=at + 0.4, session=session, message=message, peer=client, reverse_path=sender,
            recipients=tuple(recipients), size=size, reply=catalogue.MESSAGE_ACCEPTED.reply(message),
            disposition=disposition, helo=helo, tls=TLS, header_from=f"Anna Berg <{sender}>", subject=subject,
            message_id=f"<{session}@partner.example>",
            findings=(
                Finding(check="size", stage=Stage.CONTENT, result=Result.CLEAN,
                        evidence=(SizeEvidence(size, 52_428_800),)),
                Finding(check="virus", stage=Stage.CONTENT, result=Result.CLEAN, duration=0.0062),
            ),
        ),
        Said(time=at + 0.45, session=session, stage="quit", command="QUIT",
             reply=catalogue.CLOSING.reply(host=HOST)),
        Closed(time=at + 0.45, session=session, how="quit", commands=6, messages=1),
    ]  # fmt: skip


def begun(at: float, helo: str, client: str, node: int = 7) -> list[AnyRecord]:
    session = session_id(at, node)
    return [
        Opened(time=at, session=session, peer=client, local="203.0.113.1:25", role="inbound",
               reply=catalogue.GREETING.reply(host=HOST)),
        Said(time=at + 0.03, session=session, stage="helo", command=f"EHLO {helo}",
             reply=catalogue.EHLO_OK.reply(host=HOST)),
        Said(time=at + 0.06, session=session, stage="starttls", command="STARTTLS",
             reply=catalogue.TLS_GO.reply(session)),
        SecuredIn(time=at + 0.12, session=session, tls=TLS),
        Said(time=at + 0.15, session=session, stage="helo", command=f"EHLO {helo}",
             reply=catalogue.EHLO_OK.reply(host=HOST)),
    ]  # fmt: skip


def attempt(
    at: float, message: str, recipients: Sequence[str], outcome: str, reply: Reply, stage: str = "content"
) -> Attempt:
    dialogue = (
        Step("", Reply(220, "", "mail.example.org ESMTP Postfix")),
        Step(f"EHLO {HOST}", Reply(250, "", "mail.example.org\nPIPELINING\nSIZE 51200000\n8BITMIME")),
        Step("MAIL FROM:<anna@partner.example> SIZE=18650", Reply(250, "2.1.0", "Ok")),
        *(
            Step(f"RCPT TO:<{name}>", reply if stage == "rcpt" else Reply(250, "2.1.5", "Ok"), name)
            for name in recipients
        ),
    )
    if stage == "content":
        dialogue += (
            Step("DATA", Reply(354, "", "End data with <CR><LF>.<CR><LF>")),
            Step(".", reply),
        )
    return Attempt(time=at, session=message.partition("-")[0], message=message, peer=NEXT_HOP,
                   recipients=tuple(recipients), outcome=outcome, reply=reply, stage=stage, dialogue=dialogue,
                   seconds=0.18)  # fmt: skip


def delivered(at: float, **how: object) -> list[AnyRecord]:
    records = taken(at, **how)  # type: ignore[arg-type]
    message = next(r for r in records if isinstance(r, Reception))
    ok = Reply(250, "2.0.0", "Ok: queued as 4f1GxQ2")
    return [*records, attempt(at + 1.1, message.message, message.recipients, "delivered", ok)]


def virus(at: float) -> list[AnyRecord]:
    session = session_id(at)
    message = f"{session}-1"
    client, helo, sender = "198.51.100.77:50122", "dsl-77.dynamic.example.net", "billing@invoices.example"
    return [
        *begun(at, helo, client),
        Said(time=at + 0.2, session=session, message=message, stage="mail",
             command=f"MAIL FROM:<{sender}>", reply=catalogue.MAIL_OK.reply(session)),
        Said(time=at + 0.21, session=session, message=message, stage="rcpt", command="RCPT TO:<info@example.org>",
             reply=catalogue.RCPT_OK.reply(session)),
        Said(time=at + 0.22, session=session, message=message, stage="data", command="DATA",
             reply=catalogue.DATA_GO.reply()),
        Reception(
            time=at + 0.5, session=session, message=message, peer=client, reverse_path=sender,
            recipients=("info@example.org",), size=214_000, helo=helo, tls=TLS,
            reply=catalogue.VIRUS_FOUND.reply(message, signature="Eicar-Test-Signature"),
            disposition=Disposition(action=Action.REJECT, rule="virus", entry="virus-found",
                                    reasons=("clamd named Eicar-Test-Signature",),
                                    facts={"signature": "Eicar-Test-Signature"}),
            findings=(
                Finding(check="virus", stage=Stage.CONTENT, result=Result.FOUND, duration=0.0113,
                        evidence=(SignatureEvidence("Eicar-Test-Signature", "clamd", "the whole message"),)),
            ),
            header_from="Billing <billing@invoices.example>", subject="Your invoice 2291",
            message_id="<2291@invoices.example>",
        ),
        Closed(time=at + 0.6, session=session, how="lost", commands=5, messages=0),
    ]  # fmt: skip


def put_off(at: float) -> list[AnyRecord]:
    """The virus check is down, so the client is asked to come back."""
    records = taken(at, sender="news@weekly.example", subject="Weekly news, no. 48", helo="out.weekly.example",
                    client="192.0.2.140:33010")  # fmt: skip
    reception = next(r for r in records if isinstance(r, Reception))
    changed = msgspec.structs.replace(
        reception,
        reply=catalogue.VIRUS_CHECK_UNAVAILABLE.reply(reception.message),
        disposition=Disposition(action=Action.DEFER, rule="virus-unavailable", entry="virus-check-unavailable"),
        findings=(
            Finding(check="virus", stage=Stage.CONTENT, result=Result.UNAVAILABLE, duration=2.0,
                    evidence=(OutageEvidence("clamd", "no answer within 2 seconds at 127.0.0.1:3310"),)),
        ),
        reason="clamd at 127.0.0.1:3310 gave no answer within 2 seconds",
    )  # fmt: skip
    return [changed if r is reception else r for r in records]


def greylisted(at: float, *, then_delivered: bool) -> list[AnyRecord]:
    records = taken(at, subject="Quote for the roof", sender="karl@roofs.example", helo="mx1.roofs.example",
                    client="203.0.113.60:40001", node=8)  # fmt: skip
    message = f"{session_id(at, 8)}-1"
    to = ("sam@example.org",)
    records += [
        attempt(at + 1, message, to, "deferred", GREYLISTED, "rcpt"),
        Deferred(time=at + 1, session=message[:13], message=message, recipients=to, next_attempt=at + 301,
                 cause="greylist", attempts=1),
    ]  # fmt: skip
    if then_delivered:
        records.append(
            attempt(at + 301, message, to, "delivered", Reply(250, "2.0.0", "Ok: queued as 7QbT1x"))
        )
    return records


def refused_early(at: float) -> list[AnyRecord]:
    """Refused at RCPT; the client breaks a rule first and never gets to a message."""
    session = session_id(at)
    client = "198.51.100.9:61022"
    return [
        Opened(time=at, session=session, peer=client, local="203.0.113.1:25", role="inbound",
               reply=catalogue.GREETING.reply(host=HOST)),
        Said(time=at + 0.1, session=session, stage="helo", command="HELO scanner.example",
             reply=catalogue.HELO_OK.reply(host=HOST)),
        Said(time=at + 0.2, session=session, stage="any", command="MIAL FROM:<x@scanner.example>",
             reply=catalogue.COMMAND_UNKNOWN.reply(session)),
        Said(time=at + 0.3, session=session, stage="mail", command="MAIL FROM:<x@scanner.example>",
             reply=catalogue.MAIL_OK.reply(session)),
        Said(time=at + 0.4, session=session, stage="rcpt", command="RCPT TO:<victim@elsewhere.example>",
             reply=catalogue.RELAY_DENIED.reply(session, recipient="victim@elsewhere.example"),
             disposition=Disposition(action=Action.REJECT, rule="relay", entry="relay-denied",
                                     reasons=("elsewhere.example is not a domain of ours",))),
        Closed(time=at + 0.5, session=session, how="lost", commands=4),
    ]  # fmt: skip


def refused_on_connect(at: float) -> list[AnyRecord]:
    session = session_id(at)
    client = "198.51.100.200:1025"
    return [
        Opened(time=at, session=session, peer=client, local="203.0.113.1:25", role="inbound",
               reply=catalogue.CONNECTIONS_CLIENT.reply(session, host=HOST, client="198.51.100.200")),
        Closed(time=at, session=session, how="refused"),
    ]  # fmt: skip


def bounced(at: float) -> list[AnyRecord]:
    """Two recipients, one unknown to the next hop; the report goes out and is delivered."""
    to = ("sam@example.org", "nobody@example.org")
    records = taken(at, recipients=to, subject="Invitation: summer party 🎉", node=9)
    message = f"{session_id(at, 9)}-1"
    notice_session = session_id(at + 2, 9)
    notice = f"{notice_session}-1"
    ok = Reply(250, "2.0.0", "Ok: queued as 9YxPq0")
    return [
        *records,
        attempt(at + 1, message, to[1:], "failed", UNKNOWN_USER, "rcpt"),
        Attempt(time=at + 1, session=message[:13], message=message, peer=NEXT_HOP, recipients=to[:1],
                outcome="delivered", reply=ok, stage="content"),
        Bounced(time=at + 1, session=message[:13], message=message, recipients=to[1:], notice=notice,
                reason="user unknown"),
        Reception(time=at + 2, session=notice_session, message=notice, peer="", reverse_path="",
                  recipients=("anna@partner.example",), size=3100, reply=catalogue.MESSAGE_ACCEPTED.reply(notice),
                  disposition=RELAY, subject="Not delivered: Invitation: summer party 🎉", notice_of=message),
        Attempt(time=at + 3, session=notice_session, message=notice, peer="192.0.2.25:25",
                recipients=("anna@partner.example",), outcome="delivered",
                reply=Reply(250, "2.0.0", "OK id=1tYk2-0004"), stage="content", seconds=0.4),
    ]  # fmt: skip


def unreachable(at: float) -> list[AnyRecord]:
    records = taken(at, subject="Payslip November", sender="hr@example.org", client="10.0.0.8:52000",
                    helo="app.example.org", recipients=("lee@example.org",), node=10)  # fmt: skip
    message = f"{session_id(at, 10)}-1"
    refused = Reply(451, "4.4.1", "10.0.0.6:25 refused the connection")
    return [
        *records,
        Attempt(time=at + 1, session=message[:13], message=message, peer="10.0.0.6:25", local=True,
                recipients=("lee@example.org",), outcome="deferred", reply=refused, stage="connect"),
        Deferred(time=at + 1, session=message[:13], message=message, recipients=("lee@example.org",),
                 next_attempt=at + 61, cause="network", attempts=1),
    ]  # fmt: skip


def held(at: float) -> list[AnyRecord]:
    to = ("office@example.net",)
    records = taken(at, recipients=to, subject="First message through the new gateway", sender="me@example.com",
                    helo="laptop.example.com", client="127.0.0.1:60444", node=11)  # fmt: skip
    message = f"{session_id(at, 11)}-1"
    return [
        *records,
        HeldBack(time=at + 0.5, session=message[:13], message=message, recipients=to, reason=NO_ROUTE),
    ]


def everything(now: float) -> list[list[AnyRecord]]:
    """Twenty minutes of a small company's mail."""
    return [
        delivered(now - 1190, subject="Order confirmation 20931", sender="shop@store.example", node=21),
        bounced(now - 1100),
        refused_early(now - 900),
        greylisted(now - 700, then_delivered=True),
        delivered(now - 420, recipients=[f"{name}@example.org" for name in ("sam", "lee", "office", "ada")],
                  node=22),
        virus(now - 300),
        refused_on_connect(now - 250),
        put_off(now - 180),
        held(now - 120),
        unreachable(now - 40),
        delivered(now - 15, subject="Re: Re: the shared drive is full again", sender="it@partner.example", node=23),
        begun(now - 3, "mail.slow.example", "192.0.2.99:35000", 24),
    ]  # fmt: skip


def write(directory: Path, stories: Sequence[Sequence[AnyRecord]], name: str = "worker1") -> None:
    """Append stories to a journal, all of them in order of time."""
    records = sorted((record for story in stories for record in story), key=lambda record: record.time)
    if not records:
        return
    journal = Journal(directory, name, lambda: records[0].time, lambda call: None)
    for record in records:
        journal.append(record)
    journal.flush()
    journal.close()


def fill_spool(directory: Path, stories: Sequence[Sequence[AnyRecord]]) -> None:
    """Put into a shard what the stories leave there: messages that wait, and those that are held."""
    asyncio.run(_fill_spool(directory, stories))


async def _fill_spool(directory: Path, stories: Sequence[Sequence[AnyRecord]]) -> None:
    loop = asyncio.get_running_loop()
    arrived = max(record.time for story in stories for record in story)
    settings = SpoolSettings(segment_size=1 << 16, min_free=0, min_free_inodes=0)
    spool = EmbeddedSpool(directory, lambda: arrived, loop.call_soon_threadsafe, settings)
    for story in stories:
        reception = next((r for r in story if isinstance(r, Reception)), None)
        last = story[-1]
        if reception is None or not isinstance(last, (Deferred, HeldBack)):
            continue
        said = next((str(r.reply) for r in reversed(story) if isinstance(r, Attempt)), "")
        rest = tuple(Recipient(name, said) for name in last.recipients)
        message = Message(
            id=reception.message, reverse_path=reception.reverse_path, recipients=rest, size=reception.size,
            arrived=reception.time, expires=reception.time + 5 * 86_400,
            facts=msgspec.json.encode(reception),
        )  # fmt: skip
        outcome: Outcome = (
            Again(last.next_attempt, rest) if isinstance(last, Deferred) else Hold(last.reason, rest)
        )
        await _committed(lambda done: spool.commit(NewMessage(message=message, head=b"", data=b"x"), done))  # noqa: B023
        await _committed(lambda done: spool.settle(message.id, outcome, done=done))  # noqa: B023
    spool.close()


async def _committed(ask: object) -> None:
    done: asyncio.Future[Committed] = asyncio.get_running_loop().create_future()
    ask(done.set_result)  # type: ignore[operator]
    assert isinstance(await done, Stored)
