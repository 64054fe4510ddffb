from __future__ import annotations

import shutil
from pathlib import Path

import msgspec
import pytest

from gatepost.reply import knowledge
from gatepost.reply.knowledge import Speaker, Tables
from gatepost.reply.knowledge.compiled import HERE, build, load


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the tables, without what was kept."""
    copy = tmp_path / "knowledge"
    shutil.copytree(HERE, copy, ignore=shutil.ignore_patterns("__pycache__"))
    return copy


def kept(folder: Path) -> Path:
    return folder / "__pycache__" / "knowledge.msgpack"


def title(tables: Tables, speaker: str) -> str:
    return msgspec.msgpack.decode(tables.speakers[speaker], type=Speaker).title


def test_what_is_kept_is_what_was_built(folder: Path) -> None:
    assert load(folder) == build(folder)
    assert kept(folder).exists()
    assert load(folder) == build(folder)


def test_a_table_that_changed_is_read_again(folder: Path) -> None:
    load(folder)
    table = folder / "providers/yahoo.toml"
    table.write_text(table.read_text().replace('title = "Yahoo and AOL"', 'title = "Renamed"'))
    assert title(load(folder), "yahoo") == "Renamed"


def test_a_new_table_is_seen(folder: Path) -> None:
    load(folder)
    (folder / "mtas").mkdir(exist_ok=True)
    (folder / "mtas/newcomer.toml").write_text('title = "Newcomer"\nmarks = "newcomer says"\n')
    assert title(load(folder), "newcomer") == "Newcomer"


def test_what_is_kept_is_not_trusted_when_it_is_broken(folder: Path) -> None:
    load(folder)
    for broken in (b"", b"\xc1", kept(folder).read_bytes()[:-1]):
        kept(folder).write_bytes(broken)
        assert load(folder) == build(folder)


def test_a_folder_that_cannot_be_written_is_read_all_the_same(folder: Path) -> None:
    (folder / "__pycache__").write_text("a file where the folder would be")
    assert load(folder) == build(folder)


def test_a_kept_file_can_be_read_by_others(folder: Path) -> None:
    load(folder)
    assert kept(folder).stat().st_mode & 0o444 == 0o444
    assert [path.name for path in kept(folder).parent.iterdir()] == [kept(folder).name]


@pytest.mark.parametrize(
    "text",
    [
        "title = ",
        'titel = "a misspelt key"',
        '[[rule]]\ncause = "policy"\nphrases = "x y"\nsource = "s"\nexamples = []\nlevel = "loud"',
    ],
)
def test_a_fault_names_its_file(folder: Path, text: str) -> None:
    (folder / "words/policy.toml").write_text(text)
    with pytest.raises(ValueError, match=r"words/policy\.toml"):
        build(folder)


def test_two_speakers_of_one_name_are_a_fault(folder: Path) -> None:
    for part in ("providers", "lists"):
        (folder / part).mkdir(exist_ok=True)
        (folder / part / "twice.toml").write_text('title = "Twice"')
    with pytest.raises(ValueError, match="two files"):
        build(folder)


def test_the_index_leads_from_words_to_what_they_stand_for() -> None:
    values = (*knowledge.rules(), *knowledge.marks())
    for first in knowledge.tables().index:
        for rest, number in knowledge.phrases(first):
            assert knowledge.told_by(number) == values[number]
            written = [phrase.split() for phrase in values[number].phrases.split(",")]
            assert any(phrase[1:] == rest and first in phrase[0].split("|") for phrase in written)


def test_what_holds_only_for_one_speaker_knows_which() -> None:
    for rule in knowledge.rules():
        assert bool(rule.speaker) == rule.here
        assert not rule.speaker or rule.speaker in knowledge.speakers()


def test_a_speaker_with_rules_of_its_own_has_marks_to_be_known_by() -> None:
    marked = {mark.speaker for mark in knowledge.marks()}
    needed = {rule.speaker for rule in knowledge.rules() if rule.here}
    needed |= {name for name, speaker in knowledge.speakers().items() if speaker.enhanced}
    assert needed - marked == set()
