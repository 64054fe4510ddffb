"""Evaluate DMARC for a message (RFC 9989 §5.3): the owner's record, what is aligned, and what the owner asks for.

Takes the author domain from `author`, and from SPF and DKIM the identifiers that passed or could not be looked at.
Most mail costs one DNS question, as an identifier equal to the author domain needs no organizational domain. A
failure of DNS is a temporary error where the outcome depends on it, never a fail (§5.3.5).

Where the tree walk finds two domains not aligned, the public suffix list may align them as RFC 7489 §3.2 did, when
nobody has said otherwise: no record was found at the organizational domain of the list nor any psd tag, and the
record that applies has no tag that only RFC 9989 knows. An owner with a record just for mail.example.org who signs
with example.org was aligned for ten years.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Final, Literal

from msgspec import Struct
from msgspec.structs import replace

from gatepost.mail.dns import Answer, Resolver
from gatepost.mail.idn import to_ascii
from gatepost.mailauth.dmarc.discovery import (
    Found,
    Lookup,
    PublicSuffixes,
    Walk,
    organizational,
    policy_of,
    walk,
)
from gatepost.mailauth.dmarc.record import Policy, Record
from gatepost.mailauth.domain import is_within

MAX_WALKS: Final = (
    10  # of identifiers: who puts fifty signatures on a message shall not make us ask four hundred names
)

Mechanism = Literal["spf", "dkim"]
Way = Literal["identical", "treewalk", "psl"]


class Result(StrEnum):
    """The result by the registry of RFC 8601 §2.7 (RFC 9989 §9.1)."""

    PASS = "pass"  # noqa: S105 - a result
    FAIL = "fail"
    NONE = "none"  # no record applies
    TEMPERROR = "temperror"  # it depends on what DNS could not be asked
    PERMERROR = "permerror"  # no author domain, or a record that says nothing valid


class Identifier(Struct, frozen=True, gc=False):
    """A domain that SPF (of MAIL FROM) or a DKIM signature (d=) stands for, and the result of that mechanism.

    Only "pass" and "temperror" matter here; others may be given and are read over.
    """

    mechanism: Mechanism
    domain: str
    result: str


class Alignment(Struct, frozen=True, gc=False):
    """An identifier that is aligned with the author domain, and how: "identical", by "treewalk", or by the "psl"."""

    mechanism: Mechanism
    domain: str
    by: Way


class Evaluation(Struct, frozen=True, kw_only=True, gc=False):
    """What DMARC says of a message, with all that it rests on.

    `policy` is what the owner asks for when the message fails, one step milder while it is `testing` (RFC 9989 §4.7,
    "t"); `published` is the same without regard to that, and `tag` where it stands ("p", "sp" or "np"). They are None
    and "" when no record applies. `policy_domain` is where the record was found, `organizational` the organizational
    domain of the author, "" when it was not needed. `answers` are all answers of DNS in order, `problems` in words
    what the owner should repair, `reason` in words why the result is what it is.
    """

    result: Result
    author: str
    reason: str
    policy: Policy | None = None
    published: Policy | None = None
    tag: str = ""
    testing: bool = False
    policy_domain: str = ""
    organizational: str = ""
    record: Record | None = None
    aligned: tuple[Alignment, ...] = ()
    answers: tuple[Answer, ...] = ()
    problems: tuple[str, ...] = ()

    def is_aligned(self, mechanism: Mechanism) -> bool:
        """Tell whether SPF, or a signature, is aligned."""
        return any(alignment.mechanism == mechanism for alignment in self.aligned)


_MILDER: Final = {Policy.REJECT: Policy.QUARANTINE, Policy.QUARANTINE: Policy.NONE, Policy.NONE: Policy.NONE}
_STRICTNESS: Final = {policy: place for place, policy in enumerate(Policy)}


async def evaluate(
    author: str,
    identifiers: Sequence[Identifier],
    resolver: Resolver,
    suffixes: PublicSuffixes | None = None,
    *,
    no_author: str = "the message has no author domain",
) -> Evaluation:
    """Evaluate DMARC for a message of the domain `author` ("" when it has none, for the reason `no_author`).

    Without `suffixes` everything is as RFC 9989 says, without the help of the public suffix list.
    """
    domain = to_ascii(author)
    if not domain:
        return Evaluation(result=Result.PERMERROR, author="", reason=no_author)
    return await _Evaluator(domain, resolver, suffixes).evaluate(_heeded(identifiers))


def _heeded(identifiers: Sequence[Identifier]) -> list[Identifier]:
    """Take the identifiers that matter, in one form, each once; SPF first, so that no signature takes its walk."""
    heeded = {
        Identifier(identifier.mechanism, domain, identifier.result)
        for identifier in identifiers
        if identifier.result in ("pass", "temperror") and (domain := to_ascii(identifier.domain))
    }
    return sorted(heeded, key=lambda identifier: (identifier.mechanism != "spf", identifier.domain))


class _Unknown(Exception):  # noqa: N818 - it is no error, but what nobody knows; the text says why
    """DNS could not be asked for what the alignment of an identifier depends on."""


class _Evaluator:
    """Evaluates one message."""

    def __init__(self, author: str, resolver: Resolver, suffixes: PublicSuffixes | None) -> None:
        self._author = author
        self._suffixes = suffixes
        self._lookup = Lookup(resolver)
        self._walks: dict[str, Walk] = {}

    async def evaluate(self, identifiers: list[Identifier]) -> Evaluation:
        evaluation = await self._evaluate(identifiers)
        walked = self._walks.get(self._author)
        if walked is not None and not walked.failed:
            evaluation = replace(evaluation, organizational=organizational(walked, self._suffixes))
        wrong = evaluation.record.problems if evaluation.record is not None else ()
        return replace(
            evaluation,
            answers=tuple(self._lookup.answers),
            problems=(*self._lookup.problems, *wrong),
        )

    async def _evaluate(self, identifiers: list[Identifier]) -> Evaluation:
        found = await self._policy()
        if isinstance(found, Evaluation):
            return found
        aligned, unknown = await self._aligned(identifiers, found.record)
        tag, published, unknown_name = await self._published(found, needed=not aligned)
        unknown = unknown or unknown_name
        if aligned:
            ways = " and ".join([f"{way.mechanism.upper()} for {way.domain}" for way in aligned])
            result, reason = Result.PASS, f"{ways} passed, aligned with {self._author}"
        elif unknown:
            result, reason = Result.TEMPERROR, unknown
        else:
            nothing = f"neither SPF nor DKIM passed for a domain aligned with {self._author}"
            result, reason = Result.FAIL, nothing
        return Evaluation(
            result=result,
            author=self._author,
            reason=reason,
            policy=_MILDER[published] if found.record.testing else published,
            published=published,
            tag=tag,
            testing=found.record.testing,
            policy_domain=found.domain,
            record=found.record,
            aligned=tuple(aligned),
        )

    async def _policy(self) -> Found | Evaluation:
        """Find the record that applies, or say why none does."""
        record = await self._lookup.record(self._author)
        if isinstance(record, Answer):
            return self._without_policy(Result.TEMPERROR, _failed(record))
        if record is not None:
            found = Found(self._author, record)  # whatever stands above it (RFC 9989 §4.10.1)
        else:
            walked = await self._walk(self._author)
            if walked.failed:
                return self._without_policy(Result.TEMPERROR, await self._why_failed(walked))
            above = policy_of(walked, self._suffixes)
            if above is None:
                return self._without_policy(Result.NONE, f"there is no DMARC record for {self._author}")
            found = above
        if not found.record.usable:
            return Evaluation(
                result=Result.PERMERROR,
                author=self._author,
                reason=f"the DMARC record at {found.domain} says no valid policy",
                policy_domain=found.domain,
                record=found.record,
            )
        return found

    def _without_policy(self, result: Result, reason: str) -> Evaluation:
        return Evaluation(result=result, author=self._author, reason=reason)

    async def _aligned(self, identifiers: list[Identifier], record: Record) -> tuple[list[Alignment], str]:
        """Give what is aligned, and why that is not known of others, in words."""
        aligned: list[Alignment] = []
        unknown = ""
        for identifier in identifiers:
            strict = record.aspf_strict if identifier.mechanism == "spf" else record.adkim_strict
            try:
                by = await self._alignment(identifier.domain, record, strict=strict)
            except _Unknown as why:
                unknown = unknown or str(why)
                continue
            if by is not None and identifier.result == "pass":
                aligned.append(Alignment(identifier.mechanism, identifier.domain, by))
            elif by is not None:
                name = identifier.mechanism.upper()
                unknown = unknown or f"{name} for {identifier.domain} ended with a temporary error"
        return aligned, unknown

    async def _alignment(self, domain: str, record: Record, *, strict: bool) -> Way | None:
        if domain == self._author:
            return "identical"
        if strict or domain.rpartition(".")[2] != self._author.rpartition(".")[2]:
            return None
        ours = await self._walk(self._author)
        organization = organizational(ours, self._suffixes)
        # The organizational domain of a name is the name or one above it, so others need not be walked from.
        if ours.failed or is_within(domain, organization):
            theirs = await self._walk(domain)
            if organizational(theirs, self._suffixes) == organization:
                # Also after a failure: it was above what both have found, and whatever stands there is above both.
                return "treewalk"
            for walked in (ours, theirs):
                if walked.failed:
                    raise _Unknown(await self._why_failed(walked))
        return "psl" if await self._by_suffixes(domain, record, ours) else None

    async def _by_suffixes(self, domain: str, record: Record, ours: Walk) -> bool:
        if self._suffixes is None or record.of_its_time:
            return False
        registered = self._suffixes.privatesuffix(self._author)
        if registered is None or registered != self._suffixes.privatesuffix(domain):
            return False
        if any(found.domain == registered or found.record.psd != "u" for found in ours.found):
            return False
        theirs = await self._walk(domain)
        if theirs.failed:
            raise _Unknown(await self._why_failed(theirs))
        return not any(found.domain == registered or found.record.psd != "u" for found in theirs.found)

    async def _walk(self, domain: str) -> Walk:
        if domain not in self._walks:
            if len(self._walks) > MAX_WALKS:
                raise _Unknown(f"more than {MAX_WALKS} identifiers would have to be looked up")
            self._walks[domain] = await walk(domain, self._lookup, self._suffixes)
        return self._walks[domain]

    async def _published(self, found: Found, *, needed: bool) -> tuple[str, Policy, str]:
        """Give the tag and policy that apply (RFC 9989 §4.10.1), and in words why that is not sure.

        It may take a question whether the author domain exists, which is asked only where it is `needed`.
        """
        record = found.record
        inherited = found.domain != self._author
        existing = ("sp", record.sp) if inherited and record.sp is not None else ("p", record.p)
        if not (inherited and needed) or record.np is None or record.np is existing[1]:
            return (*existing, "")
        absent = ("np", record.np)
        exists = await self._lookup.exists(self._author)
        if isinstance(exists, Answer):  # the milder one, until somebody knows
            return (*min(existing, absent, key=lambda choice: _STRICTNESS[choice[1]]), _failed(exists))
        return (*(existing if exists else absent), "")

    async def _why_failed(self, walked: Walk) -> str:
        answer = await self._lookup.record(walked.failed)
        return _failed(answer) if isinstance(answer, Answer) else ""


def _failed(answer: Answer) -> str:
    return f"DNS did not tell {answer.kind} of {answer.name}: {answer.reason or 'no reason is known'}"
