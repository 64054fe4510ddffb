"""A data directory with held messages in it, as the gateway leaves one."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from gatepost.checks.evidence import SignatureEvidence
from gatepost.checks.finding import Finding, Result, Stage
from gatepost.gateway.settings import Settings
from gatepost.journal.records import Reception
from gatepost.policy.disposition import Action, Disposition
from gatepost.reply.reply import Reply
from gatepost.spool.embedded import EmbeddedSpool, SpoolSettings
from gatepost.spool.interface import Again, Committed, Hold, Leased, Message, NewMessage, Recipient

WHY = "virus-found: a virus signature matched"
NOWHERE = "no next hop is named for there.test"
CONTENT = b"From: <mallory@bad.test>\r\nSubject: Your invoice\r\n\r\nPlease pay.\r\n"
VIRUS = Finding(
    check="virus",
    stage=Stage.CONTENT,
    result=Result.FOUND,
    evidence=(SignatureEvidence("Test.Virus", "clamd", "part 2 (invoice.pdf)"),),
)


def id_of(number: int) -> str:
    return f"35gmn6kvf8t{number:02d}-1"


def held(number: int, *recipients: Recipient, **more: Any) -> NewMessage:
    """Make a message that is held for all or some of its recipients."""
    to = recipients or (Recipient("bob@ours.test", held=WHY),)
    reception = Reception(
        time=time.time(),
        session=id_of(number)[:13],
        message=id_of(number),
        peer="192.0.2.7:4711",
        helo="mail.bad.test",
        reverse_path="mallory@bad.test",
        recipients=tuple([r.address for r in to]),
        size=len(CONTENT),
        reply=Reply(250, "2.0.0", "Message accepted for delivery"),
        disposition=Disposition(action=Action.QUARANTINE, rule="virus-found", score=5.0),
        findings=(VIRUS, msgspec.structs.replace(VIRUS, check="size", result=Result.CLEAN, evidence=())),
        header_from="Mallory <mallory@bad.test>",
        subject="Your invoice",
    )
    fields: dict[str, Any] = {
        "id": id_of(number),
        "reverse_path": reception.reverse_path,
        "recipients": to,
        "size": len(CONTENT),
        "arrived": reception.time,
        "expires": reception.time + 1000,
        "facts": msgspec.json.encode(reception),
    }
    return NewMessage(message=Message(**fields | more), head=b"Received: by us\r\n", data=CONTENT)


def settings(data_dir: Path, **more: Any) -> Settings:
    """Give settings for a data directory."""
    values = {"data_dir": data_dir, "spool": SpoolSettings(min_free=0, min_free_inodes=0), **more}
    return Settings.model_validate(values)


def open_spool(shard: Path, clock: Any = time.time) -> EmbeddedSpool:
    """Open a shard in this event loop."""
    loop = asyncio.get_running_loop()
    return EmbeddedSpool(
        shard, clock, loop.call_soon_threadsafe, SpoolSettings(min_free=0, min_free_inodes=0)
    )


async def put(spool: EmbeddedSpool, messages: Sequence[NewMessage]) -> None:
    """Bring messages into the state in which delivery leaves them; what is not held waits for another try."""
    loop = asyncio.get_running_loop()
    ready: asyncio.Queue[Leased] = asyncio.Queue()
    spool.on_ready(ready.put_nowait, lambda: None)
    for new in messages:
        spool.commit(new, lambda committed: None)
    for _ in messages:
        message = (await ready.get()).message
        reason = next((r.held for r in message.recipients if r.held), "")
        settled: asyncio.Future[Committed] = loop.create_future()
        outcome: Again | Hold = Hold(reason or NOWHERE, message.recipients)
        if reason and len(message.held_for()) < len(message.recipients):
            outcome = Again(time.time() + 1000, message.recipients)
        spool.settle(message.id, outcome, (), settled.set_result)
        await settled


def fill(shard: Path, *messages: NewMessage, clock: Any = time.time) -> None:
    """Have messages in a shard that nobody has open."""

    async def run() -> None:
        shard.parent.mkdir(parents=True, exist_ok=True)
        spool = open_spool(shard, clock)
        await put(spool, messages)
        spool.close()

    asyncio.run(run())
