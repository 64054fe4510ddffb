"""What a file is, by its content: the names of kinds, and the marks by which each is known.

First on the way of a file: the walk asks here which reader to take, and the rules about file types speak these names.
Only marks decide; what a name or a Content-Type claims is compared afterwards (`names`). It looks at the first 4 KiB
and a few fixed places, so it costs the same for any size. It is long because it is the table of all kinds.
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Final

from msgspec import Struct


class Family(StrEnum):
    """What opening a file of a kind does."""

    PROGRAM = "program"  # the machine runs it
    SCRIPT = "script"  # something on the machine runs it
    SHORTCUT = "shortcut"  # it leads to something that is run
    ARCHIVE = "archive"  # holds files
    IMAGE_OF_DISK = "disk-image"  # is mounted, and then holds files without a mark of where they came from
    OFFICE = "office"
    DOCUMENT = "document"
    MARKUP = "markup"
    PICTURE = "picture"
    MEDIA = "media"
    MESSAGE = "message"
    TEXT = "text"
    DATA = "data"


class Kind(Struct, frozen=True, gc=False):
    """A kind of file: its name, and what opening it does. `extensions` are those that honest files of it have."""

    name: str
    family: Family
    extensions: tuple[str, ...] = ()


def _kinds(family: Family, **named: str) -> dict[str, Kind]:
    return {
        name.replace("_", "-"): Kind(name.replace("_", "-"), family, tuple(extensions.split()))
        for name, extensions in named.items()
    }


KINDS: Final[dict[str, Kind]] = {
    **_kinds(
        Family.PROGRAM,
        pe="exe dll scr com cpl ocx sys xll drv efi mui",
        dos="exe com",
        elf="so o bin",
        mach_o="dylib bin",
        java_class="class",
        dex="dex",
        wasm="wasm",
        msi="msi msp mst",
        jar="jar war ear",
        apk="apk",
        appx="appx msix appxbundle msixbundle",
        deb="deb",
        rpm="rpm",
        swf="swf",
        chm="chm",
        winhelp="hlp",
    ),
    **_kinds(
        Family.SCRIPT,
        shell_script="sh bash command",
        batch="bat cmd",
        powershell="ps1 psm1 psd1",
        vbscript="vbs vbe vb",
        encoded_script="jse vbe",
        javascript="js mjs",
        windows_script="wsf wsc sct wsh",
        hta="hta",
        python="py pyw",
        php="php",
        applescript="scpt applescript",
        registry="reg",
        office_query="iqy oqy rqy dqy",
        symbolic_link_sheet="slk",
    ),
    **_kinds(
        Family.SHORTCUT,
        lnk="lnk",
        internet_shortcut="url website",
        shell_command="scf",
        desktop_entry="desktop",
        library="library-ms search-ms searchconnector-ms",
        settings_content="settingcontent-ms",
    ),
    **_kinds(
        Family.ARCHIVE,
        zip="zip",
        rar="rar",
        sevenzip="7z",
        tar="tar",
        gzip="gz tgz",
        bzip2="bz2 tbz2",
        xz="xz txz",
        lzma="lzma",
        zstd="zst",
        lz4="lz4",
        compress="z",
        cab="cab diagcab",
        lha="lha lzh",
        arj="arj",
        ace="ace",
        zoo="zoo",
        cpio="cpio",
        ar="ar a",
        xar="pkg xar",
    ),
    **_kinds(
        Family.IMAGE_OF_DISK,
        iso="iso img",
        udf="udf iso img",
        vhd="vhd",
        vhdx="vhdx",
        vmdk="vmdk",
        dmg="dmg",
    ),
    **_kinds(
        Family.OFFICE,
        ole="doc xls ppt dot xlt pot pps vsd pub mpp wps",
        ooxml="docx xlsx pptx docm xlsm pptm dotx dotm xltx xltm potx potm ppsx ppsm xlam ppam xlsb vsdx vsdm",
        odf="odt ods odp odg ott ots otp odb",
        rtf="rtf doc",
        onenote="one onetoc2",
        access="mdb accdb accde",
    ),
    **_kinds(Family.DOCUMENT, pdf="pdf", postscript="ps eps", epub="epub", xps="xps oxps", djvu="djvu"),
    **_kinds(Family.MARKUP, html="html htm xhtml shtml", svg="svg svgz", xml="xml", mhtml="mht mhtml"),
    **_kinds(
        Family.PICTURE,
        png="png",
        jpeg="jpg jpeg jpe jfif",
        gif="gif",
        bmp="bmp dib",
        tiff="tif tiff",
        webp="webp",
        icon="ico cur",
        heif="heic heif avif",
        emf="emf",
        wmf="wmf",
        psd="psd",
    ),
    **_kinds(
        Family.MEDIA,
        riff="wav avi",
        mp3="mp3",
        mp4="mp4 m4a mov m4v 3gp",
        ogg="ogg oga ogv opus",
        flac="flac",
        matroska="mkv webm",
    ),
    **_kinds(Family.MESSAGE, email="eml", outlook_message="msg oft", tnef="dat", calendar="ics", vcard="vcf"),
    **_kinds(Family.TEXT, text="txt csv log md json yaml yml ini conf tsv asc pem"),
    **_kinds(Family.DATA, data="", empty="", sqlite="sqlite db", pgp="pgp gpg asc sig"),
}
"""All kinds by name."""

HEAD: Final = 4096
"""Octets at the beginning that are looked at."""

# Marks at a fixed place: (place, octets, kind). The first that matches tells.
_MARKS: Final[tuple[tuple[int, bytes, str], ...]] = (
    (0, b"\x7fELF", "elf"),
    (0, b"\xfe\xed\xfa\xce", "mach-o"),
    (0, b"\xfe\xed\xfa\xcf", "mach-o"),
    (0, b"\xce\xfa\xed\xfe", "mach-o"),
    (0, b"\xcf\xfa\xed\xfe", "mach-o"),
    (0, b"dex\n03", "dex"),
    (0, b"\x00asm", "wasm"),
    (0, b"\xed\xab\xee\xdb", "rpm"),
    (0, b"ITSF\x03", "chm"),
    (0, b"?_\x03\x00", "winhelp"),
    (0, b"FWS", "swf"),
    (0, b"CWS", "swf"),
    (0, b"ZWS", "swf"),
    (0, b"L\x00\x00\x00\x01\x14\x02\x00", "lnk"),
    (0, b"#@~^", "encoded-script"),
    (0, b"Rar!\x1a\x07", "rar"),
    (0, b"RE~^", "rar"),
    (0, b"7z\xbc\xaf\x27\x1c", "sevenzip"),
    (0, b"\x1f\x8b", "gzip"),
    (0, b"\xfd7zXZ\x00", "xz"),
    (0, b"\x28\xb5\x2f\xfd", "zstd"),
    (0, b"\x04\x22\x4d\x18", "lz4"),
    (0, b"\x1f\x9d", "compress"),
    (0, b"\x1f\xa0", "compress"),
    (0, b"MSCF", "cab"),
    (0, b"ISc(", "cab"),
    (0, b"\x60\xea", "arj"),
    (7, b"**ACE**", "ace"),
    (20, b"\xdc\xa7\xc4\xfd", "zoo"),
    (0, b"070701", "cpio"),
    (0, b"070702", "cpio"),
    (0, b"070707", "cpio"),
    (0, b"xar!", "xar"),
    (257, b"ustar", "tar"),
    (0, b"conectix", "vhd"),
    (0, b"vhdxfile", "vhdx"),
    (0, b"KDMV", "vmdk"),
    (0, b"# Disk DescriptorFile", "vmdk"),
    (0, b"\xe4\x52\x5c\x7b\x8c\xd8\xa7\x4d\xae\xb1\x53\x78\xd0\x29\x96\xd3", "onenote"),
    (0, b"\xa1\x2f\xff\x43\xd9\xef\x76\x4c\x9e\xe2\x10\xea\x57\x22\x76\x5f", "onenote"),
    (4, b"Standard Jet DB", "access"),
    (4, b"Standard ACE DB", "access"),
    (0, b"%!PS", "postscript"),
    (0, b"\xc5\xd0\xd3\xc6", "postscript"),
    (0, b"AT&TFORM", "djvu"),
    (0, b"\x89PNG\r\n\x1a\n", "png"),
    (0, b"\xff\xd8\xff", "jpeg"),
    (0, b"GIF87a", "gif"),
    (0, b"GIF89a", "gif"),
    (0, b"II*\x00", "tiff"),
    (0, b"MM\x00*", "tiff"),
    (0, b"8BPS", "psd"),
    (0, b"\x00\x00\x01\x00", "icon"),
    (0, b"\x00\x00\x02\x00", "icon"),
    (0, b"\xd7\xcd\xc6\x9a", "wmf"),
    (40, b" EMF", "emf"),
    (4, b"ftypheic", "heif"),
    (4, b"ftypavif", "heif"),
    (4, b"ftypmif1", "heif"),
    (4, b"ftyp", "mp4"),
    (0, b"ID3", "mp3"),
    (0, b"\xff\xfb", "mp3"),
    (0, b"OggS", "ogg"),
    (0, b"fLaC", "flac"),
    (0, b"\x1aE\xdf\xa3", "matroska"),
    (0, b"\x78\x9f\x3e\x22", "tnef"),
    (0, b"SQLite format 3\x00", "sqlite"),
    (0, b"-----BEGIN PGP", "pgp"),
    (0, b"FasdUAS", "applescript"),
)
_BY_FIRST: Final[dict[int, list[tuple[int, bytes, str]]]] = {}
_ELSEWHERE: Final = tuple([mark for mark in _MARKS if mark[0]])
for _mark in _MARKS:
    if not _mark[0]:
        _BY_FIRST.setdefault(_mark[1][0], []).append(_mark)

# What text is by how it begins, behind white space and comments of markup; in small letters.
_BEGINS: Final = tuple(
    [
        (re.compile(expression), kind)
        for expression, kind in (
            (rb"#![^\n]{0,80}\bpython", "python"),
            (rb"#!", "shell-script"),
            (rb"windows registry editor|regedit4", "registry"),
            (rb"\[internetshortcut\]", "internet-shortcut"),
            (rb"\[shell\]\s{1,9}command=", "shell-command"),
            (rb"\[desktop entry\]", "desktop-entry"),
            (rb"begin:vcalendar", "calendar"),
            (rb"begin:vcard", "vcard"),
            (rb"(?:web|xlodbc)\r?\n1\r?\n", "office-query"),
            (rb"id;p", "symbolic-link-sheet"),
            (rb"<\?php", "php"),
            (rb"<(?:librarydescription|searchconnectordescription|persistedquery)", "library"),
            (rb"<pcsettings", "settings-content"),
            (rb"<(?:[a-z]{1,20}:)?svg\b", "svg"),
            (rb"@echo\s{1,9}off|@?(?:rem|setlocal|start|cmd)\b[^\n]{0,200}\n", "batch"),
        )
    ]
)
# What text is by words that stand in it somewhere near the beginning: the first that does tells. A word that is
# sought costs little, so the expression behind it is tried only where the word stands.
_HOLDS: Final = tuple(
    [
        (kind, word.encode(), re.compile(b"(?:" + re.escape(word.encode()) + b")" + more))
        for kind, words in (
            ("hta", {"<hta:application": b""}),
            (
                "windows-script",
                dict.fromkeys(
                    ("<job", "<package", "<scriptlet", "<component"),
                    rb"\b[^>]{0,200}>[^<]{0,200}<(?:script|registration|public)",
                ),
            ),
            ("php", {"<?php": rb"\s"}),
            ("internet-shortcut", {"\n[internetshortcut]": b""}),
            (
                "html",
                {
                    **dict.fromkeys(
                        (
                            "<html",
                            "<head",
                            "<body",
                            "<script",
                            "<iframe",
                            "<meta",
                            "<title",
                            "<table",
                            "<div",
                        ),
                        rb"\b",
                    ),
                    **dict.fromkeys(
                        ("<style", "<form", "<img", "<a", "<br", "<object", "<embed"), rb"(?:\s|>)"
                    ),
                },
            ),
            (
                "powershell",
                {
                    "invoke-expression": rb"\b",
                    "set-executionpolicy": rb"\b",
                    "downloadstring(": b"",
                    "iex": rb"\s{0,3}\(",
                    "new-object": rb"\s{1,9}[a-z]",
                    "write-host": rb"\s",
                    "[system.convert]::": b"",
                    "$env:": rb"[a-z]",
                },
            ),
            (
                "vbscript",
                {
                    "createobject": rb"\s{0,3}\(",
                    "wscript.": rb"(?:shell|echo|sleep|quit)",
                    "on error resume next": b"",
                    "executeglobal": rb"\b",
                },
            ),
            (
                "javascript",
                {
                    "activexobject": rb"\b",
                    "eval": rb"\s{0,3}\(",
                    "atob": rb"\s{0,3}\(",
                    "function": rb"\s{0,9}[a-z0-9_$]{0,60}\s{0,9}\([^)\n]{0,200}\)\s{0,9}\{",
                    "document.": rb"(?:write|location)",
                    "window.location": b"",
                    "string.fromcharcode": b"",
                },
            ),
        )
        for word, more in words.items()
    ]
)
_MESSAGE: Final = re.compile(
    rb"(?:received|return-path|from|to|subject|date|message-id|mime-version|delivered-to|dkim-signature|"
    rb"x-[a-z-]{1,40}|authentication-results|content-type):[ \t]"
)
_MORE_OF_MESSAGE: Final = re.compile(rb"\n(?:from|subject|date|to|message-id|content-type):")
_RELATED: Final = re.compile(rb"(?:^|\n)content-type:\s{0,9}multipart/related")
_DOCTYPE: Final = re.compile(rb"<!doctype\s{1,9}(html|svg)")
_MARKUP_ASIDE: Final = ((b"<!--", b"-->"), (b"<?xml", b"?>"), (b"<!", b">"))
_MAX_ASIDES: Final = 50
_BOMS: Final = (
    (b"\xef\xbb\xbf", "utf-8"),
    (b"\xff\xfe", "utf-16-le"),
    (b"\xfe\xff", "utf-16-be"),
)
_NOT_TEXT: Final = bytes(set(range(32)) - {7, 8, 9, 10, 11, 12, 13, 26, 27})
_RTF: Final = re.compile(rb"\s{0,32}\{\\rt")
_OLE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_LHA: Final = re.compile(rb"..-(?:lh[0-9dx]|lz[s45]|pm[012s])-", re.DOTALL)
_ZIPS: Final = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08", b"PK00PK\x03\x04")
_OOXML: Final = (b"[Content_Types].xml", b"_rels/.rels", b"word/", b"xl/", b"ppt/", b"visio/")
_MSI_CLASSES: Final = (
    b"\x84\x10\x0c\x00\x00\x00\x00\x00\xc0\x00\x00\x00\x00\x00\x00F",
    b"\x86\x10\x0c\x00\x00\x00\x00\x00\xc0\x00\x00\x00\x00\x00\x00F",
)
_MESSAGE_STREAM: Final = "__properties_version1.0".encode("utf-16-le")
_TAIL: Final = 1 << 16


def kind_of(octets: bytes) -> Kind:
    """Tell what a file is by its content; "text" or "data" where nothing more is known."""
    if not octets:
        return KINDS["empty"]
    head = octets[:HEAD]
    name = (
        _by_mark(head)
        or _binary(octets, head)
        or (_by_words(_plain(head)) if _is_text(head) else _far(octets))
        or "data"
    )
    return KINDS[name]


def is_plain_text(octets: bytes) -> bool:
    """Tell whether octets are text without a mark of any kind of file, whatever its words are."""
    head = octets[:HEAD]
    return not head or (not _by_mark(head) and _is_text(head) and not _binary(octets, head))


def _by_mark(head: bytes) -> str:
    for _, mark, kind in _BY_FIRST.get(head[0], ()):
        if head.startswith(mark):
            return kind
    for place, mark, kind in _ELSEWHERE:
        if head.startswith(mark, place):
            return kind
    return ""


def _binary(octets: bytes, head: bytes) -> str:
    """Tell the kinds that one mark alone does not."""
    if head.startswith((b"MZ", b"ZM")):
        place = int.from_bytes(head[60:64], "little")
        return "pe" if octets[place : place + 4] == b"PE\x00\x00" else ("dos" if len(octets) > 64 else "")
    if head.startswith(b"\xca\xfe\xba\xbe"):  # a Java class has a version there, a universal binary few parts
        return "java-class" if int.from_bytes(head[4:8], "big") > 30 else "mach-o"
    if head.startswith(_ZIPS):
        return _zipped(octets)
    if head.startswith(_OLE):
        return _compound(octets)
    if head.startswith(b"RIFF"):
        return "webp" if head.startswith(b"WEBP", 8) else "riff"
    if head.startswith(b"BZh") and head[4:10] in (b"1AY&SY", b"\x17rE8P\x90"):
        return "bzip2"
    if head.startswith(b"]\x00\x00") and len(head) > 13 and head[12] in (0, 0xFF):
        return "lzma"
    if head.startswith(b"!<arch>\n"):
        return "deb" if head.startswith(b"debian-binary", 8) else "ar"
    if head.startswith(b"BM") and len(head) > 26 and head[6:10] == bytes(4):
        return "bmp"
    if _RTF.match(head):  # Word opens "{\rt" with anything behind it
        return "rtf"
    if b"%PDF-" in head[:1024]:  # readers look for it in the first 1,024 octets (ISO 32000-1, annex H)
        return "pdf"
    return "lha" if _LHA.match(head) else ""


def _zipped(octets: bytes) -> str:
    """Tell what a zip is for, by the names in its first headers and at its end."""
    end = octets.rfind(b"PK\x05\x06", -_TAIL)
    directory = (
        octets[max(0, end - int.from_bytes(octets[end + 12 : end + 16], "little")) : end] if end >= 0 else b""
    )
    names = octets[:HEAD] + directory[:_TAIL]
    if octets.startswith(b"mimetype", 30):
        return "epub" if octets.startswith(b"application/epub", 38) else "odf"
    if b"AndroidManifest.xml" in names:
        return "apk"
    if b"AppxManifest.xml" in names:
        return "appx"
    if b"META-INF/MANIFEST.MF" in names:
        return "jar"
    if b"FixedDocSeq.fdseq" in names:
        return "xps"
    if _OOXML[0] in names and any(part in names for part in _OOXML[1:]):
        return "ooxml"
    return "zip"


def _compound(octets: bytes) -> str:
    if any(octets.find(each, 0, 1 << 20) >= 0 for each in _MSI_CLASSES):
        return "msi"
    return "outlook-message" if octets.find(_MESSAGE_STREAM, 0, 1 << 20) >= 0 else "ole"


def _is_text(head: bytes) -> bool:
    if head.startswith((b"\xff\xfe", b"\xfe\xff")) or _wide(head):
        return True
    return len(head.translate(None, _NOT_TEXT)) == len(head)


def _wide(head: bytes) -> str:
    """Tell UTF-16 without a mark: every other octet of western text is zero."""
    sample = head[:64]
    if len(sample) >= 16 and sample[1::2].count(0) > len(sample) * 0.4 and not sample[::2].count(0):
        return "utf-16-le"
    if len(sample) >= 16 and sample[::2].count(0) > len(sample) * 0.4 and not sample[1::2].count(0):
        return "utf-16-be"
    return ""


def _plain(head: bytes) -> bytes:
    """Give text as UTF-8 without a mark in front."""
    for mark, encoding in _BOMS:
        if head.startswith(mark):
            return head[len(mark) :].decode(encoding, "replace").encode()
    wide = _wide(head)
    return head.decode(wide, "replace").encode() if wide else head


def _by_words(text: bytes) -> str:
    text = text.lower()
    begin, declared = _behind_asides(text)
    for expression, kind in _BEGINS:
        if expression.match(text, begin):
            return kind
    if declared in ("html", "svg"):
        return declared
    if _MESSAGE.match(text, begin) and _MORE_OF_MESSAGE.search(text, begin):
        return "mhtml" if _RELATED.search(text, begin) else "email"
    for kind, word, expression in _HOLDS:
        if (at := text.find(word, begin)) >= 0 and expression.search(text, at):
            return kind
    return "xml" if declared else "text"


def _behind_asides(text: bytes) -> tuple[int, str]:
    """Step over white space, comments and declarations of markup; tell what kind is declared, "xml" for any."""
    declared = ""
    at = 0
    for _ in range(_MAX_ASIDES):
        at = len(text) - len(text[at:].lstrip())
        for mark, end in _MARKUP_ASIDE:
            if text.startswith(mark, at):
                doctype = _DOCTYPE.match(text, at)
                declared = doctype[1].decode() if doctype else declared or ("" if mark == b"<!--" else "xml")
                stop = text.find(end, at + len(mark))
                if stop < 0:
                    return at, declared
                at = stop + len(end)
                break
        else:
            break
    return at, declared


def _far(octets: bytes) -> str:
    """Tell kinds whose mark is far from the beginning."""
    if octets.startswith(b"CD001", 32769):
        return "iso"
    if octets.startswith((b"BEA01", b"NSR0"), 32769):
        return "udf"
    if octets[-512:].startswith(b"conectix"):
        return "vhd"
    if octets[-512:].startswith(b"koly"):
        return "dmg"
    if begins_tar(octets[:512]):  # of before the mark
        return "tar"
    return "zip" if octets.rfind(b"PK\x05\x06", -_TAIL if len(octets) > _TAIL else 0) >= 0 else ""


def begins_tar(header: bytes) -> bool:
    """Tell whether a block of 512 octets begins a file of a tar: by its checksum, of signed octets or others."""
    said = header[148:156].strip(b" \0")
    if not 0 < len(said) < 8 or said.translate(None, b"01234567"):
        return False
    checksum = sum(header) - sum(header[148:156]) + 8 * ord(" ")
    return int(said, 8) in (checksum, checksum - 256 * sum([octet > 127 for octet in header]))
