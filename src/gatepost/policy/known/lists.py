"""What the lists of the settings find, and who is let in whatever they say."""

from __future__ import annotations

from typing import Final

from gatepost.policy.known.row import Known

LISTS: Final = (
    Known(
        finding="to-postmaster",
        means="the recipient is postmaster or abuse at a domain of ours, and so are all others of the message",
        choice="accept",
        because="who is refused by mistake needs somebody to tell (RFC 5321 §4.5.1)",
    ),
    Known(
        finding="network-allowed",
        means="the client is on the list checks.lists.allowed",
        choice="accept",
        because="the administrator has said so",
    ),
    Known(
        finding="network-blocked",
        means="the client is on the list checks.lists.blocked",
        choice="reject",
        because="the administrator has said so",
        reject="sender-blocked",
        facts=("matched",),
    ),
    Known(
        finding="sender-allowed",
        means="the reverse-path is on the list checks.lists.allowed, and SPF says that it is genuine",
        choice="accept",
        because="the administrator has said so",
    ),
    Known(
        finding="sender-blocked",
        means="the reverse-path is on the list checks.lists.blocked",
        choice="reject",
        because="the administrator has said so",
        reject="sender-blocked",
        facts=("matched",),
    ),
    Known(
        finding="author-allowed",
        means="the author is on the list checks.lists.allowed, and their domain stands behind the message",
        choice="accept",
        because="the administrator has said so",
    ),
    Known(
        finding="author-blocked",
        means="the author is on the list checks.lists.blocked",
        choice="reject",
        because="the administrator has said so",
        reject="sender-blocked",
        facts=("matched",),
    ),
)
