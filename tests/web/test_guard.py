from __future__ import annotations

import http.client

import pytest

from gatepost.web.guard import MAX_TARGET, host_name
from tests.web.conftest import Site


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ("localhost", "localhost"),
        ("LOCALHOST:8025", "localhost"),
        ("127.0.0.1:80", "127.0.0.1"),
        ("[::1]:8025", "::1"),
        ("::1", "::1"),
        ("gate.example.", "gate.example"),
        ("", ""),
        ("a:b:c", "a:b:c"),
    ],
)
def test_the_port_is_taken_off_a_host(given: str, name: str) -> None:
    assert host_name(given) == name


@pytest.mark.parametrize("host", ["localhost:8025", "127.0.0.1", "[::1]:8025", "192.0.2.1", "192.0.2.1:8025"])
def test_names_of_loopback_and_the_configured_address_are_answered(site: Site, host: str) -> None:
    assert site.get("/replies", fields={"Host": host})[0] == 200


@pytest.mark.parametrize(
    "host", ["rebound.example", "127.0.0.1.rebound.example", "localhost.rebound.example:8025", "192.0.2.2"]
)
@pytest.mark.parametrize("path", ["/", "/events", "/static/style.css", "/held"])
def test_a_name_that_a_stranger_points_at_us_is_refused(site: Site, host: str, path: str) -> None:
    status, _, page = site.get(path, fields={"Host": host})
    assert status == 421
    assert "partner.example" not in page
    assert "<h1>Not the name of this page</h1>" in page


def test_a_request_without_a_host_is_refused(site: Site) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", site.port, timeout=20)
    connection._http_vsn, connection._http_vsn_str = 10, "HTTP/1.0"  # type: ignore[attr-defined]
    connection.putrequest("GET", "/", skip_host=True)
    connection.endheaders()
    assert connection.getresponse().status == 421
    connection.close()


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
@pytest.mark.parametrize("path", ["/", "/held", "/static/style.css", "/nothing"])
def test_only_reading_is_allowed(site: Site, method: str, path: str) -> None:
    status, fields, _ = site.get(path, method)
    assert status == 405
    assert fields["allow"] == "GET, HEAD"


def test_head_is_answered_without_a_page(site: Site) -> None:
    status, _, page = site.get("/replies", "HEAD")
    assert (status, page) == (200, "")


@pytest.mark.parametrize("path", ["/", "/replies", "/nothing", "/static/style.css", "/static/nothing"])
def test_every_answer_forbids_what_it_does_not_need(site: Site, path: str) -> None:
    _, fields, _ = site.get(path)
    policy = fields["content-security-policy"]
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert fields["x-content-type-options"] == "nosniff"
    assert fields["cache-control"]


def test_an_endless_address_is_refused(site: Site) -> None:
    assert site.get("/explain?q=" + "x" * MAX_TARGET)[0] == 414
