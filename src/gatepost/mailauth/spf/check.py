"""check_host() of RFC 7208 §4, and its two uses: for the name of HELO and for the reverse-path.

Above `evaluation`, which does the work: here is what comes before a record is asked for, and the result as a value.
Raises nothing for what the client or DNS says.
"""

from __future__ import annotations

import re

from gatepost.mail.dns import Resolver
from gatepost.mailauth.spf.address import client_of
from gatepost.mailauth.spf.evaluation import Evaluation, Identified, Outcome, StoppedError, shown
from gatepost.mailauth.spf.name import is_askable, to_ascii
from gatepost.mailauth.spf.result import Identity, Result, Spf

_QUOTED_PAIR = re.compile(r"\\(.)", re.DOTALL)


async def check_helo(
    *, client: str, helo: str, resolver: Resolver, receiver: str = "", now: float = 0.0
) -> Spf:
    """Check whether a client may call itself so (§2.3). Arguments as of `check_host`."""
    return await check_host(
        client=client,
        domain=helo,
        reverse_path=f"postmaster@{helo}",
        helo=helo,
        resolver=resolver,
        receiver=receiver,
        now=now,
        identity=Identity.HELO,
    )


async def check_mail(
    *, client: str, reverse_path: str, helo: str, resolver: Resolver, receiver: str = "", now: float = 0.0
) -> Spf:
    """Check whether a client may send with a reverse-path (§2.4). Arguments as of `check_host`.

    For the null reverse-path ("") the mailbox is postmaster at the name of HELO.
    """
    return await check_host(
        client=client,
        domain=reverse_path.rpartition("@")[2] if reverse_path else helo,
        reverse_path=reverse_path or f"postmaster@{helo}",
        helo=helo,
        resolver=resolver,
        receiver=receiver,
        now=now,
    )


async def check_host(
    *,
    client: str,
    domain: str,
    reverse_path: str,
    helo: str,
    resolver: Resolver,
    receiver: str = "",
    now: float = 0.0,
    identity: Identity = Identity.MAIL,
) -> Spf:
    """Check whether a client may speak for a domain (§4.1).

    `client` is an IP address (ValueError for anything else); `reverse_path` a mailbox without angle brackets;
    `receiver` the name of this host and `now` the time in seconds since 1970, both for explanations only.
    """
    address = client_of(client)
    domain = to_ascii(domain)
    local_part, _, origin = reverse_path.rpartition("@")
    # §4.3: where there is no local part it is "postmaster".
    who = Identified(
        address, _unquoted(local_part) or "postmaster", to_ascii(origin), to_ascii(helo), receiver, now
    )
    evaluation = Evaluation(who, resolver)
    try:
        outcome = await _outcome(evaluation, domain)
    except StoppedError as stopped:
        outcome = Outcome(stopped.result, stopped.reason, stopped.path)
    gave = next((step for step in outcome.path if not step.term.lower().startswith("redirect=")), None)
    return Spf(
        result=outcome.result,
        identity=identity,
        client=address.text,
        domain=domain,
        sender=f"{local_part or 'postmaster'}@{who.origin}",
        helo=helo,
        reason=outcome.reason,
        mechanism=gave.term if gave is not None else "",
        record=gave.record if gave is not None else "",
        path=outcome.path,
        explanation=await evaluation.explanation_of(outcome) if outcome.result is Result.FAIL else "",
        lookups=evaluation.lookups,
        voids=evaluation.voids,
    )


async def _outcome(evaluation: Evaluation, domain: str) -> Outcome:
    # §4.3: about these nobody can have published anything. An address literal is no domain (§2.3).
    if not is_askable(domain) or domain.startswith("["):
        return Outcome(Result.NONE, f"{shown(domain)} is no domain that DNS could know")
    outcome = await evaluation.outcome_of(domain)
    return outcome or Outcome(Result.NONE, f"{domain} has no SPF record")


def _unquoted(local_part: str) -> str:
    """Give what a quoted local part means: "a" and a are one mailbox (RFC 5321 §4.1.2)."""
    if len(local_part) < 2 or not (local_part.startswith('"') and local_part.endswith('"')):
        return local_part
    return _QUOTED_PAIR.sub(r"\1", local_part[1:-1])
