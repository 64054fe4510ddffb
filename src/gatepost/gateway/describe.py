"""The settings in words: an annotated file to start from, and the reference page, both from the models.

Pure; the models' field descriptions are the only text, so file, page and code cannot disagree.
"""

from __future__ import annotations

import textwrap
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any, Final, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from gatepost.gateway.settings import ListenerSettings, Settings, model_of

_WIDTH: Final = 100
_INTRODUCTION: Final = (
    "One TOML file: `gatepost run -c gatepost.toml`. This page is generated from the code; `gatepost init` "
    "writes a file to start from, `gatepost check` reads yours."
)
_LISTS: Final = {"listener", "domain"}


def starting_file(domain: str, next_hop: str, listen: str) -> str:
    """Give a settings file for one domain, with everything else that can be set beside its default, as comments."""
    lines = [
        "# Settings of Gatepost. Lines that begin with # show the defaults.",
        "# After a change: gatepost check, then gatepost reload.",
        "",
        *_comment(_field(Settings, "data_dir").description or ""),
        'data_dir = "gatepost-data"',
        "",
    ]
    lines += _plain(Settings, skip={"data_dir", *_LISTS})
    lines += ["", "[[listener]]", *_values(ListenerSettings, {"address": listen})]
    lines += ["", "[[domain]]"]
    lines += [*_comment("The domain whose mail is taken from anyone."), f'name = "{domain}"']
    lines += [
        *_comment('Where it goes, tried in order. More: "lmtp:127.0.0.1:24", "lmtp:unix:/run/dovecot/lmtp".')
    ]
    lines += [f'next_hop = ["{next_hop}"]']
    for name, field in Settings.model_fields.items():
        model = _model(field)
        if model is not None and name not in _LISTS:
            lines += _section(name, model)
    return "\n".join(lines) + "\n"


def reference() -> str:
    """Give the reference page of all settings, in Markdown."""
    parts = [
        "# Settings",
        "",
        _INTRODUCTION,
    ]
    parts += _table("At the top", Settings, skip=_LISTS)
    for name, field in Settings.model_fields.items():
        model = model_of(field.annotation)
        if model is not None:
            parts += _tables(f"[[{name}]]" if name in _LISTS else f"[{name}]", name, model)
    return "\n".join(parts) + "\n"


def _tables(title: str, path: str, model: type[BaseModel]) -> list[str]:
    parts = _table(f"`{title}`", model)
    for name, field in model.model_fields.items():
        inner = model_of(field.annotation)
        if inner is not None:
            place, title = _place(f"{path}.{name}", field)
            parts += _tables(title, place, inner)
    return parts


def _place(path: str, field: FieldInfo) -> tuple[str, str]:
    """Name the table that a field's part is written in, and write it as TOML does."""
    if get_origin(field.annotation) is dict:
        return f"{path}.NAME", f"[{path}.NAME]"
    return path, f"[[{path}]]" if get_origin(field.annotation) is tuple else f"[{path}]"


def _table(title: str, model: type[BaseModel], skip: Collection[str] = ()) -> list[str]:
    rows = [
        f"| `{name}` | {_default(field)} | {(field.description or '').replace('|', '&#124;')} |"
        for name, field in model.model_fields.items()
        if _model(field) is None and name not in skip
    ]
    if not rows:
        return []
    return ["", f"## {title}", "", "| setting | default | what it is |", "| --- | --- | --- |", *rows]


def _section(path: str, model: type[BaseModel]) -> Iterator[str]:
    optional = any(field.is_required() for field in model.model_fields.values())
    plain = _plain(model, skip=())
    if plain:
        yield from ("", f"# [{path}]" if optional else f"[{path}]", *plain)
    for name, field in model.model_fields.items():
        inner = _model(field)
        if inner is not None:
            yield from _section(f"{path}.{name}", inner)


def _plain(model: type[BaseModel], skip: Collection[str]) -> list[str]:
    lines: list[str] = []
    for name, field in model.model_fields.items():
        if name not in skip and _model(field) is None:
            lines += [*_comment(field.description or ""), f"# {name} = {_toml(_value(field))}"]
    return lines


def _values(model: type[BaseModel], given: dict[str, str]) -> Iterator[str]:
    for name, field in model.model_fields.items():
        yield from _comment(field.description or "")
        if name in given:
            yield f'{name} = "{given[name]}"'
        elif name == "tls":
            yield '# tls = { certificate = "/etc/gatepost/fullchain.pem", key = "/etc/gatepost/key.pem" }'
        else:
            yield f"# {name} = {_toml(_value(field))}"


def _field(model: type[BaseModel], name: str) -> FieldInfo:
    return model.model_fields[name]


def _value(field: FieldInfo) -> Any:
    if field.default is PydanticUndefined:
        return None
    return field.default


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    if field.default_factory is not None:
        return "this machine's name"
    value = _value(field)
    return "" if value is None else f"`{_toml(value)}`"


def _toml(value: Any) -> str:
    match value:
        case bool():
            return str(value).lower()
        case int():
            return f"{value:_}" if value >= 10_000 else str(value)
        case float():
            return f"{value:g}"
        case str() | Path():
            return f'"{value}"'
        case tuple():
            return "[" + ", ".join(map(_toml, value)) + "]"
        case dict():
            return (
                "{ " + ", ".join(f'"{key}" = {_toml(inner)}' for key, inner in value.items()) + " }"
                if value
                else "{}"
            )
        case None:
            return '"…"'
        case _:
            raise TypeError(f"no TOML form for {value!r}")


def _comment(text: str) -> list[str]:
    return [f"# {line}" for line in textwrap.wrap(text, _WIDTH)]


def _model(field: FieldInfo) -> type[BaseModel] | None:
    """Find the model of a field that is one table; of a list of tables, or keys of one's own, there is none."""
    return None if get_origin(field.annotation) in {dict, tuple} else model_of(field.annotation)
