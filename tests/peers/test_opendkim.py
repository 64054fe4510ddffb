"""What OpenDKIM signs holds here, what is signed here holds there, and both judge alike what was changed."""

from __future__ import annotations

import re
import time
from collections import Counter
from pathlib import Path

import pytest

from gatepost.mail.fields import split
from gatepost.mailauth.dkim.body import Canonical
from gatepost.mailauth.dkim.keypair import write_private_key
from gatepost.mailauth.dkim.result import Result
from tests.mailauth.dkim.letters import DOMAIN, Scribe, ed25519_signer, results, rsa, rsa_signer, signed, zone
from tests.peers import opendkim

pytestmark = [pytest.mark.peer("opendkim"), pytest.mark.slow]

LETTERS = 60
CHANGES = 6
KNOWN = zone()
RECORDS = {name: record for name, record in KNOWN.records.items() if isinstance(record, str)}


def ours(message: bytes) -> bool:
    # It stops at the first signature that is good.
    return any(one.result is Result.PASS for one in results(message, KNOWN, time.time() + 1))


def letters(tmp_path: Path) -> list[bytes]:
    """Give messages signed here and there, in all forms."""
    written: list[bytes] = []
    plain: dict[int, list[bytes]] = {way: [] for way in range(4)}
    ways = [(header, body) for header in Canonical for body in Canonical]
    for seed in range(LETTERS):
        scribe = Scribe(seed, neat=True)
        message = scribe.message()
        way = seed % 4
        if seed % 2:
            plain[seed // 2 % 4].append(message)
        else:
            signer = (rsa_signer, ed25519_signer)[seed // 4 % 2]
            written.append(signed(message, signer(*ways[seed // 2 % 4]), now=int(time.time())))
    for way, messages in plain.items():
        folder = tmp_path / str(way)
        folder.mkdir()
        pem = write_private_key(rsa())
        fields = opendkim.sign(folder, pem, DOMAIN, "rsa", "/".join(ways[way]), messages)
        written += [field + message for field, message in zip(fields, messages, strict=True)]
    return written


def test_both_judge_alike_what_either_signed_and_what_was_changed_since(tmp_path: Path) -> None:
    whole = letters(tmp_path)
    changed = []
    for seed, message in enumerate(whole):
        scribe = Scribe(seed)
        for _ in range(CHANGES):
            other = message
            for _ in range(scribe.random.choice((1, 1, 2))):
                other = scribe.changed(other)
            changed.append(other)
    judged = [*whole, *changed]
    seen: Counter[str] = Counter()
    for number, verdict in enumerate(opendkim.verify(tmp_path, RECORDS, judged)):
        message = judged[number]
        here, there = ours(message), verdict.endswith("succeeded")
        if number < len(whole):
            assert here, message
            assert there, (verdict, message)
        if here is there:
            seen["pass" if here else "fail"] += 1
        else:
            why = differs_on_purpose(message)
            assert why, (here, verdict, message)
            seen[why] += 1
    assert seen["pass"] > 150
    assert seen["fail"] > 100
    assert sum(seen.values()) - seen["pass"] - seen["fail"] < 40, seen


def differs_on_purpose(message: bytes) -> str:
    """Name the reason why the two may differ on a message; "" when they must not."""
    header = split(message)
    body = message[header.body :]
    if not body.endswith(b"\r\n") or b"\r" in message.replace(b"\r\n", b""):
        return "line ends"  # its test mode reads lines, and makes CRLF of each end
    if b"c=simple" in message:
        return "blanks behind the colon"  # its test mode does not keep those, nor a fold there
    if any(re.fullmatch(rb"[!-9;-~]+:.*", field.raw, re.DOTALL) is None for field in header.fields):
        return "blanks in a name"  # it refuses to look at such a header, or finds no From field there
    return ""
