"""Gatepost and Postfix on the same work in one run: how fast, at which cost in CPU, in how much memory.

    python -m bench.accept_and_relay [--quick] [--json FILE]

Four cases: accept (the mail stays in the queue) and relay (it is delivered to smtp-sink while more comes in),
each with a new connection per message and with kept ones. Both servers are up at once and loaded in turn, so that
whatever else the machine does hits both; after a warm-up each figure is a median. A fifth case sends large
messages side by side and watches memory. As root, on a machine with Debian's postfix.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from bench.accounting import Account, Peak, busy, machine
from bench.servers import CountedGatepost, CountedPostfix, CountedSink
from tests.peers.server import Server, free_ports
from tests.peers.sink import source_command

SESSIONS = 20
SIZE = 10_240
LARGE = 5_242_880
LARGE_SESSIONS = 100
TIME_LIMIT = 120.0  # for one load of one server
# Cores that something else on the machine may use before a load is thrown away and repeated.
FOREIGN_LIMIT = 0.25


@dataclass(frozen=True)
class Load:
    """One load of one server."""

    messages: int
    accept_rate: float
    relay_rate: float | None
    cpu_ms: float
    foreign_cores: float


@dataclass
class Case:
    """All loads of one case, by server."""

    name: str
    relay: bool
    kept: bool
    loads: dict[str, list[Load]] = field(default_factory=dict)

    def median(self, server: str, what: Callable[[Load], float | None]) -> float:
        """Give the median of one figure over a server's loads."""
        return statistics.median(value for load in self.loads[server] if (value := what(load)) is not None)


def load_once(server: Any, sink: CountedSink | None, source: Account, count: int, *, kept: bool) -> Load:
    """Send `count` messages through a server and wait until all reached the sink; raise when some did not."""
    before = sink.count() if sink else 0
    accounts = [server.account, source, *([sink.account] if sink else [])]
    cpu, all_cpu, start = [account.cpu() for account in accounts], busy(), time.perf_counter()
    command = source_command(server.port, count, sessions=SESSIONS, kept=kept, size=SIZE)
    subprocess.run(source.prefix() + command, capture_output=True, timeout=TIME_LIMIT, check=True)
    accepted = time.perf_counter() - start
    relayed = None
    if sink:
        arrived = sink.wait_for(before + count, TIME_LIMIT) - before
        relayed = time.perf_counter() - start
        if arrived != count:
            raise RuntimeError(
                f"{server.name} took {count} messages and delivered {arrived}: {server.words()}"
            )
    else:
        settle(server.account)
    used = [account.cpu() - then for account, then in zip(accounts, cpu, strict=True)]
    seconds = time.perf_counter() - start
    return Load(
        messages=count,
        accept_rate=count / accepted,
        relay_rate=count / relayed if relayed else None,
        cpu_ms=used[0] / count * 1000,
        foreign_cores=(busy() - all_cpu - sum(used)) / seconds,
    )


def settle(account: Account) -> None:
    """Wait until a server has finished what it does after its last reply, at most ten seconds."""
    for _ in range(40):
        before = account.cpu()
        time.sleep(0.25)
        if account.cpu() - before < 0.02:
            return


def run_case(case: Case, servers: list[Any], sink: CountedSink | None, seconds: float, runs: int) -> None:
    """Warm every server up, choose how many messages make `seconds` of work, then load them in turn."""
    source = Account("source")
    try:
        counts = {}
        for server in servers:
            warm = load_once(server, sink, source, 300, kept=case.kept)
            counts[server.name] = min(max(int((warm.relay_rate or warm.accept_rate) * seconds), 300), 20_000)
            case.loads[server.name] = []
        for _ in range(runs * 3):
            for server in servers:
                loads = case.loads[server.name]
                if len(loads) < runs:
                    load = load_once(server, sink, source, counts[server.name], kept=case.kept)
                    note = (
                        "" if load.foreign_cores <= FOREIGN_LIMIT else "  (the machine was busy: once more)"
                    )
                    rate = load.relay_rate or load.accept_rate
                    say(f"  {case.name:14} {server.name:9} {rate:7.0f}/s {load.cpu_ms:6.2f} ms CPU{note}")
                    if not note:
                        loads.append(load)
        for server in servers:
            if not case.loads[server.name]:
                raise SystemExit(
                    "This machine is too busy with other things to measure anything on it; try again."
                )
    finally:
        source.close()


@contextlib.contextmanager
def started(*, relay: bool, ports: Iterator[int]) -> Iterator[tuple[list[Any], CountedSink | None]]:
    """Start a sink if there is to be one, and both servers in front of it."""
    with contextlib.ExitStack() as stack:
        sink = counted(stack, CountedSink(next(ports))) if relay else None
        hop = sink.address if sink else ""
        servers = [
            counted(stack, CountedPostfix(next(ports), hop)),
            counted(stack, CountedGatepost(next(ports), next(ports), hop)),
        ]
        yield servers, sink


def counted(stack: contextlib.ExitStack, server: Any) -> Any:
    """Start a server; when the stack unwinds it is stopped first and its account closed then."""
    stack.callback(server.account.close)
    started_server: Server = stack.enter_context(server)
    server.account.session = started_server.pid
    return started_server


def memory_run(ports: Iterator[int], messages: int) -> dict[str, dict[str, float]]:
    """Send large messages side by side through each server; megabytes held before, and at most meanwhile."""
    figures = {}
    with started(relay=True, ports=ports) as (servers, sink):
        assert sink is not None
        for server in servers:
            before, idle = sink.count(), server.account.memory()
            command = source_command(
                server.port, messages, sessions=min(messages, LARGE_SESSIONS), size=LARGE
            )
            with Peak(server.account) as peak:
                subprocess.run(command, capture_output=True, timeout=TIME_LIMIT, check=True)
                arrived = sink.wait_for(before + messages, TIME_LIMIT) - before
            if arrived != messages:
                raise RuntimeError(f"{server.name} took {messages} large messages and delivered {arrived}")
            figures[server.name] = {"messages": messages, "idle_mb": idle, "peak_mb": peak.megabytes}
            say(f"  large messages {server.name:9} {idle:6.0f} MB idle, {peak.megabytes:6.0f} MB at most")
    return figures


def table(cases: list[Case], memory: dict[str, dict[str, float]]) -> str:
    """Lay the medians out as a table in Markdown, with the ratio that counts beside each pair."""
    rows = ["| case | Postfix | Gatepost | ratio |", "| --- | ---: | ---: | ---: |"]
    for case in cases:
        rate = (lambda load: load.relay_rate) if case.relay else (lambda load: load.accept_rate)
        ours, theirs = case.median("gatepost", rate), case.median("postfix", rate)
        rows.append(f"| {case.name}, messages/s | {theirs:,.0f} | {ours:,.0f} | {ours / theirs:.1f} times |")
        ours, theirs = (case.median(name, lambda load: load.cpu_ms) for name in ("gatepost", "postfix"))
        rows.append(
            f"| {case.name}, CPU per message | {theirs:.2f} ms | {ours:.2f} ms | 1/{theirs / ours:.1f} |"
        )
    if memory:
        for name, key in (("idle", "idle_mb"), ("at most", "peak_mb")):
            theirs, ours = memory["postfix"][key], memory["gatepost"][key]
            rows.append(
                f"| memory {name}, {memory['gatepost']['messages']:.0f} messages of 5 MB side by side "
                f"| {theirs:,.0f} MB | {ours:,.0f} MB | {ours / theirs:.2f} |"
            )
    return "\n".join(rows)


def say(words: str) -> None:
    """Tell how far the run is, apart from the results."""
    print(words, file=sys.stderr, flush=True)


def main() -> None:
    """Measure, print the table, write the JSON."""
    reader = argparse.ArgumentParser(description="Gatepost against Postfix, on the same work in one run.")
    reader.add_argument(
        "--quick", action="store_true", help="one short load per figure: a look, not a measurement"
    )
    reader.add_argument(
        "--json", type=Path, default=Path(".cache/bench.json"), help="where all loads are written"
    )
    options = reader.parse_args()
    if os.geteuid() != 0 or not Path("/usr/sbin/smtp-source").exists():
        raise SystemExit("This starts a private Postfix: run it as root, after 'apt install postfix'.")
    seconds, runs, large = (1.0, 1, 20) if options.quick else (4.0, 3, 100)
    # Queues belong on a real disk; /tmp may be memory.
    tempfile.tempdir = "/var/tmp"
    ports = free_ports()
    cases = [
        Case(f"{what}, {how}", relay=what == "relay", kept=how == "kept")
        for what in ("accept", "relay")
        for how in ("new", "kept")
    ]
    for relay in (False, True):
        with started(relay=relay, ports=ports) as (servers, sink):
            for case in cases:
                if case.relay == relay:
                    run_case(case, servers, sink, seconds, runs)
    memory = memory_run(ports, large)
    about = machine(Path(tempfile.tempdir))
    options.json.parent.mkdir(parents=True, exist_ok=True)
    result = {"machine": about, "cases": [asdict(case) for case in cases], "memory": memory}
    options.json.write_text(json.dumps(result, indent=1))
    print(f"{SIZE} octets a message, {SESSIONS} sessions; medians of {runs}\n\n{table(cases, memory)}\n")
    print("\n".join(f"{name}: {value}" for name, value in about.items()))


if __name__ == "__main__":
    main()
