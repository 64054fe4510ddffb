"""Cues that an author is not who a reader will take them for, found in the header alone.

Our own domain from outside without proof, a name that shows another address, a domain that looks like one of ours, an
answer that would go elsewhere. Each is a sign, not a proof: policy adds them up.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from gatepost.checks.evidence import AuthorEvidence
from gatepost.checks.finding import Finding, Result, Stage
from gatepost.mail.fields import Header
from gatepost.mailauth.dmarc.author import Author, AuthorMailbox, read_from

_MAX_SHOWN: Final = 200
_LISTS: Final = ("list-id", "list-post", "list-unsubscribe")

Resembles = Callable[[str], str]
"""Say in words which known domain a domain looks like and is not; "" when it looks like none."""


def cues(
    header: Header, author: Author, *, proven: bool, ours: Callable[[str], bool], resembles: Resembles
) -> Iterator[Finding]:
    """Give what speaks against the author; `proven` is whether the author domain stands behind the message.

    `ours` tells whether a domain (in A-labels) is one of ours.
    """
    if not author.domain:
        yield _finding("author-unclear", author, author.why_none)
        return
    if ours(author.domain) and not proven:
        yield _finding(
            "author-own-domain", author, f"{author.domain} is ours, the client is not, and nothing proves it"
        )
    for mailbox in author.mailboxes:
        if named := [domain for domain in mailbox.named if domain != mailbox.domain]:
            yield _finding(
                "author-name-forged",
                author,
                f"the name shows an address at {named[0]}, the address is elsewhere",
            )
            break
    if not ours(author.domain) and (why := resembles(author.domain)):
        yield _finding("author-look-alike", author, why)
    if elsewhere := _reply_elsewhere(header, author):
        yield _finding("reply-elsewhere", author, elsewhere)


def _reply_elsewhere(header: Header, author: Author) -> str:
    """Say where answers would go, when that is neither the author's domain nor one near it, nor a list's custom."""
    fields = header.named("reply-to")
    if len(fields) != 1 or any(field.name in _LISTS for field in header.fields):
        return ""
    to = read_from(fields[0].value)
    strange = [
        mailbox for mailbox in to.mailboxes if mailbox.domain and not _related(mailbox.domain, author.domain)
    ]
    return f"answers go to {strange[0].address}" if strange else ""


def _related(one: str, other: str) -> bool:
    """Tell whether two domains share their last two labels; close enough for a cue."""
    return one.split(".")[-2:] == other.split(".")[-2:]


def _finding(name: str, author: Author, reason: str) -> Finding:
    evidence = AuthorEvidence(shown=_shown(author.mailboxes), reason=reason, domain=author.domain)
    return Finding(check="author", stage=Stage.CONTENT, result=Result.FOUND, name=name, evidence=(evidence,))


def _shown(mailboxes: tuple[AuthorMailbox, ...]) -> str:
    shown = ", ".join(
        [
            f"{mailbox.name} <{mailbox.address}>" if mailbox.name else mailbox.address
            for mailbox in mailboxes[:3]
        ]
    )
    return shown[:_MAX_SHOWN]
