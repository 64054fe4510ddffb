"""The SPF check: whether this client may send for the reverse-path, and call itself so.

Begun at MAIL, so that the answers of DNS come while the client names its recipients. Own clients are not asked
about: they may send for anyone, by our own word.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Final, assert_never

from gatepost.checks.check import Looked
from gatepost.checks.evidence import SpfEvidence
from gatepost.checks.facts import Content, Facts
from gatepost.checks.finding import Finding, Stage
from gatepost.checks.finding import Result as Seen
from gatepost.mail.clock import Clock
from gatepost.mail.dns import Resolver
from gatepost.mail.path import is_domain
from gatepost.mailauth.spf import Identity, Result, Spf, check_helo, check_mail

_NAME: Final = "spf"
_NOTHING: Final[tuple[Finding, ...]] = ()


class SpfCheck:
    """Ask the domains of the reverse-path and of HELO. `budgeted` gives the resolver for one message."""

    name = _NAME
    stages = frozenset({Stage.MAIL})

    def __init__(self, host: str, budgeted: Callable[[], Resolver], clock: Clock) -> None:
        self._host = host
        self._budgeted = budgeted
        self._clock = clock

    def look(self, stage: Stage, facts: Facts, content: Content | None) -> Looked:  # noqa: ARG002
        """Report what SPF says: "spf-pass", "spf-fail" and so on, and "spf-helo-fail" about the name."""
        return _NOTHING if facts.relay else self._ask(facts)

    async def _ask(self, facts: Facts) -> Sequence[Finding]:
        began = self._clock()
        resolver = self._budgeted()
        reverse_path = facts.reverse_path.address if facts.reverse_path is not None else ""
        mail = check_mail(
            client=facts.client,
            reverse_path=reverse_path,
            helo=facts.helo,
            resolver=resolver,
            receiver=self._host,
            now=began,
        )
        if not reverse_path or not is_domain(
            facts.helo
        ):  # §2.4: then the name is what is checked, or nothing
            return (_finding(await mail, self._clock() - began),)
        helo = check_helo(
            client=facts.client, helo=facts.helo, resolver=resolver, receiver=self._host, now=began
        )
        said, of_name = await asyncio.gather(mail, helo)
        finding = _finding(said, self._clock() - began)
        if of_name.result is not Result.FAIL:
            return (finding,)
        return (
            finding,
            Finding(
                check=_NAME,
                stage=Stage.MAIL,
                result=Seen.FOUND,
                name="spf-helo-fail",
                evidence=(_evidence(of_name),),
            ),
        )


def _finding(spf: Spf, duration: float) -> Finding:
    return Finding(
        check=_NAME,
        stage=Stage.MAIL,
        result=_seen(spf.result),
        name=f"spf-{spf.result}",
        evidence=(_evidence(spf),),
        duration=duration,
    )


def _seen(result: Result) -> Seen:
    match result:
        case Result.PASS | Result.NEUTRAL:
            return Seen.CLEAN
        case Result.NONE:
            return Seen.SKIPPED
        case Result.FAIL | Result.SOFTFAIL | Result.PERMERROR:
            return Seen.FOUND
        case Result.TEMPERROR:
            return Seen.UNAVAILABLE
        case _:
            assert_never(result)


def _evidence(spf: Spf) -> SpfEvidence:
    return SpfEvidence(
        result=spf.result,
        identity="helo" if spf.identity is Identity.HELO else "mailfrom",
        client=spf.client,
        domain=spf.domain,
        reason=spf.reason,
        mechanism=spf.mechanism,
        record=spf.record,
        explanation=spf.explanation,
    )
