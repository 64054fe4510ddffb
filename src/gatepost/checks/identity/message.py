"""The check of a message's own proof: DKIM signatures, the ARC chain, DMARC for its author, and signs of forgery.

On the way of a message: the content at its end, and what SPF said before -> findings. One pass over the body serves
all signatures; the keys are asked for side by side. Own clients are not asked about.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final, assert_never

from gatepost.checks.check import Looked
from gatepost.checks.evidence import ArcEvidence, DkimEvidence, DmarcEvidence, SpfEvidence
from gatepost.checks.facts import Content, Facts
from gatepost.checks.finding import Finding, Stage
from gatepost.checks.finding import Result as Seen
from gatepost.checks.identity.forgery import Resembles, cues
from gatepost.checks.identity.lists import ListsCheck
from gatepost.mail.clock import Clock
from gatepost.mail.dns import Resolver
from gatepost.mail.path import Mailbox, parse_mailbox
from gatepost.mailauth import arc, dkim
from gatepost.mailauth.dkim import BodyDigest, BodyHash, SignedHeader, Verification, digest_body
from gatepost.mailauth.dmarc.author import Author, read_author
from gatepost.mailauth.dmarc.discovery import PublicSuffixes
from gatepost.mailauth.dmarc.evaluate import Evaluation, Identifier, evaluate
from gatepost.mailauth.dmarc.evaluate import Result as Dmarc
from gatepost.mailauth.dmarc.record import Policy
from gatepost.mailauth.results import read as read_results

_NOTHING: Final[tuple[Finding, ...]] = ()
_OWN_THREAD_FROM: Final = 1 << 20  # octets of a body whose hash would keep the other sessions waiting


class MessageCheck:
    """Ask the domains that a message names as its own. `budgeted` gives the resolver for one message."""

    name = "identity"
    stages = frozenset({Stage.CONTENT})

    def __init__(
        self,
        *,
        budgeted: Callable[[], Resolver],
        clock: Clock,
        suffixes: PublicSuffixes | None,
        ours: Callable[[str], bool],
        resembles: Resembles,
        trusted: Sequence[str] = (),
        lists: ListsCheck | None = None,
    ) -> None:
        self._budgeted = budgeted
        self._clock = clock
        self._suffixes = suffixes
        self._ours = ours
        self._resembles = resembles
        self._trusted = frozenset(trusted)
        self._lists = lists

    def look(self, stage: Stage, facts: Facts, content: Content | None) -> Looked:  # noqa: ARG002
        """Report "dkim-pass", "dmarc-reject" and so on, and what speaks against the author."""
        return _NOTHING if content is None or facts.relay else self._ask(facts, content)

    async def _ask(self, facts: Facts, content: Content) -> Sequence[Finding]:
        began = self._clock()
        header, body = content.opened()
        signatures = dkim.read_signatures(header)
        sets = arc.read_chain(header)
        wanted = dkim.wanted(signatures) | arc.wanted(sets)
        resolver = self._budgeted()
        digests = await _digests(body, wanted, content.size)
        signed = SignedHeader(header.fields)
        verified, chain = await asyncio.gather(
            dkim.verify_read(signatures, signed, digests, resolver, began),
            arc.verify_read(sets, signed, digests, resolver, began),
        )
        author = read_author(header)
        identifiers = [*_spf_identifiers(facts.findings), *[_identifier(one) for one in verified]]
        dmarc = await evaluate(
            author.domain, identifiers, resolver, self._suffixes, no_author=author.why_none
        )
        forwarder = self._forwarder(verified, chain, facts.findings)
        proven = dmarc.result is Dmarc.PASS or any(
            one.result == "pass" and one.domain == author.domain for one in identifiers
        )
        took = self._clock() - began
        return (
            _dkim_finding(verified, took),
            _arc_finding(chain, forwarder),
            _dmarc_finding(dmarc, _address(author), forwarder),
            *cues(
                header,
                author,
                proven=proven or bool(forwarder),
                ours=self._ours,
                resembles=self._resembles,
            ),
            *self._listed(author, proven=proven),
        )

    def _listed(self, author: Author, *, proven: bool) -> Iterator[Finding]:
        if self._lists is None:
            return
        for one in author.mailboxes:
            mailbox = parse_mailbox(one.address)
            if isinstance(mailbox, Mailbox):
                yield from self._lists.author(mailbox, proven=proven)

    def _forwarder(
        self, verified: Sequence[Verification], chain: arc.Chain, findings: Sequence[Finding]
    ) -> str:
        """Name the trusted forwarder that this message came through: by signature, reverse-path, or chain."""
        if not self._trusted:
            return ""
        for one in verified:
            if one.result is dkim.Result.PASS and self._trusts(one.domain):
                return one.domain
        for identifier in _spf_identifiers(findings):
            if identifier.result == "pass" and self._trusts(identifier.domain):
                return identifier.domain
        if chain.status is arc.Status.PASS and not chain.weak and all(map(self._trusts, chain.domains)):
            # A chain is as good as its weakest sealer, and the first of them saw the message as it was.
            said = read_results(chain.sealers[-1].results.encode()).results
            if any(one.method == "dmarc" and one.result == "pass" for one in said):
                return chain.domains[0]
        return ""

    def _trusts(self, domain: str) -> bool:
        while domain:
            if domain in self._trusted:
                return True
            domain = domain.partition(".")[2]
        return False


async def _digests(body: Iterator[bytes], wanted: set[BodyHash], size: int) -> Mapping[BodyHash, BodyDigest]:
    if not wanted:
        return {}
    if size < _OWN_THREAD_FROM:
        return digest_body(body, wanted)
    return await asyncio.to_thread(digest_body, body, wanted)


def _spf_identifiers(findings: Sequence[Finding]) -> Iterator[Identifier]:
    """Take the domain of the reverse-path; for `<>` it is the name of HELO that SPF checked in its place."""
    for finding in findings:
        for evidence in finding.evidence:
            if type(evidence) is SpfEvidence and evidence.identity == "mailfrom":
                yield Identifier("spf", evidence.domain, evidence.result)


def _identifier(one: Verification) -> Identifier:
    return Identifier("dkim", one.domain, one.result)


def _dkim_finding(verified: Sequence[Verification], took: float) -> Finding:
    results = {one.result for one in verified}
    if not verified:
        name, seen = "dkim-none", Seen.SKIPPED
    elif dkim.Result.PASS in results:
        name, seen = "dkim-pass", Seen.CLEAN
    elif dkim.Result.TEMPERROR in results:
        name, seen = "dkim-temperror", Seen.UNAVAILABLE
    else:
        name, seen = "dkim-fail", Seen.FOUND
    return Finding(
        check="dkim",
        stage=Stage.CONTENT,
        result=seen,
        name=name,
        evidence=tuple([_dkim_evidence(one) for one in verified]),
        duration=took,
    )


def _dkim_evidence(one: Verification) -> DkimEvidence:
    return DkimEvidence(
        result=one.result,
        domain=one.domain,
        selector=one.selector,
        reason=one.reason,
        identity=one.identity,
        algorithm=one.algorithm,
        key_bits=one.key_bits,
        key_seen=one.key.at if one.key is not None else 0.0,
        header_b=one.header_b,
        unsigned_octets=one.unsigned_octets,
        testing=one.testing,
        remarks=one.remarks,
    )


def _arc_finding(chain: arc.Chain, forwarder: str) -> Finding:
    match chain.status:
        case arc.Status.NONE:
            return Finding(check="arc", stage=Stage.CONTENT, result=Seen.CLEAN, name="arc-none")
        case arc.Status.PASS:
            seen = Seen.CLEAN
        case arc.Status.FAIL:
            seen = Seen.FOUND
        case arc.Status.TEMPERROR:
            seen = Seen.UNAVAILABLE
        case _:
            assert_never(chain.status)
    evidence = ArcEvidence(
        status=chain.status,
        domains=chain.domains,
        reason=chain.reason,
        trusted=forwarder if forwarder in chain.domains else "",
        weak=chain.weak,
        newest=chain.newest,
        ended=chain.ended,
    )
    return Finding(
        check="arc", stage=Stage.CONTENT, result=seen, name=f"arc-{chain.status}", evidence=(evidence,)
    )


def _address(author: Author) -> str:
    """Give the author's address, where there is no doubt which it is."""
    return author.mailboxes[0].address if author.domain and len(author.mailboxes) == 1 else ""


def _dmarc_finding(dmarc: Evaluation, address: str, forwarder: str) -> Finding:
    match dmarc.result:
        case Dmarc.PASS:
            name, seen = "dmarc-pass", Seen.CLEAN
        case Dmarc.NONE:
            name, seen = "dmarc-none", Seen.SKIPPED
        case Dmarc.TEMPERROR:
            name, seen = "dmarc-temperror", Seen.UNAVAILABLE
        case Dmarc.PERMERROR:
            name, seen = "dmarc-permerror", Seen.FOUND
        case Dmarc.FAIL:
            name, seen = _failed(dmarc.policy, forwarder), Seen.FOUND
        case _:
            assert_never(dmarc.result)
    reason = (
        f"{dmarc.reason}; it came through {forwarder}, which is trusted"
        if name == "dmarc-forwarded"
        else dmarc.reason
    )
    record = next((answer for answer in dmarc.answers if dmarc.record is not None and answer.found), None)
    evidence = DmarcEvidence(
        result=dmarc.result,
        author=dmarc.author,
        reason=reason,
        policy=dmarc.policy.value if dmarc.policy is not None else "",
        record_at=dmarc.policy_domain,
        record=dmarc.record.text if dmarc.record is not None else "",
        seen=record.at if record is not None else 0.0,
        testing=dmarc.testing,
        aligned=tuple([f"{way.mechanism} {way.domain} ({way.by})" for way in dmarc.aligned]),
        problems=dmarc.problems,
        address=address,
    )
    return Finding(check="dmarc", stage=Stage.CONTENT, result=seen, name=name, evidence=(evidence,))


def _failed(policy: Policy | None, forwarder: str) -> str:
    if forwarder:
        return "dmarc-forwarded"
    match policy:
        case Policy.REJECT:
            return "dmarc-reject"
        case Policy.QUARANTINE:
            return "dmarc-quarantine"
        case Policy.NONE | None:
            return "dmarc-fail"
        case _:
            assert_never(policy)
