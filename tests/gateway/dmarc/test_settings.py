from __future__ import annotations

import pytest
from pydantic import ValidationError

from gatepost.gateway.dmarc.settings import DmarcSettings
from gatepost.gateway.settings import Settings


def test_nothing_is_sent_or_read_unless_an_address_is_given() -> None:
    assert (DmarcSettings().reports_from, DmarcSettings().reports_to, DmarcSettings().domain) == ("", (), "")


@pytest.mark.parametrize(
    "address", ["ours.example", "a b@ours.example", "<a@ours.example>", "a@ours.example\n", "ü@x.example"]
)
def test_an_address_is_one_that_can_stand_in_a_header(address: str) -> None:
    with pytest.raises(ValidationError, match="is not an address"):
        DmarcSettings(reports_from=address)
    with pytest.raises(ValidationError, match="is not an address"):
        DmarcSettings(reports_to=(address,))


def test_an_address_is_at_a_domain_that_mail_is_taken_for() -> None:
    settings = {"domain": [{"name": "Ours.example"}, {"name": "*"}]}
    good = Settings.model_validate({**settings, "dmarc": {"reports_from": "Reports@Ours.example"}})
    assert (good.dmarc.reports_from, good.dmarc.domain) == ("reports@ours.example", "ours.example")
    for key, value in (("reports_from", "a@other.example"), ("reports_to", ["a@other.example"])):
        with pytest.raises(ValidationError, match=r"a@other\.example is at none of the named domains"):
            Settings.model_validate({**settings, "dmarc": {key: value}})
