"""The courier on a real spool and real connections, with a clock that the test sets."""

from __future__ import annotations

import asyncio
import contextlib
import email
import email.policy
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from gatepost.delivery.courier import Courier
from gatepost.delivery.routes import Routes
from gatepost.delivery.settings import DeliverySettings
from gatepost.journal.reader import records
from gatepost.journal.records import AnyRecord, Attempt, Bounced, Deferred
from gatepost.journal.writer import Journal
from gatepost.mail.ids import SessionIds
from gatepost.policy.domains import Domains, DomainSettings
from gatepost.spool.embedded import EmbeddedSpool, SpoolSettings, open_reader
from gatepost.spool.interface import Committed, Held, Message, NewMessage, Recipient, Stored, Waiting
from tests.delivery.next_hop import NextHop

START = 1_800_000_000.0
MESSAGE = "7zq4k0v3m8x2a-1"
WHY = "virus-found: a virus signature matched"
CONTENT = b"From: <author@author.test>\r\nSubject: One\r\n\r\nText.\r\n"


class Depot:
    """A spool, a journal and a courier in this event loop."""

    def __init__(self, folder: Path, hops: dict[str, str], retry: tuple[int, ...]) -> None:
        self.now = START
        self.folder = folder
        self._hops = hops
        self._retry = retry

    def start(self) -> None:
        loop = asyncio.get_running_loop()
        domains = [DomainSettings(name=name, next_hop=(hop,)) for name, hop in self._hops.items()]
        self.journal = Journal(self.folder / "journal", "test", lambda: self.now, loop.call_soon)
        settings = SpoolSettings(min_free=0, min_free_inodes=0)
        self.spool = EmbeddedSpool(
            self.folder / "spool", lambda: self.now, loop.call_soon_threadsafe, settings
        )
        self.courier = Courier(
            name="gateway.test",
            settings=DeliverySettings(retry=self._retry, lifetime=60),
            routes=Routes(Domains(tuple(domains))),
            spool=self.spool,
            journal=self.journal,
            clock=lambda: self.now,
            ids=SessionIds(1, lambda: self.now),
            loop=loop,
            tls=None,
        )
        self.courier.start()

    async def stop(self) -> None:
        await self.courier.stop(5)
        self.spool.close()
        await asyncio.sleep(0)
        self.journal.close()

    async def take(self, recipient: str, reverse_path: str = "author@author.test", held: str = "") -> None:
        """Have a message in the spool that expires in a minute; for the recipient `held` nothing may go out."""
        message = Message(
            id=MESSAGE,
            reverse_path=reverse_path,
            recipients=(Recipient(recipient), *([Recipient(held, held=WHY)] if held else ())),
            size=len(CONTENT),
            arrived=self.now,
            expires=self.now + 60,
        )
        stored: asyncio.Future[Committed] = asyncio.get_running_loop().create_future()
        self.spool.commit(NewMessage(message=message, head=b"", data=CONTENT), stored.set_result)
        assert await stored == Stored()

    def told(self) -> list[AnyRecord]:
        return [record for record in records(self.folder / "journal") if record.message == MESSAGE]


@asynccontextmanager
async def depot(folder: Path, hops: dict[str, str], retry: tuple[int, ...] = (1,)) -> AsyncIterator[Depot]:
    made = Depot(folder, hops, retry)
    made.start()
    try:
        yield made
    finally:
        await made.stop()


async def until(holds: Callable[[], object]) -> None:
    async with asyncio.timeout(20):
        while not holds():
            await asyncio.sleep(0.01)


def test_a_message_that_was_put_off_for_its_whole_lifetime_goes_back_to_its_author(tmp_path: Path) -> None:
    async def run(later: NextHop, author: NextHop) -> None:
        async with depot(tmp_path, {"later.test": later.address, "author.test": author.address}) as post:
            await post.take("b@later.test")
            await until(lambda: any(isinstance(record, Deferred) for record in post.told()))
            post.now += 61
            await until(lambda: author.messages)
            await until(lambda: any(isinstance(record, Bounced) for record in post.told()))

    def never(line: bytes, talk: object) -> bytes | None:
        return b"450 4.2.1 mailbox busy" if line[:4] == b"RCPT" else None

    with NextHop(never) as later, NextHop() as author:
        asyncio.run(run(later, author))
    (report,) = author.messages
    parsed = email.message_from_bytes(report.content, policy=email.policy.default)
    _, status, _ = parsed.iter_parts()
    words = status.as_string()
    assert "Final-Recipient: rfc822; b@later.test" in words
    assert "Action: failed" in words
    assert "Status: 5.4.7" in words  # RFC 3463 §3.5: delivery time expired
    assert "450 4.2.1 mailbox busy" in words
    assert (report.reverse_path, report.recipients) == ("", ("author@author.test",))
    told = list(records(tmp_path / "journal"))
    (bounced,) = [record for record in told if isinstance(record, Bounced)]
    assert bounced.reason == "not delivered within its lifetime"
    outcomes = [r.outcome for r in told if isinstance(r, Attempt) and r.message == MESSAGE]
    assert set(outcomes) == {"deferred"}


def test_the_next_try_waits_as_long_as_the_schedule_says(tmp_path: Path) -> None:
    async def run(hop: NextHop) -> None:
        async with depot(tmp_path, {"later.test": hop.address}, (30, 50)) as post:
            await post.take("b@later.test")
            await until(lambda: any(isinstance(record, Deferred) for record in post.told()))

    with NextHop(lambda line, talk: b"450 4.2.1 busy" if line[:4] == b"RCPT" else None) as hop:
        asyncio.run(run(hop))
    (deferred,) = [r for r in records(tmp_path / "journal") if isinstance(r, Deferred)]
    assert deferred.next_attempt == START + 30
    assert deferred.attempts == 1


def test_a_message_that_waits_survives_the_courier(tmp_path: Path) -> None:
    busy = True

    async def run(hop: NextHop, done: Callable[[Depot], bool], later: float) -> None:
        async with depot(tmp_path, {"later.test": hop.address}, (10,)) as post:
            post.now += later
            if not later:
                await post.take("b@later.test")
            await until(lambda: done(post))

    with NextHop(lambda line, talk: b"450 4.2.1 busy" if busy and line[:4] == b"RCPT" else None) as hop:
        asyncio.run(run(hop, lambda post: any(isinstance(r, Deferred) for r in post.told()), 0))
        busy = False
        asyncio.run(run(hop, lambda post: bool(hop.messages), 11))
    assert [message.recipients for message in hop.messages] == [("b@later.test",)]
    assert hop.messages[0].content == CONTENT


def in_spool(folder: Path) -> Waiting | Held | None:
    with contextlib.closing(open_reader(folder / "spool")) as reader:
        return reader.get(MESSAGE)


def test_nothing_goes_to_a_recipient_that_a_message_is_held_for(tmp_path: Path) -> None:
    async def run(hop: NextHop) -> None:
        async with depot(tmp_path, {"there.test": hop.address}) as post:
            await post.take("b@there.test", held="c@there.test")
            await until(lambda: isinstance(in_spool(tmp_path), Held))
            (attempt,) = [record for record in post.told() if isinstance(record, Attempt)]
            assert attempt.recipients == ("b@there.test",)
            post.spool.release_held(MESSAGE, post.now + 60, lambda decided: None)
            await until(lambda: len(hop.messages) == 2)

    with NextHop() as hop:
        asyncio.run(run(hop))
    assert [message.recipients for message in hop.messages] == [("b@there.test",), ("c@there.test",)]


def test_a_recipient_stays_held_while_another_is_tried_again_and_after_a_restart(tmp_path: Path) -> None:
    busy = True

    async def run(hop: NextHop, then: Callable[[], object], later: float) -> None:
        async with depot(tmp_path, {"there.test": hop.address}, (10,)) as post:
            post.now += later
            if not later:
                await post.take("b@there.test", held="c@there.test")
            await until(then)

    def says(line: bytes, talk: object) -> bytes | None:
        return b"450 4.2.1 busy" if busy and line[:4] == b"RCPT" else None

    def tried() -> bool:
        entry = in_spool(tmp_path)
        return isinstance(entry, Waiting) and not entry.leased

    with NextHop(says) as hop:
        asyncio.run(run(hop, tried, 0))
        entry = in_spool(tmp_path)
        assert entry is not None
        assert [(r.address, r.held) for r in entry.message.recipients] == [
            ("b@there.test", ""),
            ("c@there.test", WHY),
        ]
        busy = False
        asyncio.run(run(hop, lambda: isinstance(in_spool(tmp_path), Held), 20))
    assert [message.recipients for message in hop.messages] == [("b@there.test",)]
    entry = in_spool(tmp_path)
    assert isinstance(entry, Held)
    assert (entry.reason, entry.message.held_for()) == (WHY, ("c@there.test",))
