"""What is not as RFC 5322 has it is told, one finding per kind, and nothing of an honest header."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from gatepost.checks.content.header import DAY, HeaderCheck
from gatepost.checks.evidence.text import HeaderEvidence
from gatepost.checks.facts import Content, Facts
from gatepost.checks.finding import Finding, Stage
from gatepost.mail.date import date_time
from gatepost.policy.known import KNOWN

NOW = 1_788_251_400
FACTS = Facts(session="7zq4k0v3m8x2a", client="192.0.2.7", role="inbound", relay=False)
HONEST = {
    "Date": date_time(NOW),
    "From": "A <a@client.test>",
    "To": "b@ours.test",
    "Message-ID": "<1@client.test>",
    "Subject": "Hello",
}


def look(fields: dict[str, str] | bytes, facts: Facts = FACTS) -> list[Finding]:
    if isinstance(fields, bytes):
        message = fields
    else:
        message = "".join([f"{name}: {value}\r\n" for name, value in fields.items() if value != "-"]).encode()
    message += b"\r\nHello.\r\n"
    content = Content(len(message), message, viewed=[], items=[])
    return list(HeaderCheck(lambda: NOW).look(Stage.CONTENT, facts, content))


def test_an_honest_header_has_nothing_to_report() -> None:
    assert look(HONEST) == []


@pytest.mark.parametrize(
    ("field", "value", "name"),
    [
        ("Date", "-", "header-no-date"),
        ("Date", " ", "header-no-date"),
        ("Date", "yesterday", "header-date-invalid"),
        ("Date", date_time(NOW + DAY + 60), "header-date-future"),
        ("Date", date_time(NOW - 31 * DAY), "header-date-past"),
        ("Message-ID", "-", "header-no-message-id"),
        ("Message-ID", "1@client.test", "header-message-id-invalid"),
        ("Message-ID", "<1>", "header-message-id-invalid"),
        ("From", "-", "header-no-from"),
        ("To", "-", "header-no-recipients"),
        ("To", "undisclosed-recipients:;", "header-recipients-undisclosed"),
        ("Cc", "", "header-field-empty"),
        ("subject", "Another", "header-field-twice"),
        ("Content-Type", "text/plain", "header-no-mime-version"),
        ("References", "<" + "a" * 1000 + "@b>", "header-line-too-long"),
        ("Subject", "Grüße", "header-not-ascii"),
    ],
)
def test_each_matter_has_a_finding_of_its_own(field: str, value: str, name: str) -> None:
    [finding] = look({**HONEST, field: value})
    assert finding.name == name
    assert name in KNOWN
    [evidence] = finding.evidence
    assert isinstance(evidence, HeaderEvidence)
    assert evidence.words()
    assert value.strip() in ("", "-") or value not in evidence.facts()["why"]


def test_a_date_up_to_a_day_ahead_and_a_month_back_is_let_pass() -> None:
    assert not look({**HONEST, "Date": date_time(NOW + DAY - 60)})
    assert not look({**HONEST, "Date": date_time(NOW - 29 * DAY)})


def test_our_own_clients_may_leave_out_what_a_server_of_submission_adds() -> None:
    assert look({**HONEST, "Date": "-", "Message-ID": "-"}, replace(FACTS, relay=True)) == []


def test_octets_beyond_ascii_may_come_with_smtputf8() -> None:
    assert look({**HONEST, "Subject": "Grüße"}, replace(FACTS, smtputf8=True)) == []


def test_nothing_is_looked_at_before_there_is_a_content() -> None:
    assert not HeaderCheck(lambda: NOW).look(Stage.CONTENT, FACTS, None)


@given(st.binary(max_size=400))
def test_any_header_can_be_looked_at(header: bytes) -> None:
    for finding in look(header):
        assert finding.name in KNOWN
        assert all(evidence.words() for evidence in finding.evidence)
