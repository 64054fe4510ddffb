"""The model in files: whole or not there, the newest known by one name, some earlier ones kept."""

from __future__ import annotations

from pathlib import Path

import pytest

from gatepost.checks.content.classifier.file import (
    CURRENT,
    FORM,
    KEPT,
    Loaded,
    NoModel,
    Version,
    resume,
    versions,
    write,
)
from gatepost.checks.content.classifier.learning import Learner, unpacked
from gatepost.checks.content.classifier.site import lesson
from tests.checks.content.classifier.letters import letter


def version(number: int, form: int = FORM) -> Version:
    return Version(form=form, number=number, made=1.0, spam=1, ham=0, records=1, digest="", checksum=0)


@pytest.fixture
def learner() -> Learner:
    made = Learner()
    made.learn(lesson(letter(True, 1)).features, True)
    return made


def test_a_model_judges_from_its_file_as_it_did_in_memory(tmp_path: Path, learner: Learner) -> None:
    written = write(tmp_path, version(1), learner)
    loaded = Loaded(tmp_path / CURRENT)
    features = unpacked(lesson(letter(True, 2)).features)
    assert loaded.version == written
    assert loaded.model.log_odds(features) == learner.model.log_odds(features) > 0


def test_learning_goes_on_from_a_version(tmp_path: Path, learner: Learner) -> None:
    write(tmp_path, version(1), learner)
    resumed = resume(tmp_path, 1)
    assert [*resumed.tables, *resumed.doubts] == [*learner.tables, *learner.doubts]


def test_the_newest_is_current_and_some_earlier_ones_are_kept(tmp_path: Path, learner: Learner) -> None:
    for number in range(1, KEPT + 3):
        write(tmp_path, version(number), learner)
    assert [each.number for each in versions(tmp_path)] == list(range(KEPT + 2, 2, -1))
    assert Loaded(tmp_path / CURRENT).version.number == KEPT + 2


def test_a_reader_keeps_what_it_has_while_a_new_version_is_written(tmp_path: Path, learner: Learner) -> None:
    write(tmp_path, version(1), learner)
    loaded = Loaded(tmp_path / CURRENT)
    write(tmp_path, version(2), Learner())
    features = unpacked(lesson(letter(True, 2)).features)
    assert loaded.model.log_odds(features) > 0
    assert Loaded(tmp_path / CURRENT).model.log_odds(features) == 0


def test_what_is_missing_cut_off_damaged_or_of_another_form_is_no_model(
    tmp_path: Path, learner: Learner
) -> None:
    path = tmp_path / CURRENT
    with pytest.raises(NoModel, match="cannot be read"):
        Loaded(path)
    write(tmp_path, version(1), learner)
    whole = path.read_bytes()
    for octets, why in (
        (whole[:-1], "cut off"),
        (whole[:-1] + b"\x01", "damaged"),
        (b"x" + whole[1:], "no model"),
    ):
        path.write_bytes(octets)
        with pytest.raises(NoModel, match=why):
            Loaded(path)
    write(tmp_path, version(2, form=FORM + 1), learner)
    with pytest.raises(NoModel, match="another version of Gatepost"):
        Loaded(path)
