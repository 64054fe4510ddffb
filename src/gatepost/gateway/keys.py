"""The keys that our domains sign and seal with, read from their files when a worker starts.

A key that cannot be read is said in the log and its domain signs without it: unsigned mail arrives in many places,
mail that is not taken arrives nowhere. `gatepost check` finds it before that.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path

from gatepost.gateway.settings import Settings
from gatepost.mailauth.dkim import Signer
from gatepost.mailauth.dkim.keypair import BadPrivateKey, PrivateKey, read_private_key
from gatepost.policy.domains import a_labels

log = logging.getLogger("gatepost")


def signers_of(settings: Settings) -> dict[str, tuple[Signer, ...]]:
    """Give the signers by domain, in A-labels; a domain without a readable key has none."""
    found: dict[str, tuple[Signer, ...]] = {}
    for domain in settings.domain:
        name = a_labels(domain.name)
        signers = []
        for wanted in domain.dkim:
            key = read_key_file(wanted.key)
            if isinstance(key, BadPrivateKey):
                log.error("domain %s: the key %s %s; it does not sign", domain.name, wanted.key, key.why)
            else:
                signers.append(Signer(name, wanted.selector, key))
        if signers:
            found[name] = tuple(signers)
    return found


def sealer_of(settings: Settings, signers: Mapping[str, Sequence[Signer]]) -> Signer | None:
    """Give who seals: the first of the sealer's keys that can be read; None when there is none."""
    signer = next(iter(signers.get(a_labels(settings.checks.identity.sealer), ())), None)
    if settings.checks.identity.sealer and signer is None:
        log.error("no key of %s can be read; nothing is sealed", settings.checks.identity.sealer)
    return signer


def read_key_file(path: Path) -> PrivateKey | BadPrivateKey:
    """Read a private key, or say why not."""
    try:
        return read_private_key(path.read_bytes())
    except OSError as error:
        return BadPrivateKey(f"cannot be read: {error.strerror}")
