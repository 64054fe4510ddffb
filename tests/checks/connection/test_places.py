"""Places come from MMDB files; a file that is replaced is opened anew, one that is missing or damaged says so."""

from __future__ import annotations

from ipaddress import ip_address
from pathlib import Path

from gatepost.checks.connection.places import LOOK_EVERY, Place, Places
from tests.checks.connection.mmdb import write

GERMAN = {"country": {"iso_code": "DE"}}
FRENCH = {"registered_country": {"iso_code": "FR"}}
NETWORK = {"autonomous_system_number": 64496, "autonomous_system_organization": "Example Networks"}


def test_a_place_is_put_together_from_all_files(tmp_path: Path) -> None:
    write(tmp_path / "c.mmdb", {"203.0.113.0/24": GERMAN, "2001:db8::/32": FRENCH})
    write(tmp_path / "n.mmdb", {"203.0.113.0/25": NETWORK})
    places = Places((tmp_path / "c.mmdb", tmp_path / "n.mmdb"), lambda: 0.0)
    assert places.of(ip_address("203.0.113.7")) == (Place("DE", "AS64496", "Example Networks"), ())
    assert places.of(ip_address("203.0.113.200")) == (Place("DE"), ())
    assert places.of(ip_address("2001:db8::7")) == (Place("FR"), ())
    assert places.of(ip_address("198.51.100.1")) == (Place(), ())
    places.close()


def test_a_file_that_knows_ipv4_only_knows_nothing_of_ipv6(tmp_path: Path) -> None:
    write(tmp_path / "c.mmdb", {"203.0.113.0/24": GERMAN}, version=4)
    places = Places((tmp_path / "c.mmdb",), lambda: 0.0)
    assert places.of(ip_address("2001:db8::7")) == (Place(), ())
    assert places.of(ip_address("203.0.113.7")) == (Place("DE"), ())


def test_a_file_that_is_replaced_is_opened_anew_after_a_while(tmp_path: Path) -> None:
    now, path = [0.0], tmp_path / "c.mmdb"
    write(path, {"203.0.113.0/24": GERMAN})
    places = Places((path,), lambda: now[0])
    assert places.of(ip_address("203.0.113.7"))[0].country == "DE"
    write(path, {"203.0.113.0/24": FRENCH, "198.51.100.0/24": GERMAN})
    assert places.of(ip_address("203.0.113.7"))[0].country == "DE"
    now[0] += LOOK_EVERY
    assert places.of(ip_address("203.0.113.7"))[0].country == "FR"


def test_a_file_that_goes_bad_does_not_end_what_is_open(tmp_path: Path) -> None:
    now, path = [0.0], tmp_path / "c.mmdb"
    write(path, {"203.0.113.0/24": GERMAN})
    places = Places((path,), lambda: now[0])
    assert places.of(ip_address("203.0.113.7"))[0].country == "DE"
    for damage in (lambda: path.unlink(), lambda: path.write_text("no database")):
        damage()
        now[0] += LOOK_EVERY
        assert places.of(ip_address("203.0.113.7")) == (Place("DE"), ())


def test_a_file_that_cannot_be_read_is_a_reason_until_it_can(tmp_path: Path) -> None:
    now, path = [0.0], tmp_path / "c.mmdb"
    places = Places((path,), lambda: now[0])
    assert places.of(ip_address("203.0.113.7")) == (Place(), ((str(path), "No such file or directory"),))
    path.write_text("no database")
    now[0] += LOOK_EVERY
    ((_, reason),) = places.of(ip_address("203.0.113.7"))[1]
    assert "MaxMind DB" in reason
    write(path, {"203.0.113.0/24": GERMAN})
    now[0] += LOOK_EVERY
    assert places.of(ip_address("203.0.113.7")) == (Place("DE"), ())


def test_entries_of_a_strange_form_are_nothing(tmp_path: Path) -> None:
    path = tmp_path / "c.mmdb"
    write(path, {"203.0.113.0/24": {"country": "DE", "autonomous_system_number": "x"}})
    assert Places((path,), lambda: 0.0).of(ip_address("203.0.113.7")) == (Place(), ())
