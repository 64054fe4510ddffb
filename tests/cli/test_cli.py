"""The verbs: all are found, each is imported only when it is asked for, and what is wrong is said with status 2."""

from __future__ import annotations

import subprocess
import sys

import pytest
from click.testing import CliRunner

from gatepost import __version__
from gatepost.cli import VERBS, main


def test_help_names_every_verb_and_says_what_to_try_first() -> None:
    shown = CliRunner().invoke(main, ["--help"])
    assert shown.exit_code == 0
    assert all(f"  {verb} " in shown.output for verb in VERBS)
    assert "gatepost demo" in shown.output


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_has_help(verb: str) -> None:
    shown = CliRunner().invoke(main, [verb, "--help"])
    assert shown.exit_code == 0
    assert f"Usage: main {verb}" in shown.output


def test_the_version_is_told() -> None:
    assert CliRunner().invoke(main, ["--version"]).output == f"gatepost, version {__version__}\n"


@pytest.mark.parametrize("arguments", [["fnord"], ["run", "--fnord"], ["init"]])
def test_wrong_usage_has_status_2_and_goes_to_stderr(arguments: list[str]) -> None:
    done = CliRunner().invoke(main, arguments)
    assert done.exit_code == 2
    assert done.stdout == ""
    assert "Error: " in done.stderr


def test_a_verb_imports_nothing_of_the_others() -> None:
    program = (
        "import sys; from gatepost.cli import main; main(['explain', '550'], standalone_mode=False);"
        "print(sorted({'uvloop', 'apsw', 'pydantic', 'starlette', 'asyncio'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=30, check=True
    )
    assert done.stdout.splitlines()[-1] == "[]"
