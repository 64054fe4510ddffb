"""What a person does about the greylist: see who waits and who is known, and let someone pass at once.

For the command line and pages; works beside the running gateway, which looks into the same memory. A release takes
effect for what waits now (its next try passes) and for what is yet to come (it is not asked to wait).
"""

from __future__ import annotations

from functools import partial

import msgspec
from msgspec import Struct

from gatepost.checks.connection.greylist import (
    Known,
    Waiting,
    client_key,
    known_space,
    network_key,
    passed,
    sender_key,
    waiting_space,
)
from gatepost.checks.connection.named import Address, Domain, Named, Place
from gatepost.checks.memory import Memory, Unavailable

RELEASED = "released by a person"


class Released(Struct, frozen=True):
    """What a release did: the messages that waited and pass at their next try, and what need not wait from now on."""

    waiting: tuple[Waiting, ...]
    known: tuple[str, ...]


def matches(waiting: Waiting, named: Named) -> bool:
    """Tell whether a person means this message: by its client, its pool, its sender or its recipient."""
    match named:
        case Place():
            return named.holds(waiting.client)
        case Domain():
            kind, _, name = waiting.pool.partition("=")
            return named.holds(waiting.sender.rpartition("@")[2]) or (
                kind in {"spf", "host"} and named.holds(name)
            )
        case Address():
            return named.address in {waiting.sender, waiting.recipient}


def keys_for(named: Named) -> tuple[str, ...]:
    """Give the keys under which callers that a person means will be looked for; none for a network too large."""
    match named:
        case Place():
            return (
                *map(client_key, named.clients()),
                *map(network_key, named.networks()),
            )
        case Domain():
            return (sender_key(named.name), f"spf={named.name}", f"host={named.name}")
        case Address():
            return (sender_key(named.address),)


def let_pass(old: Waiting | None) -> Waiting | None:
    """Let a message that waits pass at its next try."""
    return None if old is None else msgspec.structs.replace(old, released=True)


async def who_waits(memory: Memory) -> tuple[Waiting, ...] | Unavailable:
    """Give what waits, the latest first try last."""
    found = await waiting_space(memory).all()
    if isinstance(found, Unavailable):
        return found
    return tuple(sorted((record for _, record in found), key=lambda waiting: waiting.first))


async def who_is_known(memory: Memory) -> tuple[tuple[str, Known], ...] | Unavailable:
    """Give who need not wait: pools that came back, and what a person released."""
    return await known_space(memory).all()


async def release(memory: Memory, named: Named, now: float, lifetime: float) -> Released | Unavailable:
    """Let pass what a person means: what waits now, and for `lifetime` seconds what comes."""
    waiting = waiting_space(memory)
    found = await waiting.all()
    if isinstance(found, Unavailable):
        return found
    meant = [(key, record) for key, record in found if matches(record, named)]
    if meant:
        changed = await waiting.change([key for key, _ in meant], let_pass)
        if isinstance(changed, Unavailable):
            return changed
    keys = keys_for(named)
    if isinstance(named, Address) and any(record.recipient == named.address for _, record in meant):
        keys = ()  # one of ours, whose name as a sender would be a forger's
    if keys:
        step = partial(passed, now=now, lifetime=lifetime, why=RELEASED)
        known = await known_space(memory).change(keys, step)
        if isinstance(known, Unavailable):
            return known
    return Released(tuple([record for _, record in meant]), keys)
