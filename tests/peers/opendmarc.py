"""OpenDMARC's library: DMARC as RFC 7489 had it, by the public suffix list. Its records are in a table of ours."""

from __future__ import annotations

import ctypes
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import pytest
from publicsuffixlist import PSLFILE

LIBRARY = "libopendmarc.so.2"
PACKAGE = "libopendmarc2"

# dmarc.h of libopendmarc-dev
_NO_RECORD = 9
_RESULTS = {14: "none", 15: "pass", 16: "reject", 17: "quarantine", 18: "none wanted"}
_MAIL_FROM = 1
_PASS = 1
_ALIGNED = 4
_IPV4 = 4


class Verdict(NamedTuple):
    """What it says: "pass", "none" for no record, what the owner wants of a message that fails, or "error N"."""

    result: str
    dkim: bool = False
    spf: bool = False


class OpenDmarc:
    """The library. Its table of records only grows, and is asked instead of DNS once it has one."""

    def __init__(self) -> None:
        self._library = ctypes.CDLL(LIBRARY)
        self._library.opendmarc_policy_connect_init.restype = ctypes.c_void_p
        self._library.opendmarc_tld_read_file(PSLFILE.encode(), b"//", b"*.", b"!")
        self.publish({"_dmarc.nobody.invalid": [""]})

    def publish(self, records: Mapping[str, Sequence[str]]) -> None:
        """Put records into the table, the first of each name."""
        for name, texts in records.items():
            self._library.opendmarc_dns_fake_record(name.encode(), texts[0].encode())

    def evaluate(self, author: str, spf: Sequence[str], dkim: Sequence[str]) -> Verdict:
        """Say what it makes of a message of `author`, for whose domains SPF and DKIM have passed."""
        message = ctypes.c_void_p(self._library.opendmarc_policy_connect_init(b"192.0.2.1", _IPV4))
        try:
            return self._evaluate(message, author.encode(), spf, dkim)
        finally:
            self._library.opendmarc_policy_connect_shutdown(message)

    def _evaluate(
        self, message: ctypes.c_void_p, author: bytes, spf: Sequence[str], dkim: Sequence[str]
    ) -> Verdict:
        library = self._library
        library.opendmarc_policy_store_from_domain(message, author)
        for domain in spf:
            library.opendmarc_policy_store_spf(message, domain.encode(), _PASS, _MAIL_FROM, b"")
        for domain in dkim:
            library.opendmarc_policy_store_dkim(message, domain.encode(), b"selector", _PASS, b"")
        status = library.opendmarc_policy_query_dmarc(message, author)
        if status == _NO_RECORD:
            return Verdict("none")
        if status:
            return Verdict(f"error {status}")
        result = _RESULTS[library.opendmarc_get_policy_to_enforce(message)]
        by_dkim, by_spf = ctypes.c_int(), ctypes.c_int()
        library.opendmarc_policy_fetch_alignment(message, ctypes.byref(by_dkim), ctypes.byref(by_spf))
        return Verdict(result, by_dkim.value == _ALIGNED, by_spf.value == _ALIGNED)


@pytest.fixture(scope="session")
def opendmarc() -> OpenDmarc:
    """Give the library."""
    try:
        return OpenDmarc()
    except OSError:
        pytest.skip(f"opendmarc needs {LIBRARY}: apt install --no-install-recommends {PACKAGE}")
