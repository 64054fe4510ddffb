from __future__ import annotations

import pytest

from gatepost.checks.connection.postmaster import PostmasterCheck
from gatepost.checks.facts import Facts
from gatepost.checks.finding import Stage
from gatepost.mail.path import Mailbox


def found(address: str, *, relay: bool = False) -> list[str]:
    check = PostmasterCheck(lambda domain: domain == "ours.test")
    mailbox = Mailbox(address, address.rpartition("@")[2].lower() if "@" in address else "")
    facts = Facts(session="s", client="192.0.2.7", role="inbound", relay=relay, recipient=mailbox)
    return [finding.what for finding in check.look(Stage.RCPT, facts, None)]


@pytest.mark.parametrize("address", ["postmaster@ours.test", "Abuse@OURS.test", "Postmaster"])
def test_a_person_who_must_be_reachable_is_found(address: str) -> None:
    assert found(address) == ["to-postmaster"]


def test_nobody_else_is() -> None:
    assert found("postmaster@elsewhere.test") == []
    assert found("ann@ours.test") == []
    assert found("postmaster@ours.test", relay=True) == []
