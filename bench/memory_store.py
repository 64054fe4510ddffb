"""What remembering costs a message: reputation, greylisting, correspondents, domains, over the embedded memory.

    python -m bench.memory_store [--messages 20000] [--at-once 50]

For each step: microseconds of CPU per message (event loop and memory thread together, as a worker pays it), and of
wall time with so many messages on their way at once. "seen lately" repeats a few hundred callers, "strangers" has a
new one each time. "second wave" is all that is asked at the content's end of a message signed by its author, and
"end of a message" all that is learned from it. The file is in a temporary folder.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

import uvloop
from msgspec.structs import replace

from bench.accounting import machine
from gatepost.checks.connection.correspondents import Correspondents, CorrespondentsCheck
from gatepost.checks.connection.greylist import GreylistCheck
from gatepost.checks.connection.identities import DKIM, DMARC, SPF
from gatepost.checks.connection.memory_settings import (
    CorrespondentsSettings,
    GreylistSettings,
    NewDomainsSettings,
    ReputationSettings,
)
from gatepost.checks.connection.reputation import (
    Reputation,
    ReputationCheck,
    SignerReputationCheck,
    Verdict,
    identities,
)
from gatepost.checks.evidence import DkimEvidence, DmarcEvidence
from gatepost.checks.facts import Facts
from gatepost.checks.finding import Finding, Result, Stage
from gatepost.checks.identity.contacts import Contacts, ContactsCheck
from gatepost.checks.identity.new_domains import KnownDomains, NewDomainCheck
from gatepost.checks.runner import Checks
from gatepost.gateway.memory import EmbeddedMemory
from gatepost.mail.header import Glance
from gatepost.mail.path import Mailbox
from gatepost.policy.disposition import Action, Disposition
from gatepost.reception.lessons import Lessons
from tests.checks.connection.ram import good

TAKEN = Verdict(accepted=True)
SUSPICIOUS = Finding(check="bench", stage=Stage.MAIL, result=Result.FOUND, name="spf-softfail", score=2.0)
DISPOSITION = Disposition(action=Action.RELAY, rule="nothing-found")
SEEN = Glance("", "", "", 0)
US = Mailbox("us@ours.example", "ours.example")
PAUSE = 0.01  # between two that nobody waits for: more at once than a gateway can take would be dropped
Step = Callable[[Facts], Any]


def registered(domain: str) -> str:
    return ".".join(domain.split(".")[-2:])


def message(number: int, strangers: int) -> Facts:
    """Make the facts of a message from one of so many callers."""
    caller = number % strangers
    domain = f"sender{caller:06}.example"
    return Facts(
        session="s",
        client=f"10.{caller >> 16 & 255}.{caller >> 8 & 255}.{caller & 255}",
        role="inbound",
        relay=False,
        helo=f"mx.{domain}",
        reverse_path=Mailbox(f"a{caller}@{domain}", domain),
        recipients=(US,),
        recipient=US,
        findings=(SUSPICIOUS,),
    )


async def run(step: Step, messages: Sequence[Facts], at_once: int) -> tuple[float, float]:
    """Give CPU and wall time per message, in microseconds."""
    work = iter(messages)

    async def some() -> None:
        for facts in work:
            answer = step(facts)
            if isinstance(answer, Awaitable):
                await answer

    cpu, wall = time.process_time(), time.perf_counter()
    await asyncio.gather(*(some() for _ in range(at_once)))
    await asyncio.sleep(0.5)  # notes are written
    return (
        (time.process_time() - cpu) / len(messages) * 1e6,
        (time.perf_counter() - wall - 0.5) / len(messages) * 1e6,
    )


async def measure(directory: Path, number: int, at_once: int) -> None:
    memory = EmbeddedMemory(directory, time.time, asyncio.get_running_loop(), 500_000)
    reputation = Reputation(ReputationSettings(), memory, time.time)
    judge = ReputationCheck(ReputationSettings(), memory, time.time)
    greylist = GreylistCheck(GreylistSettings(), memory, time.time, registered)
    people = Correspondents(CorrespondentsSettings(), memory, time.time, b"key", US.domain.__eq__)
    friends = CorrespondentsCheck(people, registered)

    def look_at_reputation(facts: Facts) -> Any:
        return judge.look(Stage.RCPT, facts, None)

    def learn(facts: Facts) -> None:
        reputation.learn(identities(facts.client, facts.findings, registered), TAKEN)

    def grey(facts: Facts) -> Any:
        return greylist.look(Stage.RCPT, facts, None)

    def out(facts: Facts) -> None:
        assert facts.reverse_path is not None
        people.went_out((US,), (facts.reverse_path,))

    def pair(facts: Facts) -> Any:
        return friends.look(Stage.CONTENT, facts, None)

    known = KnownDomains(NewDomainsSettings(), memory, time.time, registered, US.domain.__eq__)
    contacts = Contacts(180, memory, time.time)
    wave = Checks(
        (
            SignerReputationCheck(ReputationSettings(), memory, time.time, registered),
            friends,
            ContactsCheck(contacts, US.domain.__eq__),
            NewDomainCheck(known, time.time),
        )
    )
    lessons = Lessons(reputation, people, contacts, known, registered)

    async def second_wave(facts: Facts) -> None:
        _, waiting = wave.at(Stage.CONTENT, facts)
        if waiting is not None:
            await waiting

    def end(facts: Facts) -> None:
        lessons.learn(facts, facts.findings, DISPOSITION, SEEN)

    async def paced(facts: Facts, step: Callable[[Facts], None] = learn) -> None:
        step(facts)
        await asyncio.sleep(PAUSE)

    steps: tuple[tuple[str, Step, int], ...] = (
        ("reputation, look: strangers", look_at_reputation, number),
        ("reputation, learn: strangers", paced, number),
        ("reputation, look: seen lately", look_at_reputation, 300),
        ("reputation, learn: seen lately", paced, 300),
        ("greylist, first try", grey, number),
        ("greylist, early retry", grey, number),
        ("correspondents, went out", lambda facts: paced(facts, out), number),
        ("correspondents, look", pair, number),
        ("second wave: strangers", second_wave, number),
        ("end of a message: strangers", lambda facts: paced(facts, end), number),
        ("second wave: seen lately", second_wave, 300),
        ("end of a message: seen lately", lambda facts: paced(facts, end), 300),
    )
    print(f"{'':34}{'CPU µs':>10}{'wall µs':>10}  per message, {at_once} at once")
    for name, step, strangers in steps:
        made = [message(n, strangers) for n in range(number)]
        if name.startswith("correspondents"):
            made = [with_spf(facts) for facts in made]
        elif name.startswith(("second", "end")):
            made = [with_proof(facts) for facts in made]
        cpu, wall = await run(step, made, at_once)
        print(f"{name:34}{cpu:10.1f}{wall:10.1f}")
    memory.close()


def with_spf(facts: Facts) -> Facts:
    """Let SPF vouch for the sender's domain."""
    assert facts.reverse_path is not None
    return replace(facts, findings=(good(SPF, facts.reverse_path.domain),))


def with_proof(facts: Facts) -> Facts:
    """Let the author sign, and write by a service."""
    assert facts.reverse_path is not None
    domain = facts.reverse_path.domain
    dkim = Finding(
        check=DKIM,
        stage=Stage.CONTENT,
        result=Result.CLEAN,
        evidence=(DkimEvidence("pass", domain, "s1"), DkimEvidence("pass", "service.example", "s1")),
    )
    dmarc = Finding(
        check=DMARC,
        stage=Stage.CONTENT,
        result=Result.CLEAN,
        evidence=(DmarcEvidence("pass", domain, "DKIM", address=facts.reverse_path.address),),
    )
    return replace(facts, findings=(good(SPF, "service.example"), dkim, dmarc))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--messages", type=int, default=20_000)
    parser.add_argument("--at-once", type=int, default=50)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        directory = Path(name)
        print(machine(directory))
        runner.run(measure(directory, options.messages, options.at_once))
        size = sum(path.stat().st_size for path in directory.iterdir())
        print(f"{'on disk':34}{size / 1e6:10.1f} MB")


if __name__ == "__main__":
    main()
