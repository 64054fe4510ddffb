"""The reader for PDF: what it does by itself, what it holds, and where it leads.

qpdf (by pikepdf) reads the structure, object streams and damaged files included; what it cannot open at all is
searched as it stands. Text is not read: it is drawn, in fonts of the file's own.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from typing import Any, Final

import pikepdf

from gatepost.checks.content.formats.format import Budget, Link, Member, Seen, Sight, Trait

MAX_OBJECTS: Final = 100_000
MAX_DEPTH: Final = 30
"""Dictionaries within dictionaries that are looked into."""
MAX_PICTURES: Final = 20
_MAX_PICTURE: Final = 20_000_000
_RAW_ADDRESS: Final = re.compile(rb"/URI\s{0,20}\(((?:[^()\\]|\\.){1,2000})\)", re.DOTALL)
_RAW_WORDS: Final = (
    (b"/JavaScript", Trait.SCRIPT, "JavaScript"),
    (b"/Launch", Trait.LAUNCH, "an action that starts a program"),
    (b"/EmbeddedFile", Trait.EMBEDDED_OBJECT, "a file in the file"),
)
_SHOWN: Final = 120


def read_pdf(octets: bytes, budget: Budget) -> Iterator[Sight]:
    """Read a PDF; one that is encrypted with the passwords of the budget, and without any."""
    pdf = None
    for password in ("", *budget.passwords):
        try:
            pdf = pikepdf.open(io.BytesIO(octets), password=password)
            break
        except pikepdf.PasswordError:
            continue
        except pikepdf.PdfError as error:
            yield Seen(Trait.DAMAGED, f"a PDF that cannot be read: {error}")
            yield from _as_it_stands(octets)
            return
    if pdf is None:
        yield Seen(Trait.ENCRYPTED, "opens only with a password")
        return
    with pdf:
        if pdf.is_encrypted and pdf.user_password_matched and not pdf.owner_password_matched and password:
            yield Seen(Trait.ENCRYPTED, "opened with a word of the message")
        yield from _whole(pdf, budget)


def _whole(pdf: pikepdf.Pdf, budget: Budget) -> Iterator[Sight]:
    root = pdf.Root
    for name, words in (("/OpenAction", "when it is opened"), ("/AA", "at an event")):
        if name in root and _does(root[name]):
            yield Seen(Trait.LAUNCH, f"acts by itself {words}")
    pictures = 0
    for number, each in enumerate(pdf.objects):
        if number >= MAX_OBJECTS:
            yield Seen(Trait.UNSEEN, f"more than {MAX_OBJECTS:,} objects")
            return
        if not isinstance(each, pikepdf.Dictionary | pikepdf.Stream):
            continue
        for inner in _with_inner(each):
            yield from _actions(inner)
        if isinstance(each, pikepdf.Stream):
            if each.get("/Type") == "/EmbeddedFile" or "/Params" in each:
                yield Seen(Trait.EMBEDDED_OBJECT, "a file in the file")
                yield Member(_file_name(pdf, number), _unpacked(each, budget))
            elif each.get("/Subtype") == "/Image" and pictures < MAX_PICTURES:
                pictures += 1
                yield from _picture(each, pictures, budget)
        elif each.get("/Type") == "/Filespec" and each.get("/FS") == "/URL":
            yield Link(_text(each.get("/F")))


def _with_inner(whole: Any) -> Iterator[Any]:
    """Give an object and all dictionaries that stand in it itself; those it refers to come in their turn."""
    waiting = [(whole, 0)]
    while waiting:
        each, depth = waiting.pop()
        inner: list[Any] = []
        if isinstance(each, pikepdf.Dictionary | pikepdf.Stream):
            yield each
            inner = [each[key] for key in each.keys()]  # noqa: SIM118 - it is no mapping
        elif isinstance(each, pikepdf.Array):
            inner = list(each)
        if depth < MAX_DEPTH:
            waiting += [
                (one, depth + 1)
                for one in inner
                if isinstance(one, pikepdf.Dictionary | pikepdf.Array) and not one.is_indirect
            ]


def _actions(each: Any) -> Iterator[Sight]:
    """Tell what an action, an annotation or a form does: they are dictionaries with names of their own."""
    if "/JS" in each:
        yield Seen(Trait.SCRIPT, f"JavaScript: {_script(each['/JS'])}")
    if "/XFA" in each:
        yield Seen(Trait.FORM, "a form of its own kind (XFA)")
    if "/URI" in each and isinstance(each["/URI"], pikepdf.String):
        yield Link(_text(each["/URI"]))
    match str(each.get("/S", "")):
        case "/Launch":
            yield Seen(Trait.LAUNCH, f"starts {_target(each)}")
        case "/GoToR" | "/GoToE" | "/Thread" | "/ImportData":
            yield Seen(Trait.LAUNCH, f"opens {_target(each)}")
        case "/SubmitForm":
            target = _target(each)
            yield Seen(Trait.FORM, f"a form that is sent to {target}")
            yield Link(target)
        case _:
            pass
    if str(each.get("/Subtype", "")) in ("/RichMedia", "/3D", "/Movie", "/Screen"):
        yield Seen(Trait.EMBEDDED_OBJECT, f"{str(each['/Subtype'])[1:]} content")


def _does(action: Any) -> bool:
    """Tell whether an action does more than to show a page of the same file."""
    if not isinstance(action, pikepdf.Dictionary):
        return False
    kinds = {str(action.get("/S", ""))} | {
        str(inner.get("/S", "")) for inner in action.values() if isinstance(inner, pikepdf.Dictionary)
    }
    return bool(kinds & {"/JavaScript", "/Launch", "/GoToR", "/GoToE", "/SubmitForm", "/ImportData", "/URI"})


def _target(each: Any) -> str:
    target = each.get("/F", each.get("/Win", ""))
    if isinstance(target, pikepdf.Dictionary):
        target = target.get("/UF", target.get("/F", ""))
    return _text(target)[:_SHOWN] or "something"


def _script(script: Any) -> str:
    octets = script.read_bytes()[:4000] if isinstance(script, pikepdf.Stream) else bytes(script)
    return " ".join(octets.decode("utf-8", "replace").split())[:_SHOWN]


def _text(value: Any) -> str:
    return "" if value is None else str(value)


def _file_name(pdf: pikepdf.Pdf, number: int) -> str:
    """Give the name that a file specification has for the stream at a place among the objects."""
    stream = pdf.objects[number]
    for name, attached in pdf.attachments.items():
        try:
            if any(attached.obj["/EF"].get(key) == stream for key in ("/F", "/UF")):
                return str(attached.filename or name)
        except (KeyError, ValueError, pikepdf.PdfError):
            continue
    return f"object-{number + 1}"


def _unpacked(stream: pikepdf.Stream, budget: Budget) -> bytes:
    """Unpack a stream, paying for it; qpdf unpacks as a whole, within the memory that an inspector has."""
    return budget.gathered(iter([stream.read_bytes()]))


def _picture(stream: pikepdf.Stream, number: int, budget: Budget) -> Iterator[Sight]:
    """Give a picture as a file, to look for codes in it."""
    if int(stream.get("/Width", 0)) * int(stream.get("/Height", 0)) > _MAX_PICTURE:
        return
    target = io.BytesIO()
    try:
        extension = pikepdf.PdfImage(stream).extract_to(stream=target)
    except Exception:  # noqa: BLE001 - kinds of pictures that cannot be taken out are many, and none of them matters
        return
    yield Member(f"picture-{number}{extension}", budget.gathered(iter([target.getvalue()])))


def _as_it_stands(octets: bytes) -> Iterator[Sight]:
    for mark, trait, words in _RAW_WORDS:
        if mark in octets:
            yield Seen(trait, words)
    for address in _RAW_ADDRESS.findall(octets):
        yield Link(address.decode("latin-1"))
