"""Kill -9 under load, again and again, and count: what was answered 250 arrives, and the journal knows it.

Clients send numbered messages while workers are killed at random moments, most of them while they work, some of
them while they start. A client whose session breaks goes on with the next number: whether the broken one was
taken is then not known, so it may arrive or not, but never cut and never twice without a note.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable

import pytest

from gatepost.journal.reader import records
from gatepost.journal.records import AnyRecord, Noted, Reception
from gatepost.spool.embedded import open_reader
from tests.delivery.next_hop import Message, NextHop, wait_until
from tests.peers.client import Client
from tests.peers.gateway import Gateway

KILLS = 50
GROUP_KILLS = 2  # the supervisor and all its children at once
CLIENTS = 4
WORKERS = 2
MOST_SECONDS = 75.0


class Mortal(Gateway):
    """A gateway that can be killed whole, and started again on what it left."""

    def kill(self) -> None:
        """Kill the supervisor and everything it started."""
        assert self.process is not None
        os.killpg(self.pid, signal.SIGKILL)
        self.process.wait()

    def stop(self) -> None:
        """Stop it as an administrator would: what is under way ends."""
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(30)

    def start_again(self) -> None:
        """Start a gateway on the same data directory, as a person or systemd would."""
        with self.output.open("ab") as output:
            self.process = subprocess.Popen(
                self.command(),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=self.folder,
                start_new_session=True,
            )


class FrailClient(Client):
    """A client that may break at any time, and then holds nothing open."""

    def __init__(self, port: int) -> None:
        try:
            super().__init__(port, timeout=30)
        except BaseException:
            if hasattr(self, "_socket"):
                self._socket.close()
            raise


class Sender:
    """A client that sends numbered messages until told to stop, and never gives up."""

    def __init__(self, port: int, name: str, seed: int) -> None:
        self.sent: dict[str, bytes] = {}
        self.answered: dict[str, str] = {}
        self.broken = 0
        self.refused: list[str] = []
        self.stop = threading.Event()
        self.thread = threading.Thread(target=self._run, daemon=True)
        self._port = port
        self._name = name
        self._random = random.Random(seed)

    def _run(self) -> None:
        client: FrailClient | None = None
        number = 0
        while not self.stop.is_set():
            number += 1
            recipient = f"{self._name}-{number}@there.test"
            content = self._content(number)
            try:
                if client is None:
                    client = FrailClient(self._port)
                self.sent[recipient] = content
                (result,) = client.send("author@here.test", (recipient,), content)
            except OSError:
                if client is None:  # nobody listens just now
                    self.stop.wait(0.02)
                else:
                    self.broken += 1
                    client.__exit__()
                    client = None
                continue
            if result.reply.code == 250:
                self.answered[recipient] = result.reply.text
            else:
                self.refused.append(str(result.reply))
        if client is not None:
            client.close()

    def _content(self, number: int) -> bytes:
        # Small ones ride in segments; now and then one has a file of its own, or goes to disk as it comes.
        octets = self._random.choice([200, 2_000, 10_000, 10_000, 300_000 if number % 20 == 0 else 5_000])
        octets = 1_300_000 if number % 50 == 0 else octets
        line = self._random.randbytes(35).hex().encode() + b"\r\n"
        return b"Subject: number %d\r\n\r\n" % number + line * (octets // len(line))


def empty(gateway: Gateway) -> bool:
    """Tell whether nothing waits in any shard."""
    for shard in sorted((gateway.data_dir / "spool").glob("[0-9]*")):
        reader = open_reader(shard)
        counts = reader.counts()
        reader.close()
        if counts.waiting or counts.leased:
            return False
    return True


def kill_some(gateway: Mortal, senders: list[Sender], chance: random.Random, end: float) -> tuple[int, int]:
    """Kill workers at random moments; give how many were killed alone and how often all at once."""
    alone = together = 0
    at_once = {KILLS // 3, 2 * KILLS // 3}
    while alone < KILLS and time.monotonic() < end:
        before = sum(len(s.answered) for s in senders)
        # Most kills wait for some traffic, so that there is something to lose; every fourth comes at once.
        if alone % 4:
            wait_until(lambda b=before: sum(len(s.answered) for s in senders) > b + 5, 5)  # type: ignore[misc]
        time.sleep(chance.uniform(0, 0.25))
        if alone in at_once:
            at_once.discard(alone)
            gateway.kill()
            gateway.start_again()
            together += 1
            wait_until(lambda: len(gateway.workers()) == WORKERS, 10)
        living = gateway.workers()
        if not living:
            wait_until(gateway.workers, 5)
            continue
        os.kill(chance.choice(living), signal.SIGKILL)
        alone += 1
    return alone, together


@pytest.mark.slow
def test_what_was_answered_250_arrives_through_fifty_kills(free_port: Callable[[], int]) -> None:
    seed = int(os.environ.get("CRASH_SEED", random.SystemRandom().randrange(1 << 32)))
    print(f"CRASH_SEED={seed}")
    chance = random.Random(seed)
    end = time.monotonic() + MOST_SECONDS
    with NextHop() as next_hop:
        settings = {"workers": WORKERS, "domain": [{"name": "there.test", "next_hop": [next_hop.address]}]}
        with Mortal(free_port(), settings=settings) as gateway:
            senders = [Sender(gateway.port, f"client{n}", chance.randrange(1 << 32)) for n in range(CLIENTS)]
            for sender in senders:
                sender.thread.start()
            try:
                kills, whole = kill_some(gateway, senders, chance, end)
            finally:
                for sender in senders:
                    sender.stop.set()
                for sender in senders:
                    sender.thread.join(40)
            wanted = {recipient for sender in senders for recipient in sender.answered}
            wait_until(lambda: wanted <= {message.recipients[0] for message in list(next_hop.messages)}, 30)
            for _ in range(3):  # a worker that was killed last may only just be starting
                wait_until(lambda: empty(gateway), 10)
                gateway.stop()
                if empty(gateway):
                    break
                gateway.start_again()
                wait_until(lambda: len(gateway.workers()) == WORKERS, 10)
            assert (kills, whole) == (KILLS, GROUP_KILLS), f"only {kills} kills in {MOST_SECONDS} seconds"
            assert "Traceback" not in gateway.output.read_text()
            summary = judge(senders, next_hop.messages, gateway)
    print(f"\n{kills} workers and {whole} whole gateways killed: {summary}", file=sys.stderr)


def tales(gateway: Gateway, messages: Iterable[str]) -> list[AnyRecord]:
    """Give what the journal has about some messages."""
    wanted = set(messages)
    return [record for record in records(gateway.data_dir / "journal") if record.message in wanted]


def judge(senders: list[Sender], arrived: list[Message], gateway: Gateway) -> str:
    """Compare what was sent, answered, noted and delivered."""
    sent = {recipient: content for s in senders for recipient, content in s.sent.items()}
    answered = {recipient: text for s in senders for recipient, text in s.answered.items()}
    assert [refusal for s in senders for refusal in s.refused] == []
    receptions: set[str] = set()
    interrupted: Counter[str] = Counter()
    for record in records(gateway.data_dir / "journal"):
        if isinstance(record, Reception) and record.reply.positive:
            receptions.update(record.recipients)
        elif isinstance(record, Noted) and record.event == "interrupted":
            interrupted[record.message] += 1
    assert empty(gateway), gateway.words()
    copies: defaultdict[str, list[Message]] = defaultdict(list)
    for message in arrived:
        (recipient,) = message.recipients
        assert message.below_trace == sent[recipient], f"the content of {recipient} is not what was sent"
        copies[recipient].append(message)

    assert sorted(answered.keys() - copies.keys()) == [], "answered 250 and lost"
    assert sorted(answered.keys() - receptions) == [], "answered 250, and the journal has no reception"
    unknown = [copies[r][0].gateway_id for r in sorted(copies.keys() - receptions)]
    assert unknown == [], f"delivered, and the journal has no reception, only {tales(gateway, unknown)}"
    twice = {recipient: found for recipient, found in copies.items() if len(found) > 1}
    for recipient, found in twice.items():
        ids = {message.gateway_id for message in found}
        assert len(ids) == 1, f"{recipient} was taken twice: {ids}"
        notes = interrupted[found[0].gateway_id]
        assert len(found) <= 1 + notes, (
            f"{recipient} arrived {len(found)} times with {notes} interruptions: {tales(gateway, ids)}"
        )
    for recipient, text in answered.items():
        assert copies[recipient][0].gateway_id in text
    assert len(answered) > 20 * KILLS // 10, "too little load to show anything"
    broken = sum(s.broken for s in senders)
    return (
        f"{len(answered)} messages answered 250, all arrived; {len(twice)} arrived more than once, all in "
        f"flight at a kill ({sum(interrupted.values())} interruptions noted); {broken} sessions broke, "
        f"{len(copies.keys() - answered.keys())} of their messages were taken and delivered"
    )
