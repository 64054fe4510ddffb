"""A DMARC record is read as RFC 9989 §4.7 says, and what its owner should repair is named."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatepost.mailauth.dmarc.record import (
    MAX_RECORD,
    MAX_URIS,
    Policy,
    Record,
    ReportUri,
    is_record,
    parse_record,
)


def parsed(text: str) -> Record:
    record = parse_record(text)
    assert record is not None
    return record


@pytest.mark.parametrize(
    "text",
    [
        *(
            "v=DMARC1",
            "v=DMARC1;",
            "v=DMARC1; p=none",
            "v=DMARC1;p=none;",
            "V = DMARC1 ; p = none",
            " v=DMARC1;p=none",
        ),
    ],
)
def test_a_record_begins_with_the_version(text: str) -> None:
    assert is_record(text)
    assert parse_record(text) is not None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "v=DMARC",
        "v=DMARC2; p=none",
        "v=dmarc1; p=none",
        "p=none; v=DMARC1",
        "v=DMARC1 p=none",
        "v=DMARC1x",
        "x v=DMARC1",
    ],
)
def test_other_texts_are_no_records(text: str) -> None:
    assert not is_record(text)
    assert parse_record(text) is None


def test_what_is_not_said_has_its_default() -> None:
    record = parsed("v=DMARC1; p=quarantine")
    assert (record.p, record.sp, record.np) == (Policy.QUARANTINE, None, None)
    assert (record.adkim_strict, record.aspf_strict, record.psd, record.testing) == (False, False, "u", False)
    assert (record.fo, record.rua, record.ruf, record.problems) == (("0",), (), (), ())
    assert not record.of_its_time


def test_every_tag_is_read_in_any_case_and_order() -> None:
    record = parsed(
        "v=DMARC1; NP=Reject; fo=1:d:s; adkim=S; aspf=s; psd=N; t=Y; sp=none; p=QUARANTINE; "
        "rua=mailto:a@b.test , https://x.test/y; ruf=MAILTO:c%2Cd@e.test"
    )
    assert (record.p, record.sp, record.np) == (Policy.QUARANTINE, Policy.NONE, Policy.REJECT)
    assert (record.adkim_strict, record.aspf_strict, record.psd, record.testing) == (True, True, "n", True)
    assert record.fo == ("1", "d", "s")
    assert record.rua == (ReportUri("mailto:a@b.test"), ReportUri("https://x.test/y"))
    assert record.ruf == (ReportUri("MAILTO:c%2Cd@e.test"),)
    assert record.problems == ()
    assert record.of_its_time


def test_what_rfc_9989_took_away_and_what_nobody_knows_is_read_over() -> None:
    record = parsed("v=DMARC1; p=reject; pct=50; rf=afrf; ri=3600; new=thing")
    assert (record.p, record.problems) == (Policy.REJECT, ())


def test_a_size_of_rfc_7489_is_no_part_of_the_uri() -> None:
    record = parsed("v=DMARC1; p=none; rua=mailto:a@b.test!10m,mailto:c@d.test!5,mailto:e@f.test!2K")
    assert record.rua == (
        ReportUri("mailto:a@b.test", 10 << 20),
        ReportUri("mailto:c@d.test", 5),
        ReportUri("mailto:e@f.test", 2048),
    )


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("v=DMARC1; p=none; adkim=x", 'adkim="x" has no meaning'),
        ("v=DMARC1; p=none; aspf=", 'aspf="" has no meaning'),
        ("v=DMARC1; p=none; psd=maybe", 'psd="maybe" has no meaning'),
        ("v=DMARC1; p=none; t=1", 't="1" has no meaning'),
        ("v=DMARC1; p=none; fo=2:0", "fo="),
        ("v=DMARC1; p=none; rua=a@b.test", "which is no URI"),
        ("v=DMARC1; p=none; rua=", "which is no URI"),
        ("v=DMARC1; p=none; junk", '"junk" is no tag'),
        ("v=DMARC1; p=none; p=reject", "more than once"),
        ("v=DMARC1; p=none; ü=1", "is no tag"),
        ("v=DMARC1; p=none; x=" + "y" * MAX_RECORD, "longer"),
        ("v=DMARC1; p=none" + "; a=b" * 100, "tags"),
        ("v=DMARC1; p=none; rua=" + "mailto:a@b.test," * 50, f"more than {MAX_URIS}"),
    ],
)
def test_what_is_wrong_falls_back_and_is_said(text: str, problem: str) -> None:
    record = parsed(text)
    assert any(problem in said for said in record.problems)
    assert record.usable
    assert (record.adkim_strict, record.aspf_strict, record.testing, record.psd) == (False, False, False, "u")


@pytest.mark.parametrize(
    "tags", ["", "p=bogus", "sp=reject", "p=reject; sp=x", "p=reject; np=", "p=; sp=none"]
)
def test_a_record_without_a_valid_policy_counts_only_for_its_reports(tags: str) -> None:
    # RFC 9989 §4.10.1
    without = parsed(f"v=DMARC1; {tags}")
    assert not without.usable
    assert without.problems
    for broken in ("a@b.test", "mailto:"):
        assert not parsed(f"v=DMARC1; {tags}; rua={broken}").usable
    asking = parsed(f"v=DMARC1; {tags}; rua=nonsense,mailto:a@b.test")
    assert asking.usable
    assert (asking.p, asking.sp, asking.np) == (Policy.NONE, None, None)


@given(
    st.lists(
        st.sampled_from(
            ["p", "sp", "rua", "t", "=", ";", "reject", "mailto:", "!", "9", ",", ":", " ", "ü", "\0"]
        )
    )
)
def test_any_text_behind_the_version_is_read(pieces: list[str]) -> None:
    record = parsed("v=DMARC1;" + "".join(pieces))
    assert record.usable or (record.p is Policy.NONE and not record.rua)
    assert all(problem.isprintable() and len(problem) < 200 for problem in record.problems)
