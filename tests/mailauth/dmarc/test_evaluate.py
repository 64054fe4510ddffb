"""DMARC passes, fails or stays unknown as RFC 9989 §5.3 says, and tells what it rests on."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from publicsuffixlist import PublicSuffixList

from gatepost.mail.dns import Status
from gatepost.mailauth.dmarc.evaluate import (
    MAX_WALKS,
    Alignment,
    Evaluation,
    Identifier,
    Result,
    Way,
    evaluate,
)
from gatepost.mailauth.dmarc.record import Policy
from tests.mailauth.dmarc.zone import Zone, run

SUFFIXES = PublicSuffixList()
EXAMPLE = {"_dmarc.example.com": "v=DMARC1; p=reject"}


def spf(domain: str, result: str = "pass") -> Identifier:
    return Identifier("spf", domain, result)


def dkim(domain: str, result: str = "pass") -> Identifier:
    return Identifier("dkim", domain, result)


def evaluated(
    author: str, *identifiers: Identifier, zone: Zone | None = None, suffixes: PublicSuffixList | None = None
) -> Evaluation:
    return run(evaluate(author, identifiers, zone if zone is not None else Zone(EXAMPLE), suffixes))


ALIGNMENT = [
    # RFC 9989 §4.4, table 1, with a record at example.com
    ("news.example.com", "foo.example.com", False, True),
    ("news.example.com", "news.example.com", True, True),
    ("news.example.com", "foo.example.net", False, False),
    # Appendix B.1
    ("example.com", "example.com", True, True),
    ("example.com", "child.example.com", False, True),
    ("child.example.com", "example.net", False, False),
    ("child.example.com", "example.com", False, True),
    # RFC 7489 §3.1.1: a whole top-level domain is no organization
    ("example.com", "com", False, False),
    ("Example.COM.", "MAIL.example.com", False, True),
]


@pytest.mark.parametrize(("author", "identifier", "strict", "relaxed"), ALIGNMENT)
@pytest.mark.parametrize("mechanism", ["spf", "dkim"])
def test_identifiers_align_as_in_the_tables(
    author: str, identifier: str, strict: bool, relaxed: bool, mechanism: str
) -> None:
    given_ = spf(identifier) if mechanism == "spf" else dkim(identifier)
    for mode, aligned in (("s", strict), ("r", relaxed)):
        zone = Zone({"_dmarc.example.com": f"v=DMARC1; p=reject; a{mechanism}={mode}"})
        evaluation = evaluated(author, given_, zone=zone)
        assert evaluation.result is (Result.PASS if aligned else Result.FAIL)
        assert evaluation.is_aligned(given_.mechanism) == aligned


def test_the_bank_example_of_appendix_b_4() -> None:
    zone = Zone(
        {"_dmarc.bank.example": "v=DMARC1; p=none; psd=y", "_dmarc.giant.bank.example": "v=DMARC1; p=reject"}
    )
    evaluation = evaluated(
        "giant.bank.example", spf("mail.giant.bank.example"), dkim("mail.mega.bank.example"), zone=zone
    )
    assert evaluation.result is Result.PASS
    assert evaluation.aligned == (Alignment("spf", "mail.giant.bank.example", "treewalk"),)
    assert evaluation.organizational == evaluation.policy_domain == "giant.bank.example"


def test_what_passes_for_the_author_domain_itself_takes_one_question() -> None:
    zone = Zone(EXAMPLE)
    evaluation = evaluated("example.com", spf("example.com"), dkim("example.com"), zone=zone)
    assert zone.asked == ["_dmarc.example.com"]
    assert evaluation.result is Result.PASS
    assert (
        evaluation.reason == "SPF for example.com and DKIM for example.com passed, aligned with example.com"
    )
    assert [way.by for way in evaluation.aligned] == ["identical", "identical"]


def test_a_fail_tells_the_record_the_policy_and_the_answers() -> None:
    evaluation = evaluated("example.com", spf("other.test"), dkim("other.test", "fail"))
    assert evaluation.result is Result.FAIL
    assert (evaluation.policy, evaluation.published, evaluation.tag) == (Policy.REJECT, Policy.REJECT, "p")
    assert evaluation.record is not None
    assert evaluation.record.text == "v=DMARC1; p=reject"
    assert [answer.status for answer in evaluation.answers] == [Status.FOUND]
    assert evaluation.reason == "neither SPF nor DKIM passed for a domain aligned with example.com"


POLICIES = [
    # record at example.com, author, exists, policy, tag
    ("p=reject", "example.com", True, "reject", "p"),
    ("p=reject; sp=none; np=quarantine", "example.com", True, "reject", "p"),
    ("p=reject; sp=none", "a.example.com", True, "none", "sp"),
    ("p=reject", "a.example.com", True, "reject", "p"),
    ("p=reject", "a.example.com", False, "reject", "p"),
    ("p=none; sp=quarantine; np=reject", "a.example.com", True, "quarantine", "sp"),
    ("p=none; sp=quarantine; np=reject", "a.example.com", False, "reject", "np"),
    ("p=none; np=reject", "a.example.com", True, "none", "p"),
    ("p=none; np=reject", "a.example.com", False, "reject", "np"),
    ("p=none; sp=quarantine", "a.example.com", False, "quarantine", "sp"),
    ("p=reject; sp=bogus; rua=mailto:a@b.test", "a.example.com", True, "none", "p"),
]


@pytest.mark.parametrize(("tags", "author", "exists", "policy", "tag"), POLICIES)
def test_the_policy_that_applies_is_that_of_p_sp_or_np(
    tags: str, author: str, exists: bool, policy: str, tag: str
) -> None:
    zone = Zone({"_dmarc.example.com": f"v=DMARC1; {tags}"}, exist=[author] if exists else [])
    evaluation = evaluated(author, zone=zone)
    assert (evaluation.result, evaluation.policy, evaluation.tag) == (Result.FAIL, Policy(policy), tag)
    assert evaluation.policy_domain == "example.com"


@pytest.mark.parametrize(
    ("p", "asked_for"), [("reject", "quarantine"), ("quarantine", "none"), ("none", "none")]
)
def test_while_an_owner_is_testing_one_step_less_is_asked_for(p: str, asked_for: str) -> None:
    evaluation = evaluated("example.com", zone=Zone({"_dmarc.example.com": f"v=DMARC1; p={p}; t=y"}))
    assert evaluation.testing
    assert (evaluation.published, evaluation.policy) == (Policy(p), Policy(asked_for))


def test_without_a_record_there_is_no_result() -> None:
    evaluation = evaluated("a.example.net", spf("a.example.net"))
    assert evaluation.result is Result.NONE
    assert (evaluation.policy, evaluation.record, evaluation.tag) == (None, None, "")
    assert evaluation.reason == "there is no DMARC record for a.example.net"


def test_two_records_are_none_and_the_owner_may_be_told() -> None:
    evaluation = evaluated(
        "example.com", zone=Zone({"_dmarc.example.com": ["v=DMARC1; p=none", "v=DMARC1; p=reject"]})
    )
    assert evaluation.result is Result.NONE
    assert evaluation.problems == ("example.com has 2 DMARC records, so none counts",)


def test_a_record_that_says_nothing_valid_is_a_permanent_error() -> None:
    evaluation = evaluated(
        "example.com", spf("example.com"), zone=Zone({"_dmarc.example.com": "v=DMARC1; p=bogus"})
    )
    assert evaluation.result is Result.PERMERROR
    assert evaluation.policy is None
    assert evaluation.record is not None
    assert 'p="bogus" is no policy' in evaluation.problems[0]


@pytest.mark.parametrize("author", ["", "[192.0.2.1]", "a..b", "-"])
def test_without_an_author_domain_nothing_is_asked(author: str) -> None:
    zone = Zone({})
    evaluation = evaluated(author, spf("example.com"), zone=zone)
    assert (evaluation.result, zone.asked) == (Result.PERMERROR, [])
    assert run(evaluate("", (), zone, no_author="there is no From field")).reason == "there is no From field"


# --- failures are temporary ---------------------------------------------------------------------


@pytest.mark.parametrize("failing", ["_dmarc.a.example.com", "_dmarc.example.com", "_dmarc.com"])
def test_a_policy_that_cannot_be_looked_up_is_a_temporary_error(failing: str) -> None:
    zone = Zone({} if failing == "_dmarc.com" else EXAMPLE, fail=[failing])
    evaluation = evaluated("a.example.com", spf("a.example.com"), zone=zone)
    assert evaluation.result is Result.TEMPERROR
    assert evaluation.policy is None
    assert evaluation.reason == f"DNS did not tell TXT of {failing}: SERVFAIL"


def test_an_identifier_that_cannot_be_looked_up_is_a_temporary_error_unless_another_is_aligned() -> None:
    def zone() -> Zone:
        return Zone(EXAMPLE, fail=["_dmarc.b.example.com"])

    evaluation = evaluated("example.com", dkim("b.example.com"), zone=zone())
    assert evaluation.result is Result.TEMPERROR
    assert evaluation.policy is Policy.REJECT  # it applies when the rest is known to fail
    assert (
        evaluated("example.com", dkim("b.example.com"), spf("example.com"), zone=zone()).result is Result.PASS
    )


def test_a_failure_above_what_two_domains_share_does_not_part_them() -> None:
    zone = Zone(EXAMPLE, fail=["_dmarc.com"])
    assert evaluated("example.com", dkim("b.example.com"), zone=zone).result is Result.PASS
    assert evaluated("example.com", dkim("other.com"), zone=zone).result is Result.TEMPERROR
    # The public suffix list knows that nothing stands there.
    assert evaluated("example.com", dkim("other.com"), zone=zone, suffixes=SUFFIXES).result is Result.FAIL


def test_a_temporary_error_of_spf_or_dkim_counts_where_it_could_have_passed() -> None:
    for identifier in (spf("example.com", "temperror"), dkim("a.example.com", "temperror")):
        evaluation = evaluated("example.com", identifier, spf("other.test"))
        assert evaluation.result is Result.TEMPERROR
        assert "ended with a temporary error" in evaluation.reason
    assert evaluated("example.com", dkim("other.test", "temperror")).result is Result.FAIL
    assert (
        evaluated("example.com", spf("example.com", "temperror"), dkim("example.com")).result is Result.PASS
    )


def test_whether_the_author_domain_exists_may_be_unknown() -> None:
    def zone(tags: str) -> Zone:
        return Zone({"_dmarc.example.com": f"v=DMARC1; {tags}"}, fail=["a.example.com"])

    for tags in ("p=none; np=reject", "p=reject; np=none"):
        evaluation = evaluated("a.example.com", zone=zone(tags))
        assert (evaluation.result, evaluation.policy) == (Result.TEMPERROR, Policy.NONE)
    assert evaluated("a.example.com", zone=zone("p=reject; np=reject")).result is Result.FAIL
    passing = zone("p=none; np=reject")
    assert evaluated("a.example.com", dkim("example.com"), zone=passing).result is Result.PASS
    assert "a.example.com A" not in passing.asked


def test_many_signatures_do_not_make_us_ask_for_ever() -> None:
    zone = Zone(EXAMPLE)
    signatures = [dkim(f"a{number}.b.c.example.com", "temperror") for number in range(100)]
    evaluation = evaluated("example.com", *signatures, zone=zone)
    assert evaluation.result is Result.TEMPERROR
    assert len(zone.asked) <= 8 * (MAX_WALKS + 1)
    zone = Zone(EXAMPLE)
    assert evaluated("example.com", *signatures, spf("b.example.com"), zone=zone).result is Result.PASS


# --- the public suffix list ---------------------------------------------------------------------

SUBDOMAIN_ONLY = {"_dmarc.mail.example.com": "v=DMARC1; p=reject"}


@pytest.mark.parametrize("identifier", ["example.com", "other.example.com", "a.mail.example.com"])
def test_a_record_of_old_habits_aligns_by_the_public_suffix_list(identifier: str) -> None:
    way: Way = "treewalk" if identifier.endswith("mail.example.com") else "psl"
    evaluation = evaluated("mail.example.com", dkim(identifier), zone=Zone(SUBDOMAIN_ONLY), suffixes=SUFFIXES)
    assert evaluation.aligned == (Alignment("dkim", identifier, way),)
    alone = evaluated("mail.example.com", dkim(identifier), zone=Zone(SUBDOMAIN_ONLY))
    assert alone.result is (Result.PASS if way == "treewalk" else Result.FAIL)


@pytest.mark.parametrize(
    ("records", "identifier"),
    [
        ({"_dmarc.mail.example.com": "v=DMARC1; p=reject; t=n"}, "example.com"),
        ({"_dmarc.mail.example.com": "v=DMARC1; p=reject; psd=u"}, "example.com"),
        ({"_dmarc.mail.example.com": "v=DMARC1; p=reject; psd=n"}, "example.com"),
        (SUBDOMAIN_ONLY | {"_dmarc.x.example.com": "v=DMARC1; p=none; psd=n"}, "x.example.com"),
        (SUBDOMAIN_ONLY, "example.net"),
        ({"_dmarc.one.github.io": "v=DMARC1; p=reject"}, "two.github.io"),
        ({"_dmarc.mail.example.com": "v=DMARC1; p=reject; adkim=s"}, "example.com"),
    ],
)
def test_the_list_does_not_align_what_an_owner_has_parted(records: dict[str, str], identifier: str) -> None:
    (author,) = [name.removeprefix("_dmarc.") for name in list(records)[:1]]
    assert evaluated(author, dkim(identifier), zone=Zone(records), suffixes=SUFFIXES).result is Result.FAIL


def test_what_the_list_would_align_may_be_unknown() -> None:
    zone = Zone(SUBDOMAIN_ONLY, fail=["_dmarc.x.example.com"])
    assert (
        evaluated("mail.example.com", dkim("x.example.com"), zone=zone, suffixes=SUFFIXES).result
        is Result.TEMPERROR
    )


labels = st.sampled_from(["a", "b", "mail"])
domains = st.lists(labels, max_size=4).map(lambda parts: ".".join([*parts, "example", "com"]))
mechanisms = st.sampled_from(["spf", "dkim"])
results = st.sampled_from(["pass", "temperror", "fail"])
records_ = st.sampled_from(
    [
        f"v=DMARC1; p={p}{more}"
        for p in ("none", "reject", "x")
        for more in ("", "; psd=n", "; psd=y", "; np=reject; t=y")
    ]
)


@given(
    st.dictionaries(domains, records_, max_size=5),
    domains,
    st.lists(st.builds(Identifier, mechanisms, domains, results)),
    st.lists(domains, max_size=2),
    st.booleans(),
)
def test_whatever_is_published_and_signed_the_evaluation_is_consistent(
    records: dict[str, str], author: str, identifiers: list[Identifier], failing: list[str], listed: bool
) -> None:
    zone = Zone(
        {f"_dmarc.{name}": text for name, text in records.items()},
        fail=[f"_dmarc.{name}" for name in failing],
    )
    evaluation = run(evaluate(author, identifiers, zone, SUFFIXES if listed else None))
    assert len(zone.asked) == len(set(zone.asked)) == len(evaluation.answers)
    assert (evaluation.result is Result.PASS) == bool(evaluation.aligned)
    assert evaluation.result is not Result.FAIL or evaluation.policy is not None
    if evaluation.result is Result.TEMPERROR:
        assert failing or any(identifier.result == "temperror" for identifier in identifiers)
    passing = {
        (identifier.mechanism, identifier.domain) for identifier in identifiers if identifier.result == "pass"
    }
    assert {(way.mechanism, way.domain) for way in evaluation.aligned} <= passing
