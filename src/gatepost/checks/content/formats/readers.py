"""Which reader opens which kind: the one place that knows all of them, and imports each when it is first needed.

Between the walk and the readers. A kind that is not here has nothing inside that anyone looks for.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import Final

from gatepost.checks.content.formats.format import Reader

_READERS: Final[dict[str, str]] = {
    "ace": "archives:old",
    "apk": "zip:read",
    "appx": "zip:read",
    "ar": "archives:ar",
    "arj": "archives:old",
    "bmp": "picture:read_picture",
    "bzip2": "compressed:bzip2",
    "cab": "archives:cab",
    "calendar": "plain:read_folded",
    "compress": "compressed:compress",
    "cpio": "archives:cpio",
    "deb": "archives:ar",
    "desktop-entry": "lnk:read_internet_shortcut",
    "dmg": "disks:dmg",
    "email": "message:read_message",
    "epub": "zip:read",
    "gif": "picture:read_picture",
    "gzip": "compressed:gzip",
    "hta": "html:read_html_file",
    "html": "html:read_html_file",
    "internet-shortcut": "lnk:read_internet_shortcut",
    "iso": "disks:iso",
    "jar": "zip:read",
    "jpeg": "picture:read_picture",
    "lha": "archives:lha",
    "lnk": "lnk:read_lnk",
    "lz4": "compressed:lz4",
    "lzma": "compressed:lzma",
    "mhtml": "message:read_message",
    "msi": "ole:read_ole",
    "odf": "ooxml:read_ooxml",
    "ole": "ole:read_ole",
    "onenote": "onenote:read_onenote",
    "ooxml": "ooxml:read_ooxml",
    "outlook-message": "ole:read_outlook_message",
    "pdf": "pdf:read_pdf",
    "png": "picture:read_picture",
    "rar": "rar:read",
    "rpm": "archives:rpm",
    "rtf": "rtf:read_rtf",
    "sevenzip": "archives:sevenzip",
    "shell-command": "lnk:read_internet_shortcut",
    "svg": "html:read_svg_file",
    "tar": "tar:read",
    "text": "plain:read_text",
    "tiff": "picture:read_picture",
    "tnef": "tnef:read",
    "udf": "disks:iso",
    "vcard": "plain:read_folded",
    "vhd": "disks:disk",
    "vhdx": "disks:disk",
    "vmdk": "disks:disk",
    "webp": "picture:read_picture",
    "xar": "archives:xar",
    "xml": "plain:read_text",
    "xps": "zip:read",
    "xz": "compressed:xz",
    "zip": "zip:read",
    "zoo": "archives:old",
    "zstd": "compressed:zstd",
}
"""Kind: module below this package, colon, function."""


@cache
def reader_of(kind: str) -> Reader | None:
    """Give the reader for a kind; None where there is none. Raises ImportError when its library is missing."""
    target = _READERS.get(kind)
    if target is None:
        return None
    module, _, function = target.partition(":")
    reader: Reader = getattr(import_module(f"{__package__}.{module}"), function)
    return reader


def prepare() -> None:
    """Import all readers now: an inspector can import nothing once it has given up its rights."""
    for kind in _READERS:
        reader_of(kind)
