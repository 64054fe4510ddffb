from __future__ import annotations

import datetime as dt

import pytest

from gatepost.checks.facts import Facts
from gatepost.checks.finding import Finding, Result, Stage
from gatepost.checks.identity.lists import Entry, ListsCheck, SenderList
from gatepost.mail.path import Mailbox

TODAY = dt.date(2026, 11, 28)
NOON = dt.datetime(2026, 11, 28, 12, tzinfo=dt.UTC).timestamp()
PASS = Finding(check="spf", stage=Stage.MAIL, result=Result.CLEAN, name="spf-pass")


def mailbox(address: str) -> Mailbox:
    return Mailbox(address, address.rpartition("@")[2].lower())


def matched(entries: list[str], address: str) -> bool:
    return SenderList(map(Entry, entries)).mailbox(mailbox(address), TODAY) is not None


def check(allowed: list[Entry], blocked: list[Entry], *, unproven: bool = False) -> ListsCheck:
    return ListsCheck(SenderList(allowed), SenderList(blocked), lambda: NOON, unproven=unproven)


def facts(
    client: str = "192.0.2.7", sender: str = "", findings: tuple[Finding, ...] = (), **given: bool
) -> Facts:
    return Facts(
        session="s",
        client=client,
        role="inbound",
        relay=given.get("relay", False),
        reverse_path=mailbox(sender) if sender else None,
        findings=findings,
    )


def test_a_domain_is_itself_and_nothing_else() -> None:
    assert matched(["example.org"], "a@Example.ORG")
    assert not matched(["example.org"], "a@sub.example.org")
    assert not matched(["example.org"], "a@evil-example.org")


def test_a_star_stands_for_all_below_a_domain() -> None:
    assert matched(["*.example.org"], "a@x.y.example.org")
    assert not matched(["*.example.org"], "a@example.org")
    assert not matched(["*.example.org"], "a@evil-example.org")


def test_an_address_is_compared_without_regard_to_case() -> None:
    assert matched(["Boss@example.org"], "boss@EXAMPLE.org")
    assert not matched(["boss@example.org"], "other@example.org")


def test_a_domain_may_be_written_as_people_read_it() -> None:
    assert matched(["bücher.example"], "a@xn--bcher-kva.example")


@pytest.mark.parametrize(
    ("entry", "hint"),
    [
        ("*example.org", 'would also match "evil-example.org"'),
        ("mail*.example.org", "would also match"),
        ("*@example.org", "is no address"),
        ("localhost", "is no network, domain or address"),
        ("192.0.2.1/24", "is no network, domain or address"),
        ("", "is no network, domain or address"),
    ],
)
def test_a_pattern_that_means_more_than_it_seems_is_refused_with_what_to_write(entry: str, hint: str) -> None:
    with pytest.raises(ValueError, match=hint):
        SenderList([Entry(entry)])


def test_an_entry_ends_on_its_day() -> None:
    listed = SenderList(
        [Entry("example.org", until=TODAY), Entry("192.0.2.0/24", until=dt.date(2026, 11, 29))]
    )
    assert listed.domain("example.org", TODAY) is None
    assert listed.domain("example.org", dt.date(2026, 11, 27)) is not None
    assert listed.client("192.0.2.7", TODAY) is not None


def test_a_client_is_looked_up_when_it_connects() -> None:
    looked = check([Entry("2001:db8::/32")], [Entry("192.0.2.0/24", "spam, says Ann")])
    [blocked] = looked.look(Stage.CONNECT, facts(), None)
    assert blocked.what == "network-blocked"
    assert blocked.evidence[0].words() == "192.0.2.7 matches the entry '192.0.2.0/24' (spam, says Ann)"
    assert [one.what for one in looked.look(Stage.CONNECT, facts("2001:db8::1"), None)] == ["network-allowed"]
    assert looked.look(Stage.CONNECT, facts("198.51.100.1"), None) == ()


def test_an_allowed_name_counts_only_where_spf_says_that_it_is_genuine() -> None:
    looked = check([Entry("example.org")], [])
    assert looked.look(Stage.RCPT, facts(sender="a@example.org"), None) == ()
    [allowed] = looked.look(Stage.RCPT, facts(sender="a@example.org", findings=(PASS,)), None)
    assert allowed.what == "sender-allowed"
    trusting = check([Entry("example.org")], [], unproven=True)
    assert [one.what for one in trusting.look(Stage.RCPT, facts(sender="a@example.org"), None)] == [
        "sender-allowed"
    ]


def test_a_blocked_name_counts_for_whoever_claims_it() -> None:
    looked = check([], [Entry("*.bulk.example")])
    [blocked] = looked.look(Stage.RCPT, facts(sender="a@x.bulk.example"), None)
    assert blocked.what == "sender-blocked"


def test_authors_are_let_in_only_when_proven_and_kept_out_always() -> None:
    looked = check([Entry("good.example")], [Entry("bad@good.example")])
    assert [one.what for one in looked.author(mailbox("a@good.example"), proven=True)] == ["author-allowed"]
    assert list(looked.author(mailbox("a@good.example"), proven=False)) == []
    both = looked.author(mailbox("bad@good.example"), proven=True)
    assert [one.what for one in both] == ["author-blocked", "author-allowed"]


def test_own_clients_are_not_looked_up() -> None:
    looked = check([], [Entry("192.0.2.0/24"), Entry("example.org")])
    assert looked.look(Stage.CONNECT, facts(relay=True), None) == ()
    assert looked.look(Stage.RCPT, facts(sender="a@example.org", relay=True), None) == ()
