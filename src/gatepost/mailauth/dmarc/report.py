"""An aggregate report (RFC 9990) as values: what one receiver saw in one period of mail that names one policy domain.

Made from what evaluations have said, written and read by `report_xml`, carried by `report_mail`. Where a report of
RFC 7489 says more or other things, the values hold them as they are; words that no standard knows stay words.
"""

from __future__ import annotations

from msgspec import Struct


class DkimResult(Struct, frozen=True, gc=False, omit_defaults=True):
    """One signature: d=, s=, the result by RFC 8601 §2.7.1, and in words what is to be said of it."""

    domain: str
    selector: str
    result: str
    human_result: str = ""


class SpfResult(Struct, frozen=True, gc=False, omit_defaults=True):
    """What SPF said of a domain, by RFC 8601 §2.7.2. `scope` is "mfrom" (RFC 9990), or "helo" before it, or ""."""

    domain: str
    result: str
    scope: str = ""
    human_result: str = ""


class Override(Struct, frozen=True, gc=False, omit_defaults=True):
    """Why the disposition is not what the policy asks for (RFC 9990 §3.1.6): "mailing_list", and a remark."""

    type: str
    comment: str = ""


class Row(Struct, frozen=True, kw_only=True, gc=False, omit_defaults=True):
    """What is alike of `count` messages from one address (a `record`, RFC 9990 §3.1.1.7).

    `disposition` is "none", "pass", "quarantine" or "reject"; `dkim` and `spf` are "pass" when aligned, else "fail".
    `envelope_from` is "" for `<>`, None when not told. The `signatures` of most interest come first (§3.1.3).
    """

    source_ip: str
    count: int
    disposition: str
    dkim: str
    spf: str
    header_from: str
    overrides: tuple[Override, ...] = ()
    envelope_from: str | None = None
    envelope_to: str | None = None
    signatures: tuple[DkimResult, ...] = ()
    spf_results: tuple[SpfResult, ...] = ()


class PolicyPublished(Struct, frozen=True, kw_only=True, gc=False, omit_defaults=True):
    """The policy as found (RFC 9990 §3.1.1.5); "" for what is not told. `pct` is of RFC 7489."""

    domain: str
    p: str
    sp: str = ""
    np: str = ""
    adkim: str = ""
    aspf: str = ""
    discovery_method: str = ""
    fo: str = ""
    testing: str = ""
    pct: str = ""


class Report(Struct, frozen=True, kw_only=True, gc=False, omit_defaults=True):
    """A report. `begin` and `end` are seconds since 1970; `email` is whom to ask about it.

    `errors` is what the reporter says was wrong with the record; `problems` what is wrong in a report that was read.
    """

    org_name: str
    email: str
    report_id: str
    begin: int
    end: int
    policy: PolicyPublished
    rows: tuple[Row, ...]
    extra_contact_info: str = ""
    errors: tuple[str, ...] = ()
    generator: str = ""
    problems: tuple[str, ...] = ()

    @property
    def messages(self) -> int:
        """How many messages it is about."""
        return sum(row.count for row in self.rows)
