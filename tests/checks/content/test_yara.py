"""The administrator's YARA rules: compiled or faulty in one sentence, and what they match."""

from __future__ import annotations

from pathlib import Path

import pytest

from gatepost.checks.content.formats.format import Seen, Trait
from gatepost.checks.content.yara import MAX_MATCHES, Compiled, Faulty, FaultyRules, compiled, matcher
from gatepost.checks.content.yara_settings import YaraSettings
from gatepost.checks.facts import Content, Facts
from gatepost.checks.finding import Result, Stage

FACTS = Facts(session="7zq4k0v3m8x2a", client="192.0.2.7", role="inbound", relay=False)
LIGHTHOUSE = 'rule Lighthouse { strings: $a = "lighthouse" condition: $a }\n'
ENDLESS = (
    "rule Endless { condition: for all i in (0..filesize) : (for all j in (0..100000000) : (j + i >= 0)) }"
)


def rules(folder: Path, **sources: str) -> Compiled | Faulty:
    paths = []
    for name, source in sources.items():
        paths.append(folder / f"{name}.yar")
        paths[-1].write_text(source)
    return compiled(YaraSettings(rules=tuple(paths), seconds=1))


def seen(made: Compiled | Faulty, file: bytes) -> list[Seen]:
    assert isinstance(made, Compiled)
    return list(matcher(made.octets, made.seconds)(file))


def test_what_matches_is_named_with_its_file_of_rules(tmp_path: Path) -> None:
    made = rules(tmp_path, coast=LIGHTHOUSE, sea=LIGHTHOUSE.replace("Lighthouse", "Other"))
    assert isinstance(made, Compiled)
    assert made.count == 2
    assert seen(made, b"the lighthouse") == [
        Seen(Trait.YARA, "the YARA rule Lighthouse of coast matches"),
        Seen(Trait.YARA, "the YARA rule Other of sea matches"),
    ]
    assert seen(made, b"the foghorn") == []


def test_an_include_is_looked_for_beside_the_file_that_names_it(tmp_path: Path) -> None:
    (tmp_path / "more.yar").write_text(LIGHTHOUSE)
    made = rules(tmp_path, index='include "more.yar"')
    assert [each.trait for each in seen(made, b"lighthouse")] == [Trait.YARA]


@pytest.mark.parametrize(
    ("source", "line", "words"),
    [
        ("rule A {\n condition: foo }", 2, "unknown identifier `foo`"),
        (LIGHTHOUSE + LIGHTHOUSE, 2, "duplicate rule `Lighthouse`"),
        ("\n\nrule A { condition: }", 3, "syntax error"),
        ("rule A { strings: $a = /(/ condition: $a }", 1, "invalid regular expression"),
    ],
)
def test_a_faulty_rule_is_told_in_one_sentence_with_file_and_line(
    source: str, line: int, words: str, tmp_path: Path
) -> None:
    made = rules(tmp_path, good=LIGHTHOUSE, bad=source)
    assert isinstance(made, Faulty)
    assert made.sentence.startswith(f"{tmp_path}/bad.yar, line {line}: {words}")
    assert "\n" not in made.sentence


def test_a_fault_in_what_is_included_is_told_of_that_file(tmp_path: Path) -> None:
    (tmp_path / "more.yar").write_text("\nrule A { condition: foo }")
    made = rules(tmp_path, index='include "more.yar"')
    assert isinstance(made, Faulty)
    assert "more.yar, line 2: unknown identifier" in made.sentence


def test_rules_that_cannot_be_read_are_faulty(tmp_path: Path) -> None:
    made = compiled(YaraSettings(rules=(tmp_path / "gone.yar",)))
    assert made == Faulty(f"the rules in {tmp_path}/gone.yar cannot be read: No such file or directory")
    (tmp_path / "latin.yar").write_bytes(b"// \xe9\n")
    made = compiled(YaraSettings(rules=(tmp_path / "latin.yar",)))
    assert made == Faulty(f"the rules in {tmp_path}/latin.yar cannot be read: they are not UTF-8")


def test_a_rule_that_takes_too_long_leaves_the_file_unseen(tmp_path: Path) -> None:
    assert seen(rules(tmp_path, slow=ENDLESS), b"x" * 1000) == [
        Seen(Trait.UNSEEN, "matching the YARA rules took more than 1 s")
    ]


def test_of_very_many_matches_some_are_told(tmp_path: Path) -> None:
    many = "".join(LIGHTHOUSE.replace("Lighthouse", f"R{n}") for n in range(200))
    assert len(seen(rules(tmp_path, many=many), b"lighthouse")) == MAX_MATCHES


def test_many_files_one_after_the_other_are_matched(tmp_path: Path) -> None:
    made = rules(tmp_path, coast=LIGHTHOUSE)
    assert isinstance(made, Compiled)
    matching = matcher(made.octets, 1)
    assert all(list(matching(b"lighthouse")) for _ in range(1000))


def test_faulty_rules_are_an_outage_on_each_message() -> None:
    [finding] = FaultyRules(Faulty("x.yar, line 1: no")).look(Stage.CONTENT, FACTS, Content(0))
    assert (finding.result, finding.what) == (Result.UNAVAILABLE, "yara-unavailable")
    assert finding.evidence[0].words() == "YARA could not be asked: x.yar, line 1: no"
