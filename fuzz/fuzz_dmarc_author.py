"""Search for headers that break the reading of the author."""

from __future__ import annotations

from gatepost.mail.fields import split
from gatepost.mail.path import is_domain
from gatepost.mailauth.dmarc.author import MAX_MAILBOXES, MAX_NAME, Oddity, read_author, read_from


def target(data: bytes) -> None:
    """Any field has printable authors of valid domains, and either one author domain or a reason why it has none."""
    for author in (read_from(data), read_author(split(data))):
        assert bool(author.domain) != bool(author.why_none)
        assert len(author.mailboxes) <= MAX_MAILBOXES
        assert len(set(author.domains)) == len(author.domains)
        assert all(is_domain(domain) and domain == domain.lower() for domain in author.domains)
        assert author.oddities == tuple(dict.fromkeys(author.oddities))
        assert (Oddity.SEVERAL_DOMAINS in author.oddities) == (len(author.domains) > 1)
        for mailbox in author.mailboxes:
            assert mailbox.domain in ("", *author.domains)
            assert mailbox.name.isprintable()
            assert mailbox.address.isprintable()
            assert len(mailbox.name) <= MAX_NAME
            assert len(mailbox.address) <= MAX_NAME
            assert all(is_domain(domain) for domain in mailbox.named)
