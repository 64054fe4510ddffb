"""The keys that our domains sign with, read from their files when a worker starts.

A key that cannot be read is said in the log and its domain signs without it: unsigned mail arrives in many places,
mail that is not taken arrives nowhere. `gatepost check` finds it before that.
"""

from __future__ import annotations

import logging
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


def read_key_file(path: Path) -> PrivateKey | BadPrivateKey:
    """Read a private key, or say why not."""
    try:
        return read_private_key(path.read_bytes())
    except OSError as error:
        return BadPrivateKey(f"cannot be read: {error.strerror}")
