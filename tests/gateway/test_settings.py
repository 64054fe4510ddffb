"""Settings: the defaults of a first start, files as people write them, and errors that say what to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from gatepost.gateway.settings import Settings, SettingsError, host_and_port, load


def _load(tmp_path: Path, text: str) -> Settings:
    path = tmp_path / "gatepost.toml"
    path.write_text(text)
    return load(path)


def _faults(tmp_path: Path, text: str) -> str:
    with pytest.raises(SettingsError) as raised:
        _load(tmp_path, text)
    return str(raised.value)


def test_without_settings_it_listens_on_loopback_and_knows_no_next_hop(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    settings = load(None)
    assert [listener.address for listener in settings.listener] == ["127.0.0.1:2525"]
    assert settings.web.address == "127.0.0.1:8025"
    assert settings.data_dir == Path("gatepost-data")
    assert [(domain.name, domain.next_hop) for domain in settings.domain] == [("*", ())]


def test_the_smallest_useful_file_is_read(tmp_path: Path) -> None:
    settings = _load(
        tmp_path,
        """
        data_dir = "/var/lib/gatepost"

        [[listener]]
        role = "inbound"
        address = "0.0.0.0:25"
        tls = { certificate = "/etc/gatepost/fullchain.pem", key = "/etc/gatepost/key.pem" }

        [[domain]]
        name = "example.org"
        next_hop = ["10.0.0.5:25", "lmtp:unix:/run/dovecot/lmtp"]

        [web]
        address = "127.0.0.1:8025"
        """,
    )
    assert settings.data_dir == Path("/var/lib/gatepost")
    assert settings.listener[0].tls is not None
    assert settings.domain[0].next_hop == ("10.0.0.5:25", "lmtp:unix:/run/dovecot/lmtp")


def test_a_data_dir_that_is_relative_is_taken_from_the_folder_of_the_file(tmp_path: Path) -> None:
    assert _load(tmp_path, 'data_dir = "mail"').data_dir == tmp_path / "mail"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('dat_dir = "x"', "dat_dir is not a setting; did you mean 'data_dir'?"),
        (
            "[reception]\nmax_recipiens = 5",
            "reception.max_recipiens is not a setting; did you mean 'max_recipients'?",
        ),
        ('[[listener]]\nadress = "1"', "listener number 1.adress is not a setting; did you mean 'address'?"),
        ("[zzz]\nx = 1", "zzz is not a setting; known here: checks, data_dir, "),
        (
            "[reception]\nmax_errors = 0",
            "reception.max_errors: Input should be greater than or equal to 1 (given: 0)",
        ),
        ("[checks.virus]", "checks.virus.address is missing"),
        ('[[listener]]\naddress = "25"', "'25' is not an address and port"),
        ('[[domain]]\nname = "a.test"\nnext_hop = ["10.0.0.5:0"]', "'0' is not a port"),
        ('[[domain]]\nname = "a.test"\n[[domain]]\nname = "A.test"', "named twice"),
        ("[[listener]]\n[[listener]]", "two listeners have the address 127.0.0.1:2525"),
        ('[web]\naddress = "0.0.0.0:8025"', "is not on loopback"),
        (
            '[checks.identity]\nsealer = "a.test"\n[[domain]]\nname = "a.test"',
            "no [[domain]] a.test has a dkim key; make one with `gatepost dkim new a.test`",
        ),
        ("listener = []", "at least one [[listener]]"),
        ("data_dir = ", "not TOML"),
    ],
)
def test_a_bad_file_says_what_is_wrong_and_what_to_do(tmp_path: Path, text: str, says: str) -> None:
    assert says in _faults(tmp_path, text)


def test_all_faults_of_a_file_are_named_at_once(tmp_path: Path) -> None:
    faults = _faults(tmp_path, 'dat_dir = "x"\nworkers = -1\n[reception]\nmax_errors = 0\n')
    assert len(faults.splitlines()) == 3


def test_a_missing_file_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="No such file"):
        load(tmp_path / "none.toml")


@pytest.mark.parametrize(
    ("text", "parts"), [("127.0.0.1:25", ("127.0.0.1", 25)), ("[::1]:2525", ("::1", 2525))]
)
def test_an_address_and_port_are_read(text: str, parts: tuple[str, int]) -> None:
    assert host_and_port(text) == parts
