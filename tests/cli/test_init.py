from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from gatepost.cli.init import init
from gatepost.gateway.settings import load


def run(*arguments: str) -> Result:
    return CliRunner().invoke(init, arguments)


def test_the_file_that_is_written_can_be_used_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "gatepost.toml"
    done = run(
        *(
            "--domain",
            "example.org",
            "--next-hop",
            "10.0.0.5:25",
            "--listen",
            "127.0.0.1:2526",
            "-o",
            str(path),
        )
    )
    assert done.exit_code == 0
    assert f"gatepost check -c {path}" in done.output
    settings = load(path)
    assert [domain.name for domain in settings.domain] == ["example.org"]
    assert settings.domain[0].next_hop == ("10.0.0.5:25",)
    assert settings.listener[0].address == "127.0.0.1:2526"


def test_a_file_that_is_there_is_kept_unless_forced(tmp_path: Path) -> None:
    path = tmp_path / "gatepost.toml"
    path.write_text("mine")
    asked = ("--domain", "example.org", "--next-hop", "lmtp:127.0.0.1:24", "-o", str(path))
    refused = run(*asked)
    assert refused.exit_code == 2
    assert "is there already; add --force" in refused.stderr
    assert path.read_text() == "mine"
    assert run(*asked, "--force").exit_code == 0
    assert load(path).domain[0].next_hop == ("lmtp:127.0.0.1:24",)


@pytest.mark.parametrize(
    ("option", "value", "words"),
    [
        ("--domain", "not a domain", "not a domain"),
        ("--next-hop", "10.0.0.5:many", "is not a port"),
        ("--next-hop", "mx", "not offered yet"),
        ("--listen", "everywhere", "write them like"),
    ],
)
def test_what_cannot_be_used_is_refused_in_one_sentence_before_anything_is_written(
    option: str, value: str, words: str, tmp_path: Path
) -> None:
    asked = {"--domain": "example.org", "--next-hop": "10.0.0.5:25", "-o": str(tmp_path / "out")}
    asked[option] = value
    done = run(*[word for pair in asked.items() for word in pair])
    assert done.exit_code == 2
    assert words in done.stderr
    assert done.stderr.rpartition("Error: ")[2].count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_a_folder_that_is_not_there_is_said_in_one_sentence(tmp_path: Path) -> None:
    done = run("--domain", "example.org", "--next-hop", "10.0.0.5", "-o", str(tmp_path / "no/such/file"))
    assert done.exit_code in (1, 2)
    assert "Error: " in done.stderr
    assert done.exception is None or isinstance(done.exception, SystemExit)
