"""ARC seals on what strangers send: what it was when it came to us, and that we passed it on so (RFC 8617 §5.1).

On the way of a message: findings -> `Acceptance`, for strangers -> `seal` -> the fields on top, above the results and
trace that we add, which no seal covers. What cannot be sealed goes on unsealed, with a reason for the journal.
"""

from __future__ import annotations

from gatepost.checks.facts import Content
from gatepost.mail.fields import Field
from gatepost.mailauth import arc
from gatepost.mailauth.dkim import NotSigned, Signer


class Sealing:
    """The one key that seals for us."""

    __slots__ = ("_signer",)

    def __init__(self, signer: Signer) -> None:
        self._signer = signer

    def seal(
        self, content: Content, chain: arc.Chain | None, results: bytes, now: float
    ) -> bytes | NotSigned:
        """Give the set to put on top, or say why there can be none. Raises OSError.

        `content` is what goes on, `chain` what was found of it when it came, None when nobody looked; `results` are
        what we tell the next reader, as a whole field.
        """
        if chain is None:
            # §5.1: a seal says what its maker found of the chain before it.
            return NotSigned("nobody looked for a chain before it")
        header, body = content.opened()
        said = Field("", results).value.decode("ascii").strip()
        return arc.seal(header, body, chain, said, self._signer, int(now))
