"""What 20 lists cost a session: CPU of the worker and time until the finding, beside the same questions by aiodns.

    python -m bench.dns_lists [--sessions 300] [--lists 20] [--quick] [--json FILE]

A private NSD serves the lists, a private Unbound asks it; both on loopback, neither is counted. "new" are clients
that nobody has asked about; "kept" are clients that come again, whose answers the worker remembers; "listed" are
clients that every list names, so that each is asked for its words too. aiodns asks in the same way about other
clients, so that Unbound knows the answers to neither. Ratios count.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import shutil
import statistics
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any, Final

import aiodns
import uvloop

from gatepost.checks.connection.dnsbl import DnsblCheck
from gatepost.checks.connection.list_health import HealthChange, ListHealth
from gatepost.checks.connection.settings import DnsblSettings
from gatepost.checks.facts import Facts
from gatepost.checks.finding import Result, Stage
from gatepost.gateway.resolver import DnsResolver, ResolverSettings
from tests.peers.nsd import Nsd
from tests.peers.server import free_ports
from tests.peers.unbound import Unbound

LISTED: Final = "198.51.100"
ROUNDS: Final = 3

Session = Callable[[str], Awaitable[None]]


def zone() -> str:
    """Give the records of a list: its test point, and 254 listed addresses."""
    lines = ["2.0.0.127 A 127.0.0.2"]
    for last in range(1, 255):
        name = f"{last}.{'.'.join(reversed(LISTED.split('.')))}"
        lines += [f"{name} A 127.0.0.4", f'{name} TXT "see https://list.example/{last}"']
    return "\n".join(lines) + "\n"


def strangers() -> Iterator[str]:
    """Give addresses that no list names, each once."""
    for second, third, last in itertools.product(range(256), range(256), range(1, 255)):
        yield f"60.{second}.{third}.{last}"


def tell_ill(change: HealthChange) -> None:
    """Say when a list is left out: then nothing was measured."""
    if not change.well:
        print(change)


async def measure(session: Session, clients: list[str]) -> tuple[float, float]:
    """Run sessions one after the other; give the CPU and the time of one, in microseconds."""
    cpu, began = time.process_time(), time.perf_counter()
    for client in clients:
        await session(client)
    count = len(clients) / 1e6
    return (time.process_time() - cpu) / count, (time.perf_counter() - began) / count


async def run(server: str, zones: list[str], sessions: int) -> dict[str, dict[str, tuple[float, float]]]:
    """Measure all cases, in turn, several rounds; give medians."""
    resolver = DnsResolver(ResolverSettings(nameservers=(server,)), time.time)
    settings = DnsblSettings.model_validate({"list": [{"zone": each} for each in zones]})
    health = ListHealth(settings, resolver, time.time, time.monotonic, tell_ill)
    check = DnsblCheck(settings, resolver, health, time.monotonic)
    other = aiodns.DNSResolver(nameservers=[server], timeout=2, tries=2)

    async def gatepost(client: str) -> None:
        facts = Facts(session="", client=client, role="inbound", relay=False)
        looked: Any = check.look(Stage.CONNECT, facts, None)
        (finding,) = await looked
        assert finding.result is (Result.FOUND if client.startswith(LISTED) else Result.CLEAN), finding

    async def question(name: str) -> None:
        try:
            await other.query_dns(name, "A")
        except aiodns.error.DNSError:
            return
        await other.query_dns(name, "TXT")

    async def by_aiodns(client: str) -> None:
        labels = ".".join(reversed(client.split(".")))
        await asyncio.gather(*[question(f"{labels}.{each}") for each in zones])

    await health.look()
    new, known = strangers(), iter(range(1, 255))
    found: dict[str, dict[str, list[tuple[float, float]]]] = {}
    for _ in range(ROUNDS):
        for who, session in (("gatepost", gatepost), ("aiodns", by_aiodns)):
            clients = list(itertools.islice(new, sessions))
            share = [f"{LISTED}.{next(known)}" for _ in range(254 // ROUNDS // 2)]
            for case, some in (("new", clients), ("kept", clients), ("listed", share)):
                found.setdefault(case, {}).setdefault(who, []).append(await measure(session, some))
    await other.close()
    resolver.close()
    return {
        case: {
            who: (statistics.median(cpu for cpu, _ in runs), statistics.median(took for _, took in runs))
            for who, runs in sides.items()
        }
        for case, sides in found.items()
    }


def main() -> None:
    """Start the servers, measure, print."""
    reader = argparse.ArgumentParser(description="What 20 lists cost a session.")
    reader.add_argument("--sessions", type=int, default=300)
    reader.add_argument("--lists", type=int, default=20)
    reader.add_argument("--quick", action="store_true", help="a rough look")
    reader.add_argument("--json", type=Path)
    options = reader.parse_args()
    lacking = [program for program in ("nsd", "unbound") if shutil.which(program) is None]
    if lacking:
        print(f"No lists in DNS are measured: {' and '.join(lacking)} is not installed.")
        return
    if options.quick:
        options.sessions = 60
    zones = [f"l{number}.lists.example" for number in range(options.lists)]
    ports = free_ports()
    with (
        Nsd(next(ports), dict.fromkeys(zones, zone()), minimum=600) as nsd,
        Unbound(next(ports), dict.fromkeys(zones, nsd.address)) as unbound,
        asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
    ):
        found = runner.run(run(unbound.address, zones, options.sessions))
    print(f"{options.lists} lists, microseconds a session: CPU of the worker, time until the finding")
    for case, sides in found.items():
        (cpu, took), (other_cpu, other_took) = sides["gatepost"], sides["aiodns"]
        print(
            f"{case:8} gatepost {cpu:7.0f} {took:7.0f}   aiodns {other_cpu:7.0f} {other_took:7.0f}   "
            f"CPU 1/{other_cpu / cpu:.1f}, time 1/{other_took / took:.1f}"
        )
    if options.json:
        options.json.write_text(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
