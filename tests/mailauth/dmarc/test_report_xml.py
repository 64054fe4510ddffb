"""Reports are written as RFC 9990 has them, read as anyone writes them, and nothing hostile in them costs much."""

from __future__ import annotations

import gzip
import io
import zipfile
import zlib
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gatepost.mailauth.dmarc import report_xml
from gatepost.mailauth.dmarc.report import DkimResult, Override, PolicyPublished, Report, Row, SpfResult
from gatepost.mailauth.dmarc.report_xml import (
    MAX_ROWS,
    MAX_TEXT,
    MAX_XML,
    Unreadable,
    read_report,
    write_report,
)

REPORT = Report(
    org_name="Gate & Post <GmbH>",
    email="dmarc@receiver.example",
    report_id="1764288000.example.com@receiver.example",
    begin=1_764_201_600,
    end=1_764_287_999,
    policy=PolicyPublished(
        domain="example.com",
        p="reject",
        sp="none",
        np="reject",
        adkim="r",
        aspf="s",
        discovery_method="treewalk",
        fo="1:d",
        testing="n",
    ),
    rows=(
        Row(
            source_ip="192.0.2.1",
            count=12,
            disposition="none",
            dkim="pass",
            spf="fail",
            header_from="example.com",
            envelope_from="",
            envelope_to="receiver.example",
            overrides=(Override("mailing_list", "List-Id: <a.b>"), Override("other")),
            signatures=(
                DkimResult("example.com", "s1", "pass"),
                DkimResult("b.test", "s2", "fail", "bad body hash"),
            ),
            spf_results=(SpfResult("bounce.test", "pass", "mfrom"),),
        ),
        Row(
            source_ip="2001:db8::1",
            count=1,
            disposition="reject",
            dkim="fail",
            spf="fail",
            header_from="a.example.com",
        ),
    ),
    extra_contact_info="https://receiver.example/dmarc",
    errors=("rua has no URI",),
    generator="Gatepost",
)

# The form of RFC 7489 appendix C, with what real reports had: no namespace, helo, pct, several SPF results.
OLD = b"""<?xml version="1.0" encoding="iso-8859-1"?>
<!-- from long ago -->
<feedback>
  <report_metadata><org_name>B\xfccher</org_name><email>a@b.test</email><report_id> 42 </report_id>
    <date_range><begin>1335571200</begin><end>1335657599</end></date_range></report_metadata>
  <policy_published><domain>Example.com</domain><adkim>r</adkim><p>none</p><sp>none</sp><pct>50</pct></policy_published>
  <record><row><source_ip>2001:DB8:0::1</source_ip><count>2</count><policy_evaluated><disposition>NONE</disposition>
    <dkim>fail</dkim><spf>pass</spf><reason><type>sampled_out</type></reason></policy_evaluated></row>
    <identifiers><envelope_from/><header_from>Example.com</header_from></identifiers>
    <auth_results><spf><domain>a.test</domain><scope>helo</scope><result>none</result></spf>
      <spf><domain>b.test</domain><result>Pass</result></spf></auth_results></record>
</feedback>
"""


def head(records: str, policy: str = "<domain>a.test</domain><p>none</p>") -> bytes:
    dates = "<date_range><begin>1</begin><end>2</end></date_range>"
    return (
        f"<feedback><report_metadata>{dates}</report_metadata><policy_published>{policy}</policy_published>"
        f"{records}</feedback>"
    ).encode()


def record(row: str = "<source_ip>192.0.2.1</source_ip><count>1</count>", rest: str = "") -> str:
    evaluated = (
        "<policy_evaluated><disposition>none</disposition><dkim>pass</dkim><spf>pass</spf></policy_evaluated>"
    )
    return f"<record><row>{row}{evaluated}</row>{rest}</record>"


def good(octets: bytes) -> Report:
    report = read_report(octets)
    assert isinstance(report, Report)
    return report


def why(octets: bytes) -> str:
    report = read_report(octets)
    assert isinstance(report, Unreadable)
    return report.why


def test_a_report_that_is_written_reads_the_same_again() -> None:
    assert read_report(write_report(REPORT)) == REPORT


def test_the_elements_come_in_the_order_of_the_schema() -> None:
    namespace = "{urn:ietf:params:xml:ns:dmarc-2.0}"
    root = ET.fromstring(write_report(REPORT))
    assert root.tag == f"{namespace}feedback"

    def children(path: str) -> list[str]:
        element = root.find("/".join(namespace + name for name in path.split("/"))) if path else root
        assert element is not None
        return [child.tag.removeprefix(namespace) for child in element]

    assert children("") == ["version", "report_metadata", "policy_published", "record", "record"]
    assert children("record") == ["row", "identifiers", "auth_results"]
    assert children("record/row/policy_evaluated") == ["disposition", "dkim", "spf", "reason", "reason"]
    assert children("record/auth_results") == ["dkim", "dkim", "spf"]


def test_a_report_without_rows_is_none() -> None:
    with pytest.raises(ValueError):
        write_report(
            Report(org_name="", email="", report_id="", begin=0, end=0, policy=REPORT.policy, rows=())
        )


def test_a_report_of_the_old_form_is_read() -> None:
    report = good(OLD)
    assert (report.org_name, report.report_id, report.policy.domain, report.policy.pct) == (
        "Bücher",
        "42",
        "example.com",
        "50",
    )
    (row,) = report.rows
    assert (row.source_ip, row.count, row.disposition, row.envelope_from, row.envelope_to) == (
        "2001:db8::1",
        2,
        "none",
        "",
        None,
    )
    assert row.spf_results == (SpfResult("a.test", "none", "helo"), SpfResult("b.test", "pass"))
    assert row.overrides == (Override("sampled_out"),)
    assert report.problems == ()


def zipped(octets: bytes, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", method) as writing:
        writing.writestr("receiver!example.com!1!2.xml", octets)
    return archive.getvalue()


@pytest.mark.parametrize("packed", [gzip.compress(OLD), zipped(OLD), zipped(OLD, zipfile.ZIP_STORED)])
def test_a_report_comes_packed(packed: bytes) -> None:
    assert read_report(packed) == read_report(OLD)


def test_names_may_have_a_prefix_and_extensions_are_read_over() -> None:
    octets = write_report(REPORT).replace(b"<", b"<d:").replace(b"<d:/", b"</d:").replace(b"<d:?", b"<?")
    assert read_report(octets.replace(b"xmlns=", b"xmlns:d=")) == REPORT
    extended = head(
        "<extension><x:row><count>9</count></x:row></extension>"
        + record(rest="<x:row><count>9</count></x:row>")
    )
    assert good(extended).rows[0].count == 1


@pytest.mark.parametrize(
    ("octets", "expected"),
    [
        (b"", "no well-formed XML"),
        (b"hello", "no well-formed XML"),
        (b"<feedback>", "no well-formed XML"),
        (b"<html/>", "another kind of XML"),
        (b"<feedback/>", "which domain"),
        (head("").replace(b"<begin>1<", b"<begin>yesterday<"), "which time"),
        (b'<?xml version="1.0" encoding="rot13"?><feedback/>', "encoding"),
        (b'<?xml version="1.0" encoding="x"?><feedback/>', "encoding"),
        (b'<!DOCTYPE f SYSTEM "file:///etc/passwd"><feedback/>', "document type"),
        (b'<!DOCTYPE f [<!ENTITY a "a"><!ENTITY b "&a;&a;">]><feedback>&b;</feedback>', "document type"),
        (b"<feedback>&a;</feedback>", "no well-formed XML"),
        (b"<feedback>" * 40 + b"</feedback>" * 40, "nested too deep"),
        (b"<feedback>" + b"<x:a>" * 40 + b"</x:a>" * 40 + b"</feedback>", "nested too deep"),
        (gzip.compress(b"<feedback/>")[:-3], "its end is missing"),
        (b"\x1f\x8bxxxxxxxxxxxx", "cannot be unpacked"),
        (gzip.compress(b" " * (MAX_XML + 1), 1), "larger than 32 MiB"),
        (zipped(b" " * (MAX_XML + 1)), "larger than 32 MiB"),
        (b" " * (MAX_XML + 1), "larger than 32 MiB"),
        (b"PK\x03\x04", "its end is missing"),
        (b"PK\x03\x04" + b"\x01" * 26, "password"),
        (b"PK\x03\x04\0\0\0\0\x0c\0" + b"\0" * 20, "the method 12"),
        (b"PK\x03\x04" + b"\0" * 14 + b"\xff" * 4 + b"\0" * 8, "larger than"),
    ],
    ids=lambda value: value if isinstance(value, str) else "octets",
)  # fmt: skip
def test_what_is_no_report_says_why(octets: bytes, expected: str) -> None:
    assert expected in why(octets)


@pytest.mark.parametrize(
    ("octets", "problem"),
    [
        (head(""), "it has no record that could be read"),
        (head(record("<count>1</count>")), "a record has no IP address and is left out"),
        (
            head(record("<source_ip>192.0.2.1</source_ip><count>-1</count>")),
            "a record has no count and is left out",
        ),
        (
            head(record().replace("<dkim>pass", "<dkim>maybe")),
            "a record says dkim in a word that is not known",
        ),
        (head(record()).replace(b"<begin>1<", b"<begin>5<"), "its time ends before it begins"),
        (
            head(record(rest="<auth_results>" + "<dkim></dkim>" * 101 + "</auth_results>")),
            "a record has more signatures, results or reasons than are read",
        ),
    ],
)
def test_what_is_odd_in_a_report_is_said(octets: bytes, problem: str) -> None:
    assert problem in good(octets).problems


def test_the_first_of_two_texts_counts_and_a_long_one_is_cut() -> None:
    report = good(
        head(record(), policy="<domain>a.test</domain><domain>b.test</domain><p>" + "x" * 5000 + "</p>")
    )
    assert (report.policy.domain, len(report.policy.p)) == ("a.test", MAX_TEXT)


def test_more_rows_or_elements_than_anyone_reports_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    assert f"more than {MAX_ROWS} records" in why(head("<record/>" * (MAX_ROWS + 1)))
    monkeypatch.setattr(report_xml, "MAX_ELEMENTS", 100)
    assert "more than 100 elements" in why(head("<a/>" * 101))


@pytest.mark.parametrize(
    "piece", [b"<feedback a='%s'/>", b"<feedback><%s/></feedback>", b"<feedback>%s</feedback>", b"<!--%s-->"]
)
def test_a_long_token_is_read_in_linear_time(piece: bytes) -> None:
    # Fed to expat in pieces this would take minutes; there is nothing to measure but that it ends.
    assert isinstance(read_report(piece % (b"x" * 10_000_000)), Unreadable)


texts = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Cn", "Co"]), max_size=20).map(
    str.strip
)
words = st.text(alphabet="abc-_", min_size=1, max_size=8)
verdicts = st.sampled_from(["pass", "fail"])
rows = st.builds(
    Row,
    source_ip=st.ip_addresses().map(str),
    count=st.integers(0, 10**12),
    disposition=st.sampled_from(["none", "pass", "quarantine", "reject"]),
    dkim=verdicts,
    spf=verdicts,
    header_from=words,
    overrides=st.lists(st.builds(Override, words, texts), max_size=2).map(tuple),
    envelope_from=st.none() | texts,
    envelope_to=st.none() | texts,
    signatures=st.lists(st.builds(DkimResult, texts, texts, words, texts), max_size=3).map(tuple),
    spf_results=st.lists(st.builds(SpfResult, texts, words, texts, texts), max_size=1).map(tuple),
)
reports = st.builds(
    Report,
    org_name=texts,
    email=texts,
    report_id=texts,
    begin=st.integers(0, 1000),
    end=st.integers(1000, 2**33),
    policy=st.builds(
        PolicyPublished,
        domain=words,
        p=texts,
        sp=texts,
        np=texts,
        adkim=texts,
        discovery_method=texts,
        testing=texts,
    ),
    rows=st.lists(rows, min_size=1, max_size=3).map(tuple),
    extra_contact_info=texts,
    errors=texts.map(lambda text: (text,) if text else ()),
    generator=texts,
)


@settings(deadline=None)
@given(reports)
def test_any_report_reads_back_as_it_was_written(report: Report) -> None:
    assert read_report(write_report(report)) == report


@given(st.text(max_size=30))
def test_what_xml_cannot_hold_is_replaced(text: str) -> None:
    clean = text.encode("utf-8", "replace").decode()
    report = good(write_report(Report(
        org_name=clean, email="", report_id="", begin=0, end=1, policy=REPORT.policy, rows=REPORT.rows
    )))  # fmt: skip
    assert len(report.org_name) <= len(text)


@given(st.binary(max_size=200), st.integers(0, 400), st.sampled_from([write_report(REPORT), OLD]))
def test_a_damaged_report_is_read_or_says_why(octets: bytes, at: int, report: bytes) -> None:
    damaged = report[: at * 3] + octets + report[at * 3 + len(octets) :]
    for form in (damaged, zlib.compress(damaged, wbits=31), zipped(report)[:30] + octets):
        assert isinstance(read_report(form), Report | Unreadable)


@pytest.mark.parametrize("second", ["4102444801", "999999999999999999"])
def test_a_time_that_no_calendar_holds_is_none(second: str) -> None:
    xml = write_report(REPORT).replace(f"<end>{REPORT.end}".encode(), f"<end>{second}".encode())
    assert read_report(xml) == Unreadable("its time lies beyond 2100")
