"""A report knows how many messages it is about."""

from __future__ import annotations

from gatepost.mailauth.dmarc.report import PolicyPublished, Report, Row


def test_a_report_counts_its_messages() -> None:
    rows = tuple(
        Row(
            source_ip="192.0.2.1",
            count=count,
            disposition="none",
            dkim="pass",
            spf="fail",
            header_from="a.test",
        )
        for count in (1, 20, 300)
    )
    policy = PolicyPublished(domain="a.test", p="none")
    report = Report(org_name="x", email="x@y.test", report_id="1", begin=0, end=1, policy=policy, rows=rows)
    assert report.messages == 321
