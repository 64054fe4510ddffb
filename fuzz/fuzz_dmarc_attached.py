"""Search for messages that break the finding and reading of reports in them."""

from __future__ import annotations

from gatepost.mailauth.dmarc.attached import MAX_REPORTS, read_file, read_message
from gatepost.mailauth.dmarc.failure import MAX_TEXT, FailureReport
from gatepost.mailauth.dmarc.report_xml import Unreadable


def target(data: bytes) -> None:
    """Any octets give one to MAX_REPORTS values, bounded; what cannot be read says why; line ends do not matter."""
    found = read_file(data)
    assert 1 <= len(found) <= MAX_REPORTS
    for one in found:
        if isinstance(one, Unreadable):
            assert one.why
        elif isinstance(one, FailureReport):
            assert max(map(len, (one.domain, one.subject, one.spf_record, *one.results, ""))) <= MAX_TEXT
            assert one.meaning
    if b"\r" not in data and b"\0" not in data:
        first = read_message(data)
        assert len(read_message(data.replace(b"\n", b"\r\n"))) == len(first)
