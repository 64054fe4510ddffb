"""What it costs to ask who a message is from: SPF, DKIM and DMARC on 10 KB, beside mailauth and Rspamd in one run.

    python -m bench.identity [--count 1000]

All take the same message, signed with RSA 2048 and relaxed/relaxed, and the same DNS answers. Ours are the checks
as a worker runs them; they and mailauth ask a table, so that nothing but their own work is measured. mailauth (npm;
needs node) has a process of its own, once with few and once with many messages: the difference is the work without
the start.

Rspamd (Debian's package; needs nsd and unbound too) is measured as it is used: the CPU of its one worker, by the
kernel, while it answers over HTTP, with its modules for the three and no others. That includes HTTP, taking the
message apart, its tasks and events, and DNS by UDP as far as it does not remember the answers. Nothing is
subtracted.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import json
import resource
import shutil
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from publicsuffixlist import PublicSuffixList

from bench.rspamd import PROGRAM, Rspamd, check, version
from gatepost.checks.facts import Content, Facts
from gatepost.checks.finding import Finding, Stage
from gatepost.checks.identity.message import MessageCheck
from gatepost.checks.identity.spf import SpfCheck
from gatepost.checks.runner import Checks
from gatepost.mail.fields import split
from gatepost.mail.path import Mailbox
from gatepost.mailauth.dkim import Signer, sign
from gatepost.mailauth.dkim.keypair import key_record, new_rsa_key
from tests.peers.mailauth import VERSION, install
from tests.peers.nsd import Nsd
from tests.peers.server import free_ports
from tests.peers.unbound import Unbound
from tests.zone import Zone

SIZE = 10_240
ROUNDS = 5
CLIENT, SENDER = "192.0.2.7", "ann@sender.example"
SCRIPT = Path(__file__).with_name("identity_script.cjs")


def message_and_records() -> tuple[bytes, dict[str, str]]:
    """Make a signed message of SIZE octets, and the records that prove it."""
    key = new_rsa_key()
    records = {
        "sender.example": "v=spf1 ip4:198.51.100.0/24 ip4:192.0.2.0/24 -all",
        "s1._domainkey.sender.example": key_record(key),
        "_dmarc.sender.example": "v=DMARC1; p=reject",
    }
    head = (
        f"From: Ann <{SENDER}>\r\nTo: Bob <bob@ours.example>\r\nSubject: Figures\r\n"
        "Date: Sat, 28 Nov 2026 09:00:00 +0000\r\nMessage-ID: <1@sender.example>\r\nMIME-Version: 1.0\r\n\r\n"
    ).encode()
    line = b"A line of ordinary text, as people write it, with  blanks in it.\r\n"
    message = head + line * ((SIZE - len(head)) // len(line))
    header = split(message)
    field = sign(header, (message[header.body :],), (Signer("sender.example", "s1", key),), int(time.time()))
    assert isinstance(field, bytes)
    return field + message, records


def ours(message: bytes, records: dict[str, str], count: int) -> float:
    """Give the CPU seconds per message of the checks as the worker runs them."""
    zone = Zone({name: {"TXT": [text]} for name, text in records.items()})
    spf = SpfCheck("gw.example", lambda: zone, time.time)
    identity = MessageCheck(
        budgeted=lambda: zone,
        clock=time.time,
        suffixes=PublicSuffixList(),
        ours=lambda domain: domain == "ours.example",
        resembles=lambda _: "",
    )
    checks = Checks([spf, identity])
    mailbox = Mailbox(SENDER, "sender.example")
    facts = Facts(
        session="s",
        client=CLIENT,
        role="inbound",
        relay=False,
        helo="mail.sender.example",
        reverse_path=mailbox,
    )
    content = Content(len(message), message)

    async def run() -> list[Finding]:
        found: list[Finding] = []
        for _ in range(count):
            _, waiting = checks.at(Stage.MAIL, facts)
            before = tuple(await waiting) if waiting is not None else ()
            _, waiting = checks.at(Stage.CONTENT, Facts(**{**_fields(facts), "findings": before}), content)
            found = [*before, *(await waiting if waiting is not None else ())]
        return found

    began = time.process_time()
    found = asyncio.run(run())
    spent = time.process_time() - began
    names = [finding.what for finding in found]
    assert names == ["spf-pass", "dkim-pass", "arc-none", "dmarc-pass"], names
    return spent / count


def _fields(facts: Facts) -> dict[str, object]:
    return {name: getattr(facts, name) for name in facts.__struct_fields__}


def theirs(message: bytes, records: dict[str, str], count: int, folder: Path) -> float:
    """Give the CPU seconds per message of mailauth."""
    options = {
        "ip": CLIENT,
        "helo": "mail.sender.example",
        "sender": SENDER,
        "mta": "gw.example",
        "disableArc": True,
    }
    job = {"records": records, "message": base64.b64encode(message).decode(), "options": options}
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(job, file)
        file.flush()

        def spent(times: int) -> float:
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            done = subprocess.run(
                ["node", str(SCRIPT), str(folder), file.name, str(times)],
                capture_output=True,
                check=True,
                timeout=300,
            )
            assert json.loads(done.stdout) == ["pass", "pass", "pass"], done.stdout
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

        few = max(count // 10, 50)
        return (spent(count + few) - spent(few)) / count


def txt(name: str, text: str) -> str:
    """Write a TXT record as a zone file has it."""
    parts = " ".join(f'"{text[at : at + 255]}"' for at in range(0, len(text), 255))
    return f"{name}. TXT {parts}\n"


def by_rspamd(server: Rspamd, message: bytes, count: int) -> float:
    """Give the CPU seconds per message of Rspamd's worker."""
    envelope = {"IP": CLIENT, "Helo": "mail.sender.example", "From": SENDER, "Rcpt": "bob@ours.example"}
    before = server.worker_cpu()
    said = check(server.port, message, envelope, count)
    spent = server.worker_cpu() - before
    assert {"R_SPF_ALLOW", "R_DKIM_ALLOW", "DMARC_POLICY_ALLOW"} <= said["symbols"].keys(), said
    return spent / count


@contextmanager
def others(message: bytes, records: dict[str, str]) -> Iterator[dict[str, Callable[[int], float]]]:
    """Give what each peer costs, those that are here; of the others it is said what they lack."""
    with ExitStack() as stack:
        peers: dict[str, Callable[[int], float]] = {}
        if _here("mailauth", "node", "npm"):
            try:
                folder = install()
            except OSError as error:
                print(f"Without mailauth: {error}.\n")
            else:
                peers[f"mailauth {VERSION}"] = lambda count: theirs(message, records, count, folder)
        if _here("Rspamd", PROGRAM, "nsd", "unbound"):
            ports = free_ports()
            zone = "".join(txt(name, text) for name, text in records.items())
            nsd = stack.enter_context(Nsd(next(ports), {"sender.example": zone}))
            unbound = stack.enter_context(Unbound(next(ports), {"sender.example": nsd.address}))
            server = stack.enter_context(Rspamd(next(ports), unbound.address))
            by_rspamd(server, message, 50)
            peers[f"Rspamd {version()}"] = lambda count: by_rspamd(server, message, count)
        yield peers


def _here(peer: str, *programs: str) -> bool:
    lacking = [program for program in programs if shutil.which(program) is None]
    if lacking:
        print(f"Without {peer}: {' and '.join(lacking)} is not installed.\n")
    return not lacking


def main() -> None:
    """Measure in turn, and print the medians and their ratios."""
    reader = argparse.ArgumentParser(
        description="SPF, DKIM and DMARC on a message of 10 KB, beside mailauth and Rspamd."
    )
    reader.add_argument("--count", type=int, default=1000, help="messages in each round")
    reader.add_argument("--quick", action="store_true", help="a rough look")
    options = reader.parse_args()
    count = 200 if options.quick else options.count
    message, records = message_and_records()
    ours(message, records, 50)
    with others(message, records) as peers:
        rounds = [
            (ours(message, records, count), {name: cost(count) for name, cost in peers.items()})
            for _ in range(ROUNDS)
        ]
    mine = statistics.median(our for our, _ in rounds)
    print(f"{len(message):,} octets, {count:,} messages a round, medians of {ROUNDS} rounds in turn\n")
    print("| SPF, DKIM and DMARC of one message | CPU | ours is |\n| --- | ---: | ---: |")
    print(f"| gatepost | {mine * 1000:.2f} ms | |")
    for name in peers:
        theirs_is = statistics.median(found[name] for _, found in rounds)
        ratio = statistics.median(found[name] / our for our, found in rounds)
        print(f"| {name} | {theirs_is * 1000:.2f} ms | 1/{ratio:.1f} |")


if __name__ == "__main__":
    main()
