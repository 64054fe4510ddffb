from __future__ import annotations

import gzip
import io
import zipfile
from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatepost.mailauth.dmarc.attached import MAX_OCTETS, MAX_REPORTS, read_file, read_message
from gatepost.mailauth.dmarc.failure import FailureReport
from gatepost.mailauth.dmarc.report import PolicyPublished, Report, Row
from gatepost.mailauth.dmarc.report_mail import report_mail
from gatepost.mailauth.dmarc.report_xml import MAX_XML, Unreadable, write_report
from tests.mailauth.dmarc.test_failure import HEADER, REPORT

ROW = Row(
    source_ip="192.0.2.7", count=3, disposition="none", dkim="pass", spf="fail", header_from="good.example"
)
ONE = Report(
    org_name="them",
    email="a@them.example",
    report_id="id.1",
    begin=0,
    end=86_399,
    policy=PolicyPublished(domain="good.example", p="none"),
    rows=(ROW,),
)
XML = write_report(ONE)


def zipped(octets: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("r.xml", octets)
    return file.getvalue()


def mail(octets: bytes, kind: str, name: str, times: int = 1) -> bytes:
    message = EmailMessage()
    message["Subject"] = "Report Domain: good.example"
    message.set_content("A report.")
    for _ in range(times):
        message.add_attachment(octets, *kind.split("/"), filename=name)
    return bytes(message)


def failure_mail() -> bytes:
    return (
        b'Content-Type: multipart/report; report-type=feedback-report;\r\n boundary="b"\r\n\r\n--b\r\n\r\nHello.\r\n'
        b"--b\r\nContent-Type: message/feedback-report\r\n\r\n" + REPORT + b"\r\n"
        b"--b\r\nContent-Type: message/rfc822\r\n\r\n" + HEADER + b"--b--\r\n"
    )


def names(found: tuple[object, ...]) -> list[str]:
    return [type(one).__name__ for one in found]


@pytest.mark.parametrize("octets", [XML, gzip.compress(XML), zipped(XML), b"\xef\xbb\xbf" + XML])
def test_a_report_is_read_as_it_is_and_packed(octets: bytes) -> None:
    [report] = read_file(octets)
    assert isinstance(report, Report)
    assert report.rows == (ROW,)


@pytest.mark.parametrize(
    ("octets", "kind", "name"),
    [
        (gzip.compress(XML), "application/gzip", "x.xml.gz"),
        (zipped(XML), "application/octet-stream", "x.zip"),
        (XML, "text/xml", "x"),
        (gzip.compress(XML), "application/unheard-of", "x.gz"),
    ],
)
def test_a_report_is_found_in_the_message_that_carries_it(octets: bytes, kind: str, name: str) -> None:
    for content in (mail(octets, kind, name), mail(octets, kind, name).replace(b"\n", b"\r\n")):
        [report] = read_file(content)
        assert isinstance(report, Report)
        assert report.messages == 3


def test_what_we_send_ourselves_is_read() -> None:
    content = report_mail(
        ONE,
        submitter="us.example",
        author="a@us.example",
        recipients=("b@x.example",),
        message_id="1@us",
        second=0,
    )
    [report] = read_message(content)
    assert isinstance(report, Report)
    assert report.report_id == "id.1"


def test_a_failure_report_comes_with_the_header_of_the_message() -> None:
    [report] = read_message(failure_mail())
    assert isinstance(report, FailureReport)
    assert (report.source_ip, report.message_id) == ("192.0.2.1", "<1@x>")


def test_what_holds_no_report_says_so() -> None:
    for octets in (
        b"",
        b"hello",
        mail(b"%PDF", "application/pdf", "x.pdf"),
        mail(b"\0", "application/octet-stream", "x"),
    ):
        [found] = read_message(octets)
        assert isinstance(found, Unreadable)
        assert "holds no report" in found.why
    [found] = read_message(b"x" * (MAX_OCTETS + 1))
    assert found == Unreadable("it is larger than 16 MiB")


def test_bombs_are_not_unpacked_and_many_reports_are_not_all_read() -> None:
    bomb = gzip.compress(b"<feedback>" + b" " * (MAX_XML * 2))
    [found] = read_message(mail(bomb, "application/gzip", "x.gz"))
    assert isinstance(found, Unreadable)
    assert (
        names(read_message(mail(gzip.compress(XML), "application/gzip", "x.gz", 40)))
        == ["Report"] * MAX_REPORTS
    )


@given(st.binary(max_size=400))
def test_nothing_raises_and_something_is_always_said(octets: bytes) -> None:
    assert read_file(octets)
    assert read_message(b"Content-Type: multipart/mixed; boundary=b\n\n--b\n" + octets)
