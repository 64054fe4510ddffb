"""ARC verified: whether the chain of those who handled a message holds, and who they are (RFC 8617 §5.2).

On the way of a message: `read_chain(header)` → `digest_body`, once with DKIM → the keys asked for → `Chain`. Whether
a sealer is trusted, and what its results mean, is for others to say: a chain that passes proves only who said it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from gatepost.mail.dns import Answer, Resolver
from gatepost.mail.fields import Header
from gatepost.mailauth.arc.chain import ArcSet, BrokenChain, Seal, read_chain, seal_digests
from gatepost.mailauth.arc.result import Chain, Sealer, Status
from gatepost.mailauth.asking import ask_all
from gatepost.mailauth.dkim.body import BodyDigest, BodyHash, digest_body
from gatepost.mailauth.dkim.header import SignedHeader
from gatepost.mailauth.dkim.result import Result
from gatepost.mailauth.dkim.signature import BadSignature, Signature
from gatepost.mailauth.dkim.trial import try_keys
from gatepost.mailauth.dkim.verify import check, objection_to


async def verify(header: Header, body: Iterable[bytes], resolver: Resolver, now: float) -> Chain:
    """Verify the ARC chain of a message; `body` are its octets behind the empty line, cut anywhere. Never raises."""
    sets = read_chain(header)
    if not sets:
        return Chain(Status.NONE)
    return await verify_read(
        sets, SignedHeader(header.fields), digest_body(body, wanted(sets)), resolver, now
    )


def wanted(sets: tuple[ArcSet, ...] | BrokenChain) -> set[BodyHash]:
    """Give the hashes of the body that the signatures of the message want."""
    if isinstance(sets, BrokenChain):
        return set()
    return {one.signature.body for one in sets if isinstance(one.signature, Signature)}


async def verify_read(
    sets: tuple[ArcSet, ...] | BrokenChain,
    header: SignedHeader,
    digests: Mapping[BodyHash, BodyDigest],
    resolver: Resolver,
    now: float,
) -> Chain:
    """Verify a chain that was read, with digests that hold all that it wants."""
    if isinstance(sets, BrokenChain):
        return Chain(Status.FAIL, sets.why, newest=sets.newest, ended=sets.ended)
    if not sets:
        return Chain(Status.NONE)
    newest = sets[-1].signature
    if isinstance(newest, BadSignature):
        return _failed(sets, f"the newest ARC-Message-Signature is bad: {newest.why}")
    # Most chains that fail do so here; only those that do not may cost more questions to DNS.
    answers = await ask_all(resolver, [newest.key_name])
    result, why = _check(newest, header, digests, answers, now)
    if result is not Result.PASS:
        return _failed(sets, f"the newest ARC-Message-Signature, of {newest.domain}: {why}", result)
    names = {one.seal.key_name for one in sets} | {
        one.signature.key_name for one in sets if isinstance(one.signature, Signature)
    }
    if more := sorted(names - answers.keys()):
        answers |= await ask_all(resolver, more)
    return _verify_seals(sets, answers, _oldest_pass(sets, header, digests, answers, now))


def _oldest_pass(
    sets: tuple[ArcSet, ...],
    header: SignedHeader,
    digests: Mapping[BodyHash, BodyDigest],
    answers: Mapping[str, Answer],
    now: float,
) -> int:
    """Find since which instance the message is unchanged (RFC 8617 §5.2 step 5)."""
    for one in reversed(sets[:-1]):
        if (
            isinstance(one.signature, BadSignature)
            or _check(one.signature, header, digests, answers, now)[0] is not Result.PASS
        ):
            return one.instance + 1
    return 0


def _verify_seals(sets: tuple[ArcSet, ...], answers: Mapping[str, Answer], oldest_pass: int) -> Chain:
    """Verify every seal, the newest first (step 6); each is told with its key."""
    sealers: list[Sealer] = []
    status, reason = Status.PASS, ""
    for one, digest in zip(reversed(sets), reversed(seal_digests(sets)), strict=True):
        seal, answer = one.seal, answers[one.seal.key_name]
        trial = try_keys(answer, seal.algorithm, seal.value, digest)
        if trial.result is not Result.PASS and status is not Status.FAIL:
            # One that fails for sure weighs more than one of which DNS says nothing.
            failed = _status(trial.result)
            if status is Status.PASS or failed is Status.FAIL:
                status = failed
                why = trial.why or "an ARC field was changed after sealing, or it was made with another key"
                reason = f"the ARC-Seal of instance {one.instance}, of {seal.domain}: {why}"
        sealers.append(_sealer(one, trial.key.bits if trial.key is not None else 0, answer))
    weak = _weakness(sets) if status is Status.PASS else ""
    return Chain(status, reason, tuple(sealers), oldest_pass, sets[-1].instance, weak=weak)


def _weakness(sets: tuple[ArcSet, ...]) -> str:
    """Say which signature of a chain somebody else could have made; "" when there is none.

    Also an old signature of the message: by it the newer sealers knew that what the first one saw is what they had.
    """
    for one in reversed(sets):
        if isinstance(one.signature, Signature) and one.signature.algorithm.weak:
            return _weak("ARC-Message-Signature", one.instance, one.signature)
        if one.seal.algorithm.weak:
            return _weak("ARC-Seal", one.instance, one.seal)
    return ""


def _weak(kind: str, instance: int, made: Signature | Seal) -> str:
    return (
        f"the {kind} of instance {instance}, of {made.domain}, is made by {made.algorithm}, which proves nothing any "
        "more (RFC 8301)"
    )


def _check(
    signature: Signature,
    header: SignedHeader,
    digests: Mapping[BodyHash, BodyDigest],
    answers: Mapping[str, Answer],
    now: float,
) -> tuple[Result, str]:
    digest = digests[signature.body]
    trial = check(signature, header, digest, answers[signature.key_name])
    if trial.result is Result.PASS and (objection := objection_to(signature, digest, now)):
        return Result.POLICY, objection
    return trial.result, trial.why


def _failed(sets: tuple[ArcSet, ...], reason: str, result: Result = Result.FAIL) -> Chain:
    sealers = tuple([_sealer(one) for one in reversed(sets)])
    return Chain(_status(result), reason, sealers, newest=sets[-1].instance)


def _status(result: Result) -> Status:
    return Status.TEMPERROR if result is Result.TEMPERROR else Status.FAIL


def _sealer(one: ArcSet, bits: int = 0, answer: Answer | None = None) -> Sealer:
    seal = one.seal
    return Sealer(one.instance, seal.domain, seal.selector, one.results, seal.signed_at, bits, answer)
