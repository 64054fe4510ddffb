"""What two readers of one message may see differently: a closed list of tricks and slips, and one found somewhere.

The names are what policy and people use. Which of them honest mailers produce is not known here.
"""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct


class Trick(StrEnum):
    """What is ambiguous, or hides something from a reader that looks less closely."""

    # Structure
    BOUNDARY_TWICE = "boundary-twice"
    BOUNDARY_MISSING = "boundary-missing"
    BOUNDARY_UNUSED = "boundary-unused"
    BOUNDARY_LONG = "boundary-long"
    BOUNDARY_PREFIX = "boundary-prefix"
    BOUNDARY_REUSED = "boundary-reused"
    BOUNDARY_BROKEN = "boundary-broken"
    CLOSING_MISSING = "closing-missing"
    PARTS_AFTER_CLOSING = "parts-after-closing"
    MULTIPART_ENCODED = "multipart-encoded"
    MULTIPART_UNDECLARED = "multipart-undeclared"
    MESSAGE_ENCODED = "message-encoded"
    MESSAGE_PARTIAL = "message-partial"
    EXTERNAL_BODY = "external-body"
    UUENCODE = "uuencode"
    TNEF = "tnef"
    # Header
    TYPE_TWICE = "type-twice"
    TYPE_BROKEN = "type-broken"
    ENCODING_TWICE = "encoding-twice"
    ENCODING_BROKEN = "encoding-broken"
    ENCODING_UNKNOWN = "encoding-unknown"
    FIELD_NAME_ODD = "field-name-odd"
    SPACE_BEFORE_COLON = "space-before-colon"
    HEADER_JUNK = "header-junk"
    HEADER_BLANK_FOLD = "header-blank-fold"
    HEADER_LATE = "header-late"
    BARE_LINE_END = "bare-line-end"
    # Bodies
    BASE64_JUNK = "base64-junk"
    BASE64_PADDING = "base64-padding"
    BASE64_TRAILING = "base64-trailing"
    BASE64_UNPADDED = "base64-unpadded"
    # Names
    NAMES_DIFFER = "names-differ"
    NAME_CONTINUED = "name-continued"
    NAME_BROKEN = "name-broken"
    NAME_ENCODED_WORD = "name-encoded-word"
    NAME_BIDI = "name-bidi"
    NAME_HOMOGLYPH = "name-homoglyph"
    NAME_INVISIBLE = "name-invisible"
    # Encoded words
    ENCODED_WORD_NESTED = "encoded-word-nested"
    ENCODED_WORD_LONG = "encoded-word-long"
    ENCODED_WORD_ADDRESS = "encoded-word-address"
    ENCODED_WORD_BROKEN = "encoded-word-broken"
    # Charsets
    CHARSET_TWICE = "charset-twice"
    CHARSET_UNKNOWN = "charset-unknown"
    CHARSET_DISGUISE = "charset-disguise"
    # Bounds: what lies beyond is not taken apart
    HEADER_TOO_LONG = "header-too-long"
    TOO_MANY_PARTS = "too-many-parts"
    TOO_DEEP = "too-deep"
    TOO_MUCH = "too-much"


class Ambiguity(Struct, frozen=True, gc=False):
    """One doubt: its name, the number of the part it is about ("" for the message itself), and who sees what."""

    name: Trick
    part: str
    words: str

    def __str__(self) -> str:
        return f"part {self.part}: {self.words}" if self.part else self.words
