"""Files made to break who looks into them: each ends within the limits, and the next message is looked into."""

from __future__ import annotations

import asyncio
import io
import lzma
import zipfile
import zlib

import pikepdf
import pytest
from PIL import Image

from gatepost.checks.content.formats.format import Trait
from gatepost.checks.content.inspection_settings import InspectionSettings
from gatepost.checks.content.inspector import Failed, File, Inspected
from gatepost.gateway.inspector import InspectorPool

LIMITS = InspectionSettings(seconds=10, memory=600_000_000, unpacked=64_000_000, unpacked_file=32_000_000)


def zipped(name: str, content: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr(name, content)
    return file.getvalue()


def pdf(size: int) -> bytes:
    document = pikepdf.Pdf.new()
    document.add_blank_page()
    stream = pikepdf.Stream(document, zlib.compress(bytes(size), 9))
    stream.stream_dict[pikepdf.Name.Filter] = pikepdf.Name.FlateDecode
    stream.stream_dict[pikepdf.Name.Type] = pikepdf.Name.EmbeddedFile
    document.Root.Held = document.make_indirect(stream)
    file = io.BytesIO()
    document.save(file)
    return file.getvalue()


def picture() -> bytes:
    file = io.BytesIO()
    Image.new("1", (40_000, 40_000)).save(file, "PNG")
    return file.getvalue()


BOMBS = {
    "a zip of zeros": zipped("a", bytes(200_000_000)),
    "an xz of zeros": lzma.compress(bytes(200_000_000), preset=0),
    "zips within zips": zipped("a.zip", zipped("b.zip", zipped("c", bytes(100_000_000)))),
    "a document of one word": zipped("word/document.xml", b"<w:t>" + b"a" * 100_000_000),
    "a stream of a PDF": pdf(300_000_000),
    "a picture of 1.6 gigapixels": picture(),
    "very deep HTML": b"<html>" + b"<div>" * 600_000,
    "quotes that never close": b"<html>" + b'<a x="' * 600_000,
    "words that promise a script": b"<html><script>" + b"function a(" * 300_000 + b"</script>",
    "RTF that never ends": b"{\\rtf1" + b"{\\object{\\objdata " * 100_000,
    "text of one letter": b"a" * 30_000_000,
}
WITHIN_MEASURE = {
    "very deep HTML",
    "quotes that never close",
    "words that promise a script",
    "text of one letter",
}


@pytest.mark.slow
@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_ends_and_the_next_file_is_looked_into(name: str) -> None:
    async def run() -> tuple[Inspected | Failed, Inspected | Failed]:
        pool = InspectorPool(LIMITS)
        try:
            return await pool.inspect([File("bomb", BOMBS[name])]), await pool.inspect([File("a.txt", b"hi")])
        finally:
            pool.close()

    bomb, after = asyncio.run(run())
    assert isinstance(after, Inspected)
    if isinstance(bomb, Failed):
        assert bomb.by_content
        return
    traits = {seen.trait for item in bomb.files[0] for seen in item.seen}
    if name not in WITHIN_MEASURE:
        assert traits & {Trait.BOMB, Trait.UNSEEN, Trait.EMBEDDED_OBJECT}, traits
