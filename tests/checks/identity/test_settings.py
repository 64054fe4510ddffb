from __future__ import annotations

import datetime as dt

import pytest
from pydantic import ValidationError

from gatepost.checks.identity.lists import Entry
from gatepost.checks.identity.settings import EntrySettings, IdentitySettings, ListsSettings


def test_trusted_forwarders_are_domains_in_lower_case() -> None:
    assert IdentitySettings(trusted_forwarders=("Lists.Example.ORG.",)).trusted_forwarders == (
        "lists.example.org",
    )
    with pytest.raises(ValidationError, match=r"write one like \"lists\.example\.org\""):
        IdentitySettings(trusted_forwarders=("*.example.org",))


def test_a_sealer_that_looks_at_nothing_is_refused() -> None:
    assert IdentitySettings(sealer="example.org").sealer == "example.org"
    with pytest.raises(ValidationError, match="needs `dkim = true`"):
        IdentitySettings(sealer="example.org", dkim=False)


def test_entries_may_have_a_reason_and_an_end() -> None:
    settings = ListsSettings.model_validate(
        {
            "allowed": [
                "192.0.2.0/24",
                {"match": "example.org", "note": "ticket 17", "until": dt.date(2027, 3, 31)},
            ]
        }
    )
    allowed, blocked = settings.lists()
    day = dt.date(2026, 11, 28)
    assert allowed.domain("example.org", day) == Entry("example.org", "ticket 17", dt.date(2027, 3, 31))
    assert allowed.client("192.0.2.7", day) == Entry("192.0.2.0/24")
    assert not blocked


def test_a_bad_entry_is_refused_with_what_to_write() -> None:
    with pytest.raises(ValidationError, match="would also match"):
        ListsSettings(blocked=("*spam.example",))


def test_every_field_is_documented() -> None:
    for model in (IdentitySettings, EntrySettings, ListsSettings):
        for name, field in model.model_fields.items():
            assert field.description, name
