"""Lists of domains are named as lists of clients are, and what makes no sense is refused in words."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from gatepost.checks.content.links_settings import LinkListSettings, LinksSettings
from gatepost.checks.settings import ChecksSettings


def a_list(**of: Any) -> LinkListSettings:
    return LinkListSettings.model_validate({"zone": "uri.example", **of})


def test_a_list_has_its_name_and_its_test_points() -> None:
    assert (a_list().label, a_list(name="URI").label) == ("uri.example", "URI")
    assert a_list().test_names == ("test", "invalid")
    assert a_list(test_listed="DBLtest.com.").test_names == ("dbltest.com", "invalid")


@pytest.mark.parametrize(
    ("of", "versions"),
    [
        ({}, (0,)),
        ({"addresses": True}, (0, 4)),
        ({"domains": False, "hosts": True}, (0,)),
        ({"domains": False, "addresses": True}, (4,)),
    ],
)
def test_a_list_is_watched_for_what_it_is_asked_about(of: dict[str, bool], versions: tuple[int, ...]) -> None:
    assert a_list(**of).versions == versions


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"list": [{"zone": "not a zone"}]}, "is no domain"),
        ({"list": [{"zone": "a.test", "domains": False}]}, "is asked about nothing"),
        ({"list": [{"zone": "a.test"}, {"zone": "a.test"}]}, "two lists are called a.test"),
        ({"list": [{"zone": "a.test", "code": [{"codes": "8", "weight": 1}]}]}, "names no codes"),
        ({"shorteners": ["not a host"]}, "is no domain"),
    ],
)
def test_what_makes_no_sense_is_refused_in_words(settings: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        LinksSettings.model_validate(settings)


def test_domains_are_kept_as_dns_has_them() -> None:
    settings = LinksSettings.model_validate({"unasked": ["M\u00dcNCHEN.example"]})
    assert settings.unasked == ("xn--mnchen-3ya.example",)


def test_lists_of_clients_and_of_domains_are_called_apart() -> None:
    same = {"dnsbl": {"list": [{"zone": "bl.test"}]}, "links": {"list": [{"zone": "bl.test"}]}}
    with pytest.raises(ValidationError, match=r"are both called bl\.test"):
        ChecksSettings.model_validate(same)
