"""Read the tables of knowledge, and keep them compiled as Python keeps its own modules.

Reading all of the TOML takes longer than a command may take to start. So the result is put into `__pycache__`
beside the tables, marked with the names, sizes and times of what it was made from, and made again when one of these
changes. Where that folder cannot be written, every start reads the tables: slower, and nothing else.
Knows the form of the tables; knows nothing of what is done with them.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final, TypeVar

import msgspec
from msgspec import Raw, Struct

from gatepost.reply.knowledge import Cause, Code, Enhanced, Mark, Rule, Speaker, Tables
from gatepost.reply.knowledge.hints import hints
from gatepost.reply.words import Index, index

HERE: Final = Path(__file__).parent
_WORDS: Final = "words"
_SPEAKERS: Final = ("providers", "mtas", "lists")

S = TypeVar("S")


class _SpeakerFile(Struct, frozen=True, forbid_unknown_fields=True):
    title: str
    marks: str = ""
    enhanced: dict[str, Enhanced] = {}
    rule: tuple[Rule, ...] = ()


class _WordsFile(Struct, frozen=True, forbid_unknown_fields=True):
    rule: tuple[Rule, ...]


class _Circumstances(Struct, frozen=True, forbid_unknown_fields=True):
    mark: tuple[Mark, ...]


class _Registry(Struct, frozen=True, forbid_unknown_fields=True):
    codes: dict[str, Enhanced]


class _Kept(Struct, frozen=True):
    made_from: str
    tables: Tables


def load(folder: Path = HERE) -> Tables:
    """Give the tables of a folder, compiled before or now. Raises ValueError for a table with a fault."""
    made_from = _state(folder)
    kept = folder / "__pycache__" / "knowledge.msgpack"
    with contextlib.suppress(OSError, msgspec.MsgspecError):
        found = msgspec.msgpack.decode(kept.read_bytes(), type=_Kept)
        if found.made_from == made_from:
            return found.tables
    tables = build(folder)
    with contextlib.suppress(OSError):
        _replace(kept, msgspec.msgpack.encode(_Kept(made_from, tables)))
    return tables


def build(folder: Path = HERE) -> Tables:
    """Read all tables of a folder. Raises ValueError, which names the file, for a table with a fault."""
    rules: list[Rule] = []
    marks = list(_read(folder / "circumstances.toml", _Circumstances).mark)
    speakers: dict[str, Raw] = {}
    for path in _tables(folder, _SPEAKERS):
        file = _read(path, _SpeakerFile)
        name = path.stem
        if name in speakers:
            raise ValueError(f"{path}: there are two files of this name")
        speakers[name] = _packed(Speaker(file.title, file.enhanced))
        if file.marks:
            marks.append(Mark(file.marks, speaker=name))
        rules.extend(msgspec.structs.replace(rule, speaker=name) if rule.here else rule for rule in file.rule)
    for path in _tables(folder, (_WORDS,)):
        rules.extend(_read(path, _WordsFile).rule)
    codes = _read(folder / "registry/codes.toml", dict[str, Code])
    return Tables(
        causes=_packed(_read(folder / "causes.toml", dict[str, Cause])),
        codes=_packed({int(code): value for code, value in codes.items()}),
        enhanced=_packed(_read(folder / "registry/enhanced.toml", _Registry).codes),
        speakers=speakers,
        rules=tuple(map(_packed, rules)),
        marks=tuple(map(_packed, marks)),
        index={first: _packed(others) for first, others in _index((*rules, *marks)).items()},
        hints={word: _packed(causes) for word, causes in hints(rules).items()},
    )


def _packed(value: object) -> Raw:
    return Raw(msgspec.msgpack.encode(value))


def _index(known: Iterable[Rule | Mark]) -> Index[int]:
    return index(
        (phrase, number) for number, value in enumerate(known) for phrase in value.phrases.split(",")
    )


def _read(path: Path, shape: type[S]) -> S:
    import tomllib  # seldom needed, and a command that starts has no time for it

    try:
        return msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), shape)
    except (msgspec.ValidationError, tomllib.TOMLDecodeError) as fault:
        raise ValueError(f"{path}: {fault}") from fault


def _tables(folder: Path, parts: Iterable[str]) -> Iterator[Path]:
    for part in parts:
        yield from sorted((folder / part).glob("*.toml"))


def _state(folder: Path) -> str:
    """Tell a state of the tables, and of the modules that give them their shape, from another one."""
    seen = []
    for part in ("", "registry", _WORDS, *_SPEAKERS):
        with contextlib.suppress(FileNotFoundError), os.scandir(folder / part) as found:
            for entry in found:
                if entry.name.endswith((".toml", ".py")):
                    about = entry.stat()
                    seen.append(f"{part}/{entry.name} {about.st_size} {about.st_mtime_ns}")
    return "\n".join(sorted(seen))


def _replace(path: Path, content: bytes) -> None:
    """Write a file whole or not at all, whoever else writes it at the same time."""
    import tempfile  # as tomllib above

    path.parent.mkdir(exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
        try:
            file.write(content)
            file.close()
            os.chmod(file.name, 0o644)  # noqa: PTH101 - the file's own mode lets nobody else read it
            os.replace(file.name, path)  # noqa: PTH105
        except OSError:
            os.unlink(file.name)  # noqa: PTH108
            raise
