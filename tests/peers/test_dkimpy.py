"""Signatures and chains that dkimpy makes hold here, ours hold there, and both judge alike what was changed.

On thousands of odd messages and changes. Where the two differ on purpose, the difference is named.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections import Counter
from typing import NamedTuple

import dkim
import pytest

from gatepost.mail.fields import split
from gatepost.mailauth import arc
from gatepost.mailauth.dkim.body import Canonical
from gatepost.mailauth.dkim.keypair import write_private_key
from gatepost.mailauth.dkim.result import Result
from tests.mailauth.dkim.letters import DOMAIN, Scribe, results, rsa, rsa_signer, signed, zone

LETTERS = 250
CHANGES = 12
KNOWN = zone()
CANONICALS = list(Canonical)


def told(name: bytes | str, timeout: int = 5) -> bytes | None:
    name = name.decode() if isinstance(name, bytes) else name
    record = KNOWN.records.get(name.removesuffix("."))
    return record.encode() if isinstance(record, str) else None


def ours(message: bytes) -> bool:
    # dkimpy knows what time it is; it looks at one signature only, the first.
    found = results(message, KNOWN, time.time() + 1)
    return bool(found) and found[0].result is Result.PASS


def theirs(message: bytes) -> bool | None:
    """None: dkimpy reads no message with a line in its header that is no field, nor blanks before a colon."""
    try:
        return bool(dkim.verify(message, dnsfunc=told))
    except dkim.MessageFormatError:
        return None


def sign_there(message: bytes, scribe: Scribe) -> bytes:
    ways = tuple(scribe.random.choice(CANONICALS).encode() for _ in range(2))
    pem = write_private_key(rsa())
    length = scribe.random.random() < 0.1
    return bytes(dkim.sign(message, b"rsa", DOMAIN.encode(), pem, canonicalize=ways, length=length) + message)


def sign_here(message: bytes, scribe: Scribe) -> bytes:
    ways = [scribe.random.choice(CANONICALS) for _ in range(2)]
    return signed(message, rsa_signer(*ways), now=int(time.time()))


def differs_on_purpose(message: bytes) -> str:
    """Name the reason why the two may differ on a message; "" when they must not."""
    header = split(message)
    body = message[header.body :]
    if body and not body.endswith(b"\r\n"):
        # RFC 6376 §3.4.4: dkimpy strips blanks of lines that end in CRLF, then adds the last CRLF; here the last
        # line is a line too. No message that came by SMTP lacks its last CRLF.
        return "no last CRLF"
    if any(field.raw.partition(b":")[0].lower() != b"from" for field in header.named("from")):
        # RFC 5322 §4.5 lets a blank stand before the colon, and the relaxed form takes it away (RFC 6376 §3.4.2);
        # dkimpy finds no From field there.
        return "blank before the colon of From"
    if any(
        one.result is Result.POLICY and one.unsigned_octets
        for one in results(message, KNOWN, time.time() + 1)
    ):
        return "octets that are not signed"  # RFC 6376 §8.2: that counts for nothing here
    return ""


@pytest.mark.slow
def test_both_judge_alike_what_either_signed_and_what_was_changed_since() -> None:
    seen: Counter[str] = Counter()
    for seed in range(LETTERS):
        scribe = Scribe(seed)
        plain = scribe.message()
        whole = (sign_here, sign_there)[seed % 2](plain, scribe)
        assert ours(whole), seed
        assert theirs(whole), seed
        for _ in range(CHANGES):
            changed = whole
            for _ in range(scribe.random.choice((1, 1, 2, 3))):
                changed = scribe.changed(changed)
            here, there = ours(changed), theirs(changed)
            if there is None:
                seen["unreadable there"] += 1
            elif here is there:
                seen["pass" if here else "fail"] += 1
            else:
                why = differs_on_purpose(changed)
                assert why, (seed, here, there, results(changed, KNOWN, time.time() + 1), changed)
                seen[why] += 1
    assert seen["pass"] > 800
    assert seen["fail"] > 800
    assert sum(seen.values()) - seen["pass"] - seen["fail"] - seen["unreadable there"] < 100, seen


# The chains: each hop is sealed here or there.


class Authres:
    """As much of the package `authres` as dkimpy wants for sealing: it reads the one field written below."""

    class Said(NamedTuple):
        method: str
        result: str

        def __str__(self) -> str:
            return f"{self.method}={self.result}"

    class AuthenticationResultsHeader:
        def __init__(self, authserv_id: str, results: list[Authres.Said]) -> None:
            self.authserv_id = authserv_id
            self.results = results

        @classmethod
        def parse(cls, text: str) -> Authres.AuthenticationResultsHeader:
            server, _, said = text.removeprefix("Authentication-Results: ").partition("; ")
            return cls(server, [Authres.Said(*said.split("="))])


def chain_ours(message: bytes) -> str:
    header = split(message)
    chain = asyncio.run(arc.verify(header, [message[header.body :]], KNOWN, time.time() + 1))
    return chain.status.value


def chain_theirs(message: bytes) -> str | None:
    try:
        status, _, _ = dkim.arc_verify(message, dnsfunc=told)
    except (dkim.MessageFormatError, IndexError):  # it stumbles where an i= is not written as it writes it
        return None
    # It gives no status to a chain whose last sealer says cv=fail.
    return "fail" if status is None else bytes(status).decode()


def sealed_here(message: bytes) -> bytes:
    header = split(message)
    body = [message[header.body :]]
    chain = asyncio.run(arc.verify(header, body, KNOWN, time.time() + 1))
    fields = arc.seal(header, body, chain, f"{DOMAIN}; arc={chain.status}", rsa_signer(), int(time.time()))
    assert isinstance(fields, bytes), fields
    return fields + message


def sealed_there(message: bytes) -> bytes:
    results_field = f"Authentication-Results: {DOMAIN}; arc={chain_theirs(message)}\r\n".encode()
    pem = write_private_key(rsa())
    fields = dkim.arc_sign(results_field + message, b"rsa", DOMAIN.encode(), pem, DOMAIN.encode())
    assert fields, message
    return b"".join(fields) + message


def tampered(message: bytes, scribe: Scribe) -> bytes:
    """Do to a chain what only a chain suffers."""
    fields = [field.raw for field in split(message).fields]
    body = message[split(message).body :]
    places = [place for place, raw in enumerate(fields) if raw.lower().startswith(b"arc-")]
    place = scribe.random.choice(places)
    match scribe.random.randrange(8):
        case 0:
            del fields[place]
        case 1:
            fields.insert(0, fields[place])
        case 2:
            number = scribe.random.choice((b"0", b"1", b"2", b"3", b"51", b"x", b""))
            fields[place] = re.sub(rb"\bi=[0-9]+", b"i=" + number, fields[place], count=1)
        case 3:
            fields[place] = re.sub(
                rb"cv=[a-z]+",
                scribe.random.choice((b"cv=fail", b"cv=none", b"cv=pass", b"cv=")),
                fields[place],
            )
        case 4:
            fields[place] = fields[place].replace(b"=pass", b"=fail").replace(b"=none", b"=pass")
        case 5:
            fields.append(fields.pop(place))
        case 6:
            fields[place] = (
                scribe.at_random(
                    fields[place].removesuffix(b"\r\n"), scribe.random.choice((b"x", b" ", b";"))
                )
                + b"\r\n"
            )
        case _:
            return scribe.changed(message)
    return b"".join(fields) + b"\r\n" + body


@pytest.mark.slow
def test_both_judge_alike_chains_that_either_sealed_and_what_was_changed_since(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(dkim, "authres", Authres, raising=False)
    seen: Counter[str] = Counter()
    for seed in range(60):
        scribe = Scribe(seed)
        message = scribe.message()
        for _ in range(scribe.random.choice((1, 2, 3))):
            message = scribe.random.choice((sealed_here, sealed_there))(message)
            message = b"Received: by a list\r\n" + message
        assert chain_ours(message) == "pass", (seed, message)
        assert chain_theirs(message) == "pass", (seed, message)
        for _ in range(10):
            changed = tampered(message, scribe)
            here, there = chain_ours(changed), chain_theirs(changed)
            if there is None:
                seen["unreadable there"] += 1
            elif here == there:
                seen[here] += 1
            else:
                why = differs_on_purpose(changed) or moved(message, changed)
                assert why, (seed, here, there, changed)
                seen[why] += 1
    assert seen["pass"] > 150
    assert seen["fail"] > 300


def moved(message: bytes, changed: bytes) -> str:
    """Tell whether the fields of a chain stand in another order: they are hashed by instance (RFC 8617 §5.1.1).

    dkimpy hashes them in the order in which they stand.
    """

    def order(octets: bytes) -> list[bytes]:
        return [field.raw for field in split(octets).fields if field.name.startswith("arc-")]

    before, after = order(message), order(changed)
    return "another order" if before != after and sorted(before) == sorted(after) else ""
