"""What is found in what a message holds."""

from __future__ import annotations

from typing import Final

from gatepost.policy.known.row import Known

CONTENT: Final = (
    Known(
        finding="size-declared",
        means="MAIL declared more octets than the gateway takes",
        choice="reject",
        because="the content would be refused at its end anyway; so it need not come",
        reject="size-declared",
        facts=("size", "limit"),
        firm=True,
    ),
    Known(
        finding="size-exceeded",
        means="the content has more octets than the gateway takes",
        choice="reject",
        because="larger messages would fill the spool or fail behind the gateway",
        reject="size-exceeded",
        facts=("limit",),
        firm=True,
    ),
    Known(
        finding="virus-found",
        means="a virus signature matched",
        choice="reject",
        because="the sender is told, and nobody gets it",
        reject="virus-found",
        facts=("signature",),
        firm=True,
    ),
    Known(
        finding="virus-unavailable",
        means="the virus scanner could not be asked",
        choice="defer",
        because="the client tries again, and nothing passes unchecked; an outage is no reason to refuse for good",
        defer="virus-check-unavailable",
        firm=True,
    ),
)
