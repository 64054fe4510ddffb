from __future__ import annotations

from gatepost.checks.evidence import ArcEvidence, DkimEvidence, DmarcEvidence, NoteEvidence, SpfEvidence
from gatepost.checks.finding import Finding, Result, Stage
from gatepost.checks.identity.proofs import chain_of, results_of
from gatepost.mailauth.arc import Chain, Status
from gatepost.mailauth.results import read, write


def finding(name: str, *evidence: object) -> Finding:
    return Finding(
        check="c",
        stage=Stage.CONTENT,
        result=Result.CLEAN,
        name=name,
        evidence=evidence,  # type: ignore[arg-type]
    )


def test_each_proof_is_a_result_with_what_it_is_about() -> None:
    results = results_of(
        [
            finding("spf-pass", SpfEvidence("pass", "mailfrom", "192.0.2.7", "a.test", "it matches")),
            finding(
                "dkim-pass",
                DkimEvidence("pass", "a.test", "s1", algorithm="rsa-sha256", header_b="abc+/="),
                DkimEvidence("fail", "b.test", "s2", "the body hash does not match"),
            ),
            finding("arc-pass", ArcEvidence("pass", ("c.test",))),
            finding("dmarc-pass", DmarcEvidence("pass", "a.test", "aligned", "reject")),
            finding("other", NoteEvidence("not told")),
        ]
    )
    field = write("gw.test", results)
    assert field == (
        b"Authentication-Results: gw.test;\r\n"
        b" spf=pass smtp.mailfrom=a.test;\r\n"
        b' dkim=pass header.d=a.test header.s=s1 header.a=rsa-sha256 header.b="abc+/=";\r\n'
        b' dkim=fail reason="the body hash does not match" header.d=b.test header.s=s2;\r\n'
        b" arc=pass;\r\n"
        b" dmarc=pass header.from=a.test policy.dmarc=reject\r\n"
    )
    assert [one.method for one in read(field.partition(b":")[2]).results] == [
        "spf",
        "dkim",
        "dkim",
        "arc",
        "dmarc",
    ]


def test_the_chain_is_what_was_verified() -> None:
    dkim = finding("dkim-pass", DkimEvidence("pass", "a.test", "s1"))
    assert chain_of([dkim]) is None
    assert chain_of([dkim, finding("arc-none")]) == Chain(Status.NONE)
    for status in (Status.PASS, Status.TEMPERROR):
        evidence = ArcEvidence(status, ("c.test", "b.test"), newest=2)
        assert chain_of([dkim, finding(f"arc-{status}", evidence)]) == Chain(status, newest=2)
    broken = ArcEvidence("fail", ("c.test",), "the newest seal says so", newest=4, ended=True)
    assert chain_of([finding("arc-fail", broken)]) == Chain(Status.FAIL, broken.reason, newest=4, ended=True)


def test_what_is_weak_about_a_chain_is_told() -> None:
    [result] = results_of(
        [finding("arc-pass", ArcEvidence("pass", ("c.test",), weak="it is made by rsa-sha1"))]
    )
    assert (result.method, result.result, result.reason) == ("arc", "pass", "it is made by rsa-sha1")


def test_a_message_without_signatures_says_so() -> None:
    assert [(one.method, one.result) for one in results_of([finding("dkim-none")])] == [("dkim", "none")]
