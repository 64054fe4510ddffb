"""Search for attachments that break the reading of aggregate reports."""

from __future__ import annotations

import zlib

from gatepost.mailauth.dmarc.report import Report
from gatepost.mailauth.dmarc.report_xml import MAX_ROWS, MAX_TEXT, read_report, write_report


def target(data: bytes) -> None:
    """Any octets are a report within the bounds, which reads the same after it was written, or say why not."""
    for octets in (data, zlib.compress(data, 1, wbits=31), b"PK\x03\x04" + data):
        report = read_report(octets)
        if not isinstance(report, Report):
            assert report.why
            continue
        assert report.policy.domain
        assert len(report.rows) <= MAX_ROWS
        assert len(report.org_name) <= MAX_TEXT
        if report.rows:
            again = read_report(write_report(report))
            assert isinstance(again, Report)
            assert [row.source_ip for row in again.rows] == [row.source_ip for row in report.rows]
            assert again.messages == report.messages
            assert read_report(write_report(again)) == again
