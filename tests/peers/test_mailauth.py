"""What the npm package mailauth signs and seals holds here, what is made here holds there, and both judge alike."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from pathlib import Path

import pytest

from gatepost.mail.fields import split
from gatepost.mailauth import arc
from gatepost.mailauth.dkim.body import Canonical
from gatepost.mailauth.dkim.keypair import write_private_key
from gatepost.mailauth.dkim.result import Result
from tests.mailauth.dkim.letters import (
    DOMAIN,
    Scribe,
    ed25519,
    ed25519_signer,
    results,
    rsa,
    rsa_signer,
    signed,
    zone,
)
from tests.peers.mailauth import ask, job

pytestmark = [pytest.mark.peer("mailauth"), pytest.mark.slow]

LETTERS = 60
CHANGES = 6
KNOWN = zone()
RECORDS = {name: record for name, record in KNOWN.records.items() if isinstance(record, str)}


def dkim_here(message: bytes) -> bool:
    found = results(message, KNOWN, time.time() + 1)
    return bool(found) and all(one.result is Result.PASS for one in found)


def dkim_there(answer: dict[str, list[str]]) -> bool:
    return bool(answer["dkim"]) and all(result == "pass" for result in answer["dkim"])


def chain_here(message: bytes) -> arc.Chain:
    header = split(message)
    return asyncio.run(arc.verify(header, [message[header.body :]], KNOWN, time.time() + 1))


def sealed_here(message: bytes) -> bytes:
    header = split(message)
    chain = chain_here(message)
    body = [message[header.body :]]
    fields = arc.seal(header, body, chain, f"{DOMAIN}; arc={chain.status}", rsa_signer(), int(time.time()))
    assert isinstance(fields, bytes), fields
    return fields + message


def differs_on_purpose(message: bytes) -> str:
    """Name the reason why the two may differ on a message; "" when they must not."""
    header = split(message)
    body = message[header.body :]
    if body and not body.endswith(b"\r\n"):
        return "no last CRLF"
    if b"\r" in message.replace(b"\r\n", b""):
        return "a lone CR"  # it takes that for a line end; the content of SMTP never has one
    if any(
        not field.name or b" :" in field.raw or b"\t" in field.raw.partition(b":")[0]
        for field in header.fields
    ):
        return "blanks in a name"
    return ""


def test_both_judge_alike_what_either_signed_and_what_was_changed_since(mailauth: Path) -> None:
    ways = [(header, body) for header in Canonical for body in Canonical]
    jobs, plain, whole = [], [], []
    for seed in range(LETTERS):
        message = Scribe(seed).message()
        way = ways[seed // 2 % 4]
        modern = bool(seed // 8 % 2)
        if seed % 2:
            whole.append(signed(message, (rsa_signer, ed25519_signer)[modern](*way), now=int(time.time())))
            continue
        signature = {
            "signingDomain": DOMAIN,
            "selector": ("rsa", "ed")[modern],
            "privateKey": write_private_key((rsa, ed25519)[modern]()).decode(),
            "algorithm": ("rsa-sha256", "ed25519-sha256")[modern],
            "canonicalization": "/".join(way),
        }
        plain.append(message)
        jobs.append(job("sign", message, signatureData=[signature]))
    fields = ask(mailauth, RECORDS, jobs)
    whole += [field.encode() + message for field, message in zip(fields, plain, strict=True)]
    changed = []
    for seed, message in enumerate(whole):
        scribe = Scribe(seed)
        changed += [scribe.changed(message) for _ in range(CHANGES)]
    judged = [*whole, *changed]
    seen: Counter[str] = Counter()
    answers = ask(mailauth, RECORDS, [job("verify", message) for message in judged])
    for number, (message, answer) in enumerate(zip(judged, answers, strict=True)):
        here, there = dkim_here(message), dkim_there(answer)
        if number < len(whole):
            assert here, message
            assert there, (answer, message)
        if here is there:
            seen["pass" if here else "fail"] += 1
        else:
            why = differs_on_purpose(message)
            assert why, (here, answer, results(message, KNOWN, time.time() + 1), message)
            seen[why] += 1
    assert seen["pass"] > 150
    assert seen["fail"] > 100


def test_chains_that_either_sealed_hold_on_both_sides_and_fail_on_both_when_changed(mailauth: Path) -> None:
    pem = write_private_key(rsa()).decode()
    messages = [Scribe(seed).message() for seed in range(24)]
    for hop in range(1, 4):
        there = [number for number in range(len(messages)) if (number >> (hop - 1)) % 2]
        jobs = [
            job(
                "seal",
                messages[number],
                signingDomain=DOMAIN,
                selector="rsa",
                privateKey=pem,
                authResults=f"{DOMAIN}; arc={'none' if hop == 1 else 'pass'}",
                cv="none" if hop == 1 else "pass",
                i=hop,
            )
            for number in there
        ]
        for number, fields in zip(there, ask(mailauth, RECORDS, jobs), strict=True):
            messages[number] = fields.encode() + messages[number]
        for number in set(range(len(messages))) - set(there):
            messages[number] = sealed_here(messages[number])
    broken = [message.replace(b"arc=pass", b"arc=fail", 1) for message in messages]
    answers = ask(mailauth, RECORDS, [job("verify", message) for message in [*messages, *broken]])
    assert [chain_here(message).status.value for message in messages] == ["pass"] * len(messages)
    assert [chain_here(message).status.value for message in broken] == ["fail"] * len(messages)
    assert [answer["arc"] for answer in answers] == ["pass"] * len(messages) + ["fail"] * len(messages)
