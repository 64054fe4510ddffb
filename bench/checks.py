"""What each check costs a message of 10 KB from a stranger, beside what it costs to relay a message at all.

    python -m bench.checks [--messages 300] [--quick]

The checks are those of a worker, put together from settings that turn all of them on but the virus scanner: three
lists in DNS, greylisting of everybody, reputation and correspondents over the embedded memory, SPF, DKIM and DMARC
over a signed message. DNS answers at once from a table, so that a question costs what the check does with it and no
more (`bench.dns_lists` asks a real resolver). Each message has a client and a reverse-path of its own; all are
signed by one domain. Twenty messages are on their way at once. CPU is that of the process, the memory's thread
included.

The relay is the gateway by itself, one worker, own clients that no check looks at: load by smtp-source, last hop
smtp-sink (Debian's postfix).
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import shutil
import statistics
import tempfile
import time
from collections.abc import Awaitable
from pathlib import Path
from typing import Any, Final

import uvloop
from msgspec.structs import replace

from bench.accept_and_relay import load_once
from bench.accounting import Account
from bench.identity import message_and_records
from bench.servers import CountedGatepost, CountedSink
from gatepost.checks.facts import Content, Facts
from gatepost.checks.finding import Finding, Stage
from gatepost.gateway.checking import Checking
from gatepost.gateway.compose import dial
from gatepost.gateway.memory import EmbeddedMemory
from gatepost.gateway.settings import Settings
from gatepost.mail.path import Mailbox
from gatepost.policy.domains import Domains
from tests.peers.server import free_ports
from tests.zone import Zone

ROUNDS: Final = 5
RELAYED: Final = 1500
LISTS: Final = ("a.lists.example", "b.lists.example", "c.lists.example")
STAGES: Final = (Stage.CONNECT, Stage.HELO, Stage.MAIL, Stage.RCPT, Stage.CONTENT)

SETTINGS: Final = {
    "host": "gw.example",
    "domain": [{"name": "ours.example"}],
    "policy": {"relay_networks": ["::1"]},
    "checks": {"dnsbl": {"list": [{"zone": zone} for zone in LISTS]}, "greylist": {"mode": "all"}},
}
Look = Any  # of a check, as `checks.check.Check` has it
AT_ONCE: Final = 20


class Caller:
    """One message: what is known of it by now."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self.found: list[Finding] = []

    def at(self, stage: Stage) -> Facts:
        """Give what a check gets to see."""
        recipient = self.facts.recipients[0] if stage is Stage.RCPT else None
        return replace(self.facts, recipient=recipient, findings=tuple(self.found))


def strangers(messages: int, records: dict[str, str]) -> tuple[list[Caller], Zone]:
    """Make so many callers, with names in order and SPF on their side, and the DNS that says so."""
    table: dict[str, Any] = {name: {"TXT": [text]} for name, text in records.items()}
    for zone in LISTS:
        table[f"2.0.0.127.{zone}"] = {"A": ["127.0.0.2"]}
    found = []
    for number, (third, last) in enumerate(
        itertools.islice(itertools.product(range(256), range(1, 255)), messages)
    ):
        domain = f"d{number}.example"
        table[f"{last}.{third}.0.60.in-addr.arpa"] = {"PTR": [f"mail.{domain}"]}
        table[f"mail.{domain}"] = {"A": [f"60.0.{third}.{last}"]}
        table[domain] = {
            "TXT": ["v=spf1 ip4:198.51.100.0/24 ip4:60.0.0.0/16 -all"],
            "MX": [f"10 mail.{domain}"],
        }
        found.append(
            Caller(
                Facts(
                    session="7zq4k0v3m8x2a",
                    client=f"60.0.{third}.{last}",
                    role="inbound",
                    relay=False,
                    helo=f"mail.{domain}",
                    reverse_path=Mailbox(f"ann@{domain}", domain),
                    recipients=(Mailbox("bob@ours.example", "ours.example"),),
                )
            )
        )
    return found, Zone(table)


async def spent(look: Look, stage: Stage, callers: list[Caller], message: bytes | None) -> float:
    """Give the CPU microseconds that a check takes for one message; what it finds is kept with each.

    Each message is seen for the first time by each check, so the view is made anew for all that use it.
    """
    work = iter([(caller, caller.at(stage)) for caller in callers])
    found: list[tuple[Caller, list[Finding]]] = []

    async def some() -> None:
        for caller, facts in work:
            content = None if message is None else Content(len(message), message)
            answer = look(stage, facts, content)
            found.append((caller, list(await answer if isinstance(answer, Awaitable) else answer)))

    began = time.process_time()
    await asyncio.gather(*(some() for _ in range(AT_ONCE)))
    await asyncio.sleep(0.2)  # what is to be remembered is written
    took = time.process_time() - began
    for caller, findings in found:
        caller.found += findings
    return took / len(callers) * 1e6


async def costs(folder: Path, messages: int) -> dict[tuple[Stage, str], float]:
    """Measure all checks at all of their stages, in the order of a session; give medians of all rounds."""
    message, records = message_and_records()
    callers, zone = strangers(messages * ROUNDS, records)
    settings = Settings.model_validate(SETTINGS)
    memory = EmbeddedMemory(folder, time.time, asyncio.get_running_loop())
    checking = Checking(
        settings,
        domains=Domains(settings.domain),
        rules=settings.policy.rules(),
        resolver=zone,
        memory=memory,
        secret=bytes(32),
        dial=dial,
        clock=time.time,
        monotonic=time.monotonic,
        told=lambda _: None,
    )
    found: dict[tuple[Stage, str], list[float]] = {}
    for number in range(ROUNDS):
        some = callers[number * messages : (number + 1) * messages]
        for stage in STAGES:
            for name, look in [look for wave in checking.checks._waves[stage] for look in wave]:  # noqa: SLF001
                cost = await spent(look, stage, some, message if stage is Stage.CONTENT else None)
                found.setdefault((stage, name), []).append(cost)
    said = {finding.what for caller in callers for finding in caller.found}
    assert {"spf-pass", "dkim-pass", "dmarc-pass", "reverse-name-confirmed", "greylist-first"} <= said, said
    checking.close()
    memory.close()
    return {key: statistics.median(rounds) for key, rounds in found.items()}


def relayed(*, kept: bool) -> float:
    """Give the CPU microseconds of the gateway for one relayed message."""
    ports = free_ports()
    source = Account("source")
    with CountedSink(next(ports)) as sink:
        gateway = CountedGatepost(next(ports), 0, sink.address)
        gateway.settings["workers"] = 1
        with gateway:
            load_once(gateway, sink, source, 300, kept=kept)
            loads = [load_once(gateway, sink, source, RELAYED, kept=kept) for _ in range(3)]
        gateway.account.close()
    sink.account.close()
    source.close()
    return statistics.median(load.cpu_ms for load in loads) * 1000


def main() -> None:
    """Measure, and print one table."""
    reader = argparse.ArgumentParser(description="What each check costs a message, beside its relay.")
    reader.add_argument("--messages", type=int, default=300, help="messages in each round")
    reader.add_argument("--quick", action="store_true", help="a rough look")
    options = reader.parse_args()
    messages = 60 if options.quick else options.messages
    with (
        tempfile.TemporaryDirectory() as folder,
        asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
    ):
        found = runner.run(costs(Path(folder), messages))
    relay = {}
    if shutil.which("/usr/sbin/smtp-source") and shutil.which("/usr/sbin/smtp-sink"):
        relay = {kept: relayed(kept=kept) for kept in (False, True)}
    else:
        print("Without the relay: smtp-source and smtp-sink are not installed (postfix).\n")
    new = relay.get(False, 0.0)
    print(f"{messages} messages a round, medians of {ROUNDS} rounds\n")
    print("| check | at | CPU | of a relay |\n| --- | --- | ---: | ---: |")
    rows = [(name, str(stage), cost) for (stage, name), cost in found.items()]
    rows += [("all of them", "", sum(found.values()))]
    rows += [(f"relay, {'kept' if kept else 'new'} connections", "", cost) for kept, cost in relay.items()]
    for name, stage, cost in rows:
        share = f"{cost / new:.0%}" if new else ""
        print(f"| {name} | {stage} | {cost:.0f} µs | {share} |")


if __name__ == "__main__":
    main()
