from __future__ import annotations

from collections.abc import Sequence

import pytest

from gatepost.mailauth.dmarc.report import DkimResult, PolicyPublished, Report, Row, SpfResult
from gatepost.mailauth.dmarc.sources import DomainView, Source, view

DOMAIN = "good.example"
OWN = "192.0.2.1"
SIGNED = (DkimResult(DOMAIN, "s1", "pass"),)
BROKEN = (DkimResult(DOMAIN, "s1", "fail"),)


def row(
    address: str,
    count: int = 10,
    *,
    spf: str = "fail",
    dkim: str = "fail",
    signatures: Sequence[DkimResult] = (),
    by: str = "",
    disposition: str = "none",
) -> Row:
    return Row(
        source_ip=address,
        count=count,
        disposition=disposition,
        dkim=dkim,
        spf=spf,
        header_from=DOMAIN,
        signatures=tuple(signatures),
        spf_results=(SpfResult(by, "pass"),) if by else (),
    )


def report(*rows: Row, policy: str = "none", organization: str = "them", begin: int = 0) -> Report:
    return Report(
        org_name=organization,
        email="a@them.example",
        report_id=f"{organization}.{begin}",
        begin=begin,
        end=begin + 86_399,
        policy=PolicyPublished(domain=DOMAIN, p=policy),
        rows=rows,
    )


def seen(*reports: Report) -> DomainView:
    return view(DOMAIN, reports, lambda address: address == OWN, lambda name: ".".join(name.split(".")[-2:]))


def one(*rows: Row, policy: str = "none") -> Source:
    [source] = seen(report(*rows, policy=policy)).sources
    return source


def test_what_several_organizations_say_is_summed_by_source() -> None:
    rows = (row(OWN, spf="pass", dkim="pass", signatures=SIGNED),)
    found = seen(report(*rows), report(*rows, organization="others", begin=86_400, policy="reject"))
    assert (found.reports, found.organizations, found.messages, found.passed) == (
        2,
        ("them", "others"),
        20,
        20,
    )
    assert (found.begin, found.end, found.policy) == (0, 172_799, "reject")
    [source] = found.sources
    assert (source.name, source.standing, source.messages, source.failed, source.move) == (
        OWN,
        "own",
        20,
        0,
        "",
    )
    assert source.reporters == ("them", "others")


def test_nothing_reported_is_nothing_seen() -> None:
    assert (seen().messages, seen().sources, seen().policy) == (0, (), "")


@pytest.mark.parametrize(
    ("what", "standing", "name"),
    [
        (row("198.51.100.1", spf="pass", by=DOMAIN), "named", "198.51.100.1"),
        (
            row("198.51.100.1", dkim="pass", signatures=SIGNED, by="bounces.list.example"),
            "signed",
            "list.example",
        ),
        (row("198.51.100.1", signatures=BROKEN, by="list.example"), "broken", "list.example"),
        (row("198.51.100.1", by="mailer.example"), "other", "mailer.example"),
        (
            row("198.51.100.1", signatures=[DkimResult("mailer.example", "s", "pass")]),
            "other",
            "mailer.example",
        ),
        (row("198.51.100.1"), "nobody", "one address"),
    ],
)
def test_who_it_is_follows_from_what_it_shows(what: Row, standing: str, name: str) -> None:
    source = one(what)
    assert (source.standing, source.name) == (standing, name)
    assert source.who


def test_addresses_that_show_the_same_domain_are_one_source() -> None:
    source = one(*(row(f"198.51.100.{n}", n, by=f"mx{n}.mailer.example") for n in range(1, 9)))
    assert (source.name, source.address_count, source.messages) == ("mailer.example", 8, 36)
    assert source.addresses == tuple(f"198.51.100.{n}" for n in (8, 7, 6, 5, 4))


def test_an_own_server_that_fails_is_told_what_it_lacks() -> None:
    assert "sign" in one(row(OWN, spf="pass", by=DOMAIN), row(OWN)).move
    assert "SPF" in one(row(OWN)).move
    assert one(row(OWN, 1000, spf="pass", dkim="pass"), row(OWN, 5)).move == ""  # forwarders break some


def test_forgers_are_nothing_to_do_about_once_receivers_refuse_them() -> None:
    assert "publish p=quarantine" in one(row("198.51.100.1")).move
    assert one(row("198.51.100.1", disposition="reject"), policy="reject").move == ""
    source = one(
        row("198.51.100.1", 4, disposition="reject"), row("198.51.100.1", 3, disposition="quarantine")
    )
    assert (source.rejected, source.quarantined, source.move) == (4, 3, "")


def test_what_needs_a_move_comes_first_and_what_is_nearest_before_all() -> None:
    found = seen(
        report(
            row("198.51.100.9", 1000, spf="pass", dkim="pass", by=DOMAIN),
            row("198.51.100.1", 500),
            row("198.51.100.2", 100, by="mailer.example"),
            row(OWN, 7),
        )
    )
    assert [source.standing for source in found.sources] == ["own", "other", "nobody", "named"]
    assert [bool(source.move) for source in found.sources] == [True, True, True, False]
