"""The evaluation of SPF records, term by term, with its limits (RFC 7208 §4.4 to §7.3).

Below `check`, which begins and ends it. Asks DNS one question after the other, as the order of the terms has it. The
work is bounded however records are written: ten terms that ask (§4.6.4), each with at most eleven questions, and no
record longer than `record.MAX_RECORD`.
"""

from __future__ import annotations

from typing import Final, NamedTuple, assert_never

from gatepost.mail.dns import Kind, Resolver
from gatepost.mailauth.domain import is_within
from gatepost.mailauth.spf.address import Client
from gatepost.mailauth.spf.macro import BadMacro, MacroString, parse_explanation
from gatepost.mailauth.spf.name import fit, is_askable
from gatepost.mailauth.spf.record import (
    MAX_RECORD,
    A,
    All,
    BadRecord,
    Exists,
    Include,
    Ip,
    Modifier,
    Mx,
    Ptr,
    is_spf,
    parse,
)
from gatepost.mailauth.spf.result import Result, Step

# RFC 7208 §4.6.4.
MAX_LOOKUPS: Final = 10
MAX_VOIDS: Final = 2
MAX_NAMES: Final = 10  # the hosts of one mx, and the client's own names

# §6.2 and §11.5 ask to bound foreign words; so many characters still fit into one line of a reply.
MAX_EXPLANATION: Final = 400

DEFAULT: Final = "default"  # §9.1: the "mechanism" where none matched
_UNKNOWN: Final = "unknown"  # §7.3
_MAX_SHOWN: Final = 120  # characters of a name that a reason repeats


class Outcome(NamedTuple):
    """What a record says of the client, the steps to what decided, and the exp= of the record that gave the result.

    `domain` is the one whose record gave the result: where redirect= led.
    """

    result: Result
    reason: str
    path: tuple[Step, ...] = ()
    domain: str = ""
    explanation: Modifier | None = None


class Identified(NamedTuple):
    """Who is checked: what macros can stand for, but for the domain. `now` is in seconds since 1970."""

    client: Client
    local_part: str
    origin: str
    helo: str
    receiver: str
    now: float


class StoppedError(Exception):
    """An error that ends the whole check; `path` grows at its front on the way out."""

    def __init__(self, result: Result, reason: str, path: tuple[Step, ...] = ()) -> None:
        super().__init__(reason)
        self.result = result
        self.reason = reason
        self.path = path


class Evaluation:
    """One check: whom it is about, and what it has used up of its limits."""

    def __init__(self, identified: Identified, resolver: Resolver) -> None:
        self.lookups = 0
        self.voids = 0
        self._identified = identified
        self._client = identified.client
        self._resolver = resolver
        self._counted_void = False  # whether the term at hand was counted as void
        self._domains: list[str] = []  # those under evaluation, outermost first
        self._names: tuple[str, ...] | None = None  # the client's own, once its PTR records were asked for
        self._validated: dict[str, bool] = {}

    async def outcome_of(self, domain: str) -> Outcome | None:
        """Evaluate the record of a domain that DNS can be asked about; None when it has none. Raises StoppedError."""
        answer = await self._resolver.ask(domain, "TXT")
        if answer.failed:
            raise StoppedError(
                Result.TEMPERROR, f"the TXT records of {domain} cannot be had: {answer.reason}"
            )
        texts = [text for text in answer.records if is_spf(text)]
        if not texts:
            return None
        if len(texts) > 1:  # §4.5
            raise StoppedError(Result.PERMERROR, f"{domain} has {len(texts)} SPF records, not one")
        self._domains.append(domain.lower())
        outcome = await self._outcome(domain, texts[0])
        self._domains.pop()
        return outcome

    async def explanation_of(self, outcome: Outcome) -> str:
        """Fetch the domain's own words for a fail; "" when there are none, or they are broken (§6.2)."""
        if outcome.explanation is None:
            return ""
        name = await self._expanded(outcome.explanation.target, outcome.domain)
        if not is_askable(name):
            return ""
        # It counts for no limit, and what goes wrong with it goes for nothing.
        answer = await self._resolver.ask(name, "TXT")
        if len(answer.records) != 1 or len(answer.records[0]) > MAX_RECORD:
            return ""
        string = parse_explanation(answer.records[0])
        if isinstance(string, BadMacro):
            return ""
        text = string.expand(await self._values(string.letters, outcome.domain))
        # The grammar holds for the text as published; a local part or HELO may bring what a reply cannot hold.
        return "".join(
            [character if " " <= character <= "~" else "?" for character in text[:MAX_EXPLANATION]]
        )

    async def _outcome(self, domain: str, text: str) -> Outcome:
        record = parse(text)
        if isinstance(record, BadRecord):  # §4.6: before anything is evaluated
            reason = f"the SPF record of {domain} is broken: {record.why}"
            raise StoppedError(Result.PERMERROR, reason, (Step(domain, text[:MAX_RECORD], record.term),))
        client = self._client
        term = ""
        try:
            for directive in record.directives:
                term = directive.text
                reason = ""
                within: tuple[Step, ...] = ()
                match directive:
                    case Ip():
                        matched = client.kind == directive.kind and (
                            client.number >> directive.shift == directive.network
                        )
                    case All():
                        matched = True
                    case Include():
                        included = await self._include(directive, domain)
                        matched = included is not None and included.result is Result.PASS  # §5.2
                        if included is not None:
                            reason, within = included.reason, included.path
                    case A() | Mx() | Ptr() | Exists():
                        matched = await self._matches(directive, domain)
                    case _:
                        assert_never(directive)
                if matched:
                    return Outcome(
                        directive.result,
                        reason or f'{client.text} matches "{term}" in the SPF record of {domain}',
                        (Step(domain, text, term), *within),
                        domain,
                        record.explanation,
                    )
            if record.redirect is not None:
                term = record.redirect.text
                redirected = await self._evaluate(await self._target(record.redirect.target, domain))
                return redirected._replace(path=(Step(domain, text, term), *redirected.path))
        except StoppedError as stopped:
            stopped.path = (Step(domain, text, term), *stopped.path)
            raise
        return Outcome(
            Result.NEUTRAL,  # §4.7
            f"{client.text} matches nothing in the SPF record of {domain}",
            (Step(domain, text, DEFAULT),),
        )

    async def _include(self, include: Include, domain: str) -> Outcome | None:
        target = await self._target(include.target, domain)
        # RFC 8616 §4: a local part that is not ASCII matches nothing.
        return await self._evaluate(target) if target.isascii() else None

    async def _evaluate(self, target: str) -> Outcome:
        """Evaluate the record that include: or redirect= names; that there is none is an error (§5.2, §6.1)."""
        if not is_askable(target):
            raise StoppedError(Result.PERMERROR, f"{shown(target)} is no domain that DNS could know")
        if target.lower() in self._domains:
            # It would go round until the limit of lookups, with the same result.
            raise StoppedError(Result.PERMERROR, f"the SPF record of {target} leads to itself")
        outcome = await self.outcome_of(target)
        if outcome is None:
            raise StoppedError(Result.PERMERROR, f"{target} has no SPF record")
        return outcome

    async def _matches(self, directive: A | Mx | Ptr | Exists, domain: str) -> bool:
        name = await self._target(directive.target, domain)
        match directive:
            case A():
                return await self._has_client(name, directive)
            case Mx():
                hosts = await self._records(name, "MX")
                if len(hosts) > MAX_NAMES:
                    reason = f"{name} has {len(hosts)} MX records, more than {MAX_NAMES}"
                    raise StoppedError(Result.PERMERROR, reason)
                for host in hosts:
                    # The host of a null MX (RFC 7505) is "", about which nothing is asked.
                    if await self._has_client(host.partition(" ")[2], directive):
                        return True
            case Ptr():
                for known in await self._client_names():
                    # Whether a name is the client's matters only where it would match.
                    if is_within(known.lower(), name.lower()) and await self._is_validated(known):
                        return True
            case Exists():
                return bool(await self._records(name, "A"))  # A, of whatever kind the client is
            case _:
                assert_never(directive)
        return False

    async def _has_client(self, name: str, directive: A | Mx) -> bool:
        """Tell whether one of the addresses of a name is the client's, or in one network with it."""
        shift = directive.shift4 if self._client.kind == "A" else directive.shift6
        return self._client.is_in(await self._records(name, self._client.kind), shift)

    async def _client_names(self) -> tuple[str, ...]:
        """Ask for the client's names. What is wrong with them is the client's doing, not the domain's.

        So an error is no match (§5.5, §7.3), and names beyond the tenth are ignored (§4.6.4); nor is a void counted,
        though §4.6.4 would have it: else a client could turn a domain's fail into an error.
        """
        if self._names is None:
            answer = await self._resolver.ask(self._client.reverse_name, "PTR")
            self._names = answer.records[:MAX_NAMES]
        return self._names

    async def _is_validated(self, name: str) -> bool:
        """Tell whether one of the client's names leads back to it."""
        known = self._validated.get(name)
        if known is None:
            known = False
            if is_askable(name):
                answer = await self._resolver.ask(name, self._client.kind)
                known = self._client.is_in(answer.records, 0)
            self._validated[name] = known
        return known

    async def _records(self, name: str, kind: Kind) -> tuple[str, ...]:
        """Ask on behalf of a term; a name that cannot be asked has none (§4.8 leaves that open)."""
        if not is_askable(name):
            return ()
        answer = await self._resolver.ask(name, kind)
        if answer.failed:  # §5
            raise StoppedError(
                Result.TEMPERROR, f"the {kind} records of {name} cannot be had: {answer.reason}"
            )
        if not answer.found:
            self._count_void()
        return answer.records

    async def _target(self, string: MacroString | None, domain: str) -> str:
        """Begin a term that asks DNS: count it, and give the name that it is about."""
        self._counted_void = False
        self._count_lookup()
        if string is None:
            return domain
        if "p" in string.letters and self._names is None:
            self._count_lookup()  # §4.6.4: the question for PTR records that the macro leads to
        return await self._expanded(string, domain)

    async def _expanded(self, string: MacroString, domain: str) -> str:
        return fit(string.expand(await self._values(string.letters, domain)))

    async def _values(self, letters: str, domain: str) -> dict[str, str]:
        """Give what macros stand for (§7.2) while the record of a domain is evaluated."""
        if not letters:
            return {}
        who = self._identified
        return {
            "s": f"{who.local_part}@{who.origin}",
            "l": who.local_part,
            "o": who.origin,
            "d": domain,
            "i": self._client.dotted,
            "p": await self._validated_name(domain) if "p" in letters else "",
            "h": who.helo,
            "v": self._client.family,
            "c": self._client.text,
            "r": who.receiver or _UNKNOWN,
            "t": str(int(who.now)),
        }

    async def _validated_name(self, domain: str) -> str:
        """Give the client's name for %{p} (§7.3): the domain if it is one, else one below it, else any."""
        below = [name for name in await self._client_names() if is_within(name.lower(), domain.lower())]
        below.sort(key=len)  # the domain itself is the shortest
        for name in (*below, *[name for name in await self._client_names() if name not in below]):
            if await self._is_validated(name):
                return name
        return _UNKNOWN

    def _count_lookup(self) -> None:
        self.lookups += 1
        if self.lookups > MAX_LOOKUPS:
            raise StoppedError(Result.PERMERROR, f"its SPF records take more than {MAX_LOOKUPS} DNS lookups")

    def _count_void(self) -> None:
        """Count a term that found nothing: §4.6.4 limits terms, so one with several questions counts once."""
        if self._counted_void:
            return
        self._counted_void = True
        self.voids += 1
        if self.voids > MAX_VOIDS:
            raise StoppedError(
                Result.PERMERROR, f"more than {MAX_VOIDS} DNS lookups of its SPF records find nothing"
            )


def shown(name: str) -> str:
    """Give a name as a reason can repeat it: printable ASCII, and not too long."""
    safe = ascii(name)
    return safe if len(safe) <= _MAX_SHOWN else f"{safe[:_MAX_SHOWN]}..."
