"""One signature's octets against the keys that DNS has for it: the core that DKIM and ARC share (RFC 6376 §6.1.2).

Says what came of it in words; what follows from it for the message is for the callers to say.
"""

from __future__ import annotations

from typing import Final, assert_never

from msgspec import Struct

from gatepost.mail.dns import Answer, Status
from gatepost.mailauth.dkim.key import MIN_BITS, Algorithm, BadKey, Key, read_key
from gatepost.mailauth.dkim.result import Result

MAX_RECORDS: Final = 5  # §3.6.2.2 wants one; a few are tried, as some publish keys of two types at one name
_TOLD: Final = 60  # characters of a record that are told


class Trial(Struct, frozen=True):
    """What came of it: PASS, FAIL, TEMPERROR or PERMERROR, why, and the key that decided, if there is one."""

    result: Result
    why: str = ""
    key: Key | None = None
    testing: bool = False


def try_keys(
    answer: Answer, algorithm: Algorithm, value: bytes, digest: bytes, *, below: bool = False
) -> Trial:
    """Verify a signature over a digest with the keys of an answer; `below` when its identity is of a subdomain."""
    match answer.status:
        case Status.FAILED:
            return Trial(Result.TEMPERROR, f"the key at {answer.name} cannot be had now: {answer.reason}")
        case Status.ABSENT | Status.EMPTY:
            return Trial(Result.PERMERROR, f"there is no key at {answer.name}")
        case Status.FOUND:
            pass
        case _:
            assert_never(answer.status)
    trials = []
    for record in answer.records[:MAX_RECORDS]:
        trial = _try(answer.name, record, algorithm, value, digest, below=below)
        if trial.result is Result.PASS:
            return trial
        trials.append(trial)
    # A signature that a key of the right kind does not match says more than a record of another kind.
    return next((trial for trial in trials if trial.key is not None), trials[0])


def _try(name: str, record: str, algorithm: Algorithm, value: bytes, digest: bytes, *, below: bool) -> Trial:
    key = read_key(record)
    if isinstance(key, BadKey):
        found = "" if record.lstrip().startswith("v=DKIM1") else f" (found: {record[:_TOLD]!r})"
        return Trial(Result.PERMERROR, f"the key at {name} {key.why}{found}", testing=key.testing)
    if why := _unusable(key, algorithm, below=below):
        return Trial(Result.PERMERROR, f"the key at {name} {why}", testing=key.testing)
    if key.type == "rsa" and key.bits < MIN_BITS:
        # RFC 8301 §3.2: MUST NOT be considered valid, whether it matches or not.
        why = f"the key at {name} has only {key.bits} bits, and less than {MIN_BITS} prove nothing (RFC 8301)"
        return Trial(Result.FAIL, why, key, key.testing)
    if not key.verifies(value, digest, algorithm.hash):
        return Trial(Result.FAIL, "", key, key.testing)
    return Trial(Result.PASS, "", key, key.testing)


def _unusable(key: Key, algorithm: Algorithm, *, below: bool) -> str:
    """Say why a key may not be used for a signature (RFC 6376 §3.6.1, §6.1.2); "" when it may."""
    if key.type != algorithm.key_type:
        return f"is for another kind of signature: k={key.type}, and the signature is {algorithm}"
    if key.hashes is not None and algorithm.hash not in key.hashes:
        return f"may not be used with {algorithm.hash}: h={':'.join(sorted(key.hashes))[:_TOLD]}"
    if not key.for_mail:
        return "is not for mail: its s= names other services"
    if key.strict and below:
        return "may not be used for subdomains (t=s), and the signature is for one"
    return ""
