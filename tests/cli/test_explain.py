from __future__ import annotations

import json
import subprocess
import sys

from click.testing import CliRunner, Result

from gatepost.cli.explain import explain


def run(*arguments: str) -> Result:
    return CliRunner().invoke(explain, arguments)


def piped(octets: bytes, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "gatepost", "explain", *arguments]
    done = subprocess.run(command, input=octets, capture_output=True, timeout=30, check=False)
    return subprocess.CompletedProcess(command, done.returncode, done.stdout.decode(), done.stderr.decode())


def test_a_code_is_explained_with_its_causes_and_our_own_use_of_it() -> None:
    done = run("550")
    assert done.exit_code == 0
    assert done.output.startswith("550  permanent")
    for words in ("It commonly stands for", "user_unknown", "ip_blocklist", "relay-denied", "Beware"):
        assert words in done.output


def test_every_code_of_the_protocol_is_explained() -> None:
    for code in range(200, 600):
        assert run(str(code)).exit_code == 0


def test_an_enhanced_code_is_explained_with_what_providers_make_of_it() -> None:
    output = run("5.7.27").output
    assert "null MX" in output
    assert "Gmail" in output


def test_an_enhanced_code_that_is_not_registered_is_said_to_be_so() -> None:
    assert "Not in the registry" in run("5.99.99").output


def test_a_reply_need_not_be_quoted() -> None:
    output = run("550", "5.1.1", "User", "unknown").output
    assert "user_unknown" in output
    assert "Decided by  User unknown" in output


def test_direction_changes_whose_move_it_is() -> None:
    text = "554 5.7.1 <x@example.org>: Relay access denied"
    assert "yours" in run(text, "--direction", "received").output
    assert "the sending side's" in run(text, "--direction", "sent").output
    assert "cannot be told" in run(text).output


def test_a_reply_of_ours_shows_what_either_side_does() -> None:
    output = run("550 5.7.1 <x@y>: this gateway does not take mail (relay-denied 7zq4k0v3m8x2a)").output
    assert "Sender" in output
    assert "relay_networks" in output


def test_json_is_one_object() -> None:
    told = json.loads(run("550 5.1.1 User unknown", "--json", "--stage", "rcpt").output)
    assert (told["cause"], told["stage"], told["class"]) == ("user_unknown", "rcpt", "permanent")


def test_standard_input_is_read_reply_by_reply() -> None:
    done = piped(b"550 5.1.1 User unknown\n\n452 4.2.2 mailbox full\n", "-", "--jsonl")
    assert [json.loads(line)["cause"] for line in done.stdout.splitlines()] == [
        "user_unknown",
        "",
        "mailbox_full",
    ]


def test_lines_fit_eighty_columns() -> None:
    for text in ("550", "421", "5.7.1", "451 4.7.1 Greylisting in action, please come back later"):
        assert max(map(len, run(text).output.splitlines())) <= 80


def test_control_characters_do_not_reach_the_terminal() -> None:
    assert "\x1b" not in run("550 \x1b[2J User unknown \x1b]0;x\x07").output


def test_a_number_that_is_no_code_is_wrong_usage() -> None:
    for text in ("999", "25", "100", " "):
        done = run(text)
        assert done.exit_code == 2
        assert "Error: " in done.stderr
