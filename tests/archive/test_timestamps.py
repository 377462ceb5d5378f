import subprocess
from datetime import UTC, datetime, timedelta
from hashlib import sha1, sha256, sha512
from itertools import count

import pytest
from asn1crypto import algos, core, tsp
from asn1crypto import cms as asn1
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given, settings
from hypothesis import strategies as st

from archive import cms
from archive.authorities.trial import make_authority
from archive.ceremony import make_keys
from archive.errors import AuthorityRefusedError, MalformedError
from archive.timestamps import Reply, check_reply, read_reply, request

NOW = datetime(2027, 3, 4, 5, 6, 7, 890_000, tzinfo=UTC)
DATA = b"the bytes to be stamped"
NONCE = 0x0123456789ABCDEF
AUTHORITY = make_authority(now=NOW, serials=count(1))


def asked(data=DATA, nonce=NONCE, policy=None):
    return request(sha256(data).digest(), nonce=nonce, policy=policy)


def reply_to(query, *, authority=AUTHORITY, now=NOW):
    return authority.reply(query, now=now, serial=42)


def check(reply, *, data=DATA, nonce=NONCE, trust=AUTHORITY.trust_pem, policy=None):
    return check_reply(reply, sha256(data).digest(), nonce=nonce, trust_pem=trust, policy=policy)


def info(**changes):
    members = {
        "version": "v1",
        "policy": AUTHORITY.policy,
        "message_imprint": {
            "hash_algorithm": algos.DigestAlgorithm({"algorithm": "sha256"}),
            "hashed_message": sha256(DATA).digest(),
        },
        "serial_number": 7,
        "gen_time": NOW,
        "nonce": NONCE,
    }
    return tsp.TSTInfo(members | changes)


def signed(content, *, key=AUTHORITY.key, certificate=AUTHORITY.certificate):
    return cms.sign_stamp(content, key=key, chain=[certificate], now=NOW)


def granted(token):
    return Reply({"status": {"status": "granted"}, "time_stamp_token": token}).dump()


def changed(change):
    """Return a reply whose signed data ``change`` has changed after signing."""
    token = signed(info())
    content = token["content"]
    change(content)
    return granted(asn1.ContentInfo({"content_type": "signed_data", "content": content}))


def without_certificates(content):
    content["certificates"] = asn1.CertificateSet([])


def with_another_certificate(content):
    content["certificates"] = asn1.CertificateSet([make_other()])


def make_other():
    other = make_authority(now=NOW, serials=count(1))
    return asn1.CertificateChoices.load(other.certificate)


def without_signer(content):
    content["signer_infos"] = asn1.SignerInfos([])


def with_another_time(content):
    later = info(gen_time=NOW + timedelta(days=1))
    content["encap_content_info"] = asn1.EncapsulatedContentInfo(
        {"content_type": "tst_info", "content": core.ParsableOctetString(later.dump())}
    )


def with_another_signature(content):
    content["signer_infos"][0]["signature"] = bytes(70)


def naming(kind, values):
    """Return a change that lets the signer name its certificate otherwise."""

    def change(content):
        kept = [
            attribute
            for attribute in content["signer_infos"][0]["signed_attrs"]
            if attribute["type"].native != "signing_certificate_v2"
        ]
        named = [asn1.CMSAttribute({"type": kind, "values": values})] if values else []
        content["signer_infos"][0]["signed_attrs"] = asn1.CMSAttributes([*kept, *named])

    return change


def essential(certificate_hash):
    return [tsp.SigningCertificate({"certs": [tsp.ESSCertID({"cert_hash": certificate_hash})]})]


def essential_v2(certificate_hash, algorithm):
    identifier = {
        "hash_algorithm": algos.DigestAlgorithm({"algorithm": algorithm}),
        "cert_hash": certificate_hash,
    }
    return [tsp.SigningCertificateV2({"certs": [tsp.ESSCertIDv2(identifier)]})]


def test_a_request_asks_for_the_certificate_and_carries_the_nonce():
    parsed = tsp.TimeStampReq.load(asked(policy="1.2.3"))

    assert parsed["cert_req"].native is True
    assert parsed["nonce"].native == NONCE
    assert parsed["req_policy"].dotted == "1.2.3"
    assert parsed["message_imprint"]["hashed_message"].native == sha256(DATA).digest()


def test_openssl_reads_the_request(tmp_path):
    (tmp_path / "q.tsq").write_bytes(asked())

    text = subprocess.run(
        ["openssl", "ts", "-query", "-in", str(tmp_path / "q.tsq"), "-text"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout

    assert "Certificate required: yes" in text
    assert "0x0123456789ABCDEF" in text


def test_a_reply_that_holds_says_when():
    stamp = check(reply_to(asked()))

    assert stamp.time == NOW
    assert stamp.serial == 42
    assert stamp.policy == AUTHORITY.policy
    assert stamp.imprint == sha256(DATA).digest()


def test_a_reply_without_policy_asked_is_under_the_authoritys_own():
    assert check(reply_to(asked(policy=AUTHORITY.policy)), policy=AUTHORITY.policy)


def test_a_reply_is_read_without_being_checked():
    assert read_reply(reply_to(asked())).time == NOW


def test_a_reply_is_checked_without_encoding_any_of_it_again(monkeypatch):
    reply = reply_to(asked())

    def encode(*_, **__):
        pytest.fail("a part of the reply was encoded")

    monkeypatch.setattr(core.Sequence, "_set_contents", encode)
    assert check(reply).time == NOW


def test_openssl_verifies_what_was_checked(tmp_path):
    authority = make_authority(now=datetime.now(UTC), serials=count(1))
    reply = reply_to(asked(), authority=authority, now=datetime.now(UTC))
    for name, data in {"d": DATA, "d.tsr": reply, "TSA.pem": authority.trust_pem}.items():
        (tmp_path / name).write_bytes(data)

    check(reply, trust=authority.trust_pem)
    run = subprocess.run(
        ["openssl", "ts", "-verify", "-data", "d", "-in", "d.tsr", "-CAfile", "TSA.pem"],
        cwd=tmp_path,
        capture_output=True,
        check=False,
    )

    assert run.returncode == 0, run.stderr


def test_a_certificate_that_has_ended_since_still_holds_at_its_time():
    old = make_authority(now=NOW - timedelta(days=40 * 365), serials=count(1))
    then = NOW - timedelta(days=30 * 365)

    stamp = check(reply_to(asked(), authority=old, now=then), trust=old.trust_pem)

    assert stamp.time == then


def test_a_stamp_from_after_the_certificates_end_does_not_hold():
    late = NOW + timedelta(days=21 * 365)

    with pytest.raises(AuthorityRefusedError, match="does not hold"):
        check(reply_to(asked(), now=late))


def test_the_one_trusted_may_be_named_twice_and_among_others():
    other = make_authority(now=NOW, serials=count(1))

    assert check(reply_to(asked()), trust=other.trust_pem + 2 * AUTHORITY.trust_pem)


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (reply_to(asked(data=b"other bytes")), "over other bytes"),
        (reply_to(asked(nonce=NONCE + 1)), "another request"),
        (granted(signed(info(nonce=None))), "another request"),
        (reply_to(asked(), authority=make_authority(now=NOW, serials=count(1))), "does not hold"),
        (reply_to(asked(policy="1.2.3")), r"unaccepted_policy: the policy here is 2\.999\.1"),
        (reply_to(b"nonsense"), "bad_data_format: not a time-stamp request"),
        (Reply({"status": {"status": "waiting"}}).dump(), r"\(waiting\): no reason given"),
        (Reply({"status": {"status": "granted"}}).dump(), "holds no token"),
        (b"", "not a time-stamp reply"),
        (b"<html>hello</html>", "not a time-stamp reply"),
        (reply_to(asked())[:-1], "not a time-stamp reply"),
        (reply_to(asked()) + b"\0", "not a time-stamp reply"),
        (changed(without_certificates), "not inside the token"),
        (changed(with_another_certificate), "ESSCertID"),
        (changed(without_signer), "exactly one signer"),
        (changed(with_another_time), "does not hold"),
        (changed(with_another_signature), "does not hold"),
        (changed(naming("signing_certificate_v2", None)), "ESSCertID"),
        (changed(naming("signing_certificate_v2", essential_v2(bytes(32), "sha256"))), "ESSCert"),
        (
            changed(
                naming(
                    "signing_certificate_v2",
                    essential_v2(sha512(AUTHORITY.certificate).digest(), "sha512"),
                )
            ),
            "does not hold",
        ),
        (changed(naming("signing_certificate", essential(bytes(20)))), "ESSCertID"),
        (
            changed(naming("signing_certificate", essential(sha1(AUTHORITY.certificate).digest()))),
            "does not hold",
        ),
    ],
)
def test_a_reply_that_lies_is_refused(reply, reason):
    with pytest.raises(AuthorityRefusedError, match=reason):
        check(reply)


def test_a_stamp_over_another_kind_of_hash_is_refused():
    weak = {
        "hash_algorithm": algos.DigestAlgorithm({"algorithm": "sha1"}),
        "hashed_message": sha1(DATA).digest(),
    }

    with pytest.raises(AuthorityRefusedError, match="over other bytes"):
        check(granted(signed(info(message_imprint=weak))))


def test_a_stamp_under_another_policy_than_asked_is_refused():
    with pytest.raises(AuthorityRefusedError, match=r"under policy 2\.999\.1, not 1\.2\.3"):
        check(reply_to(asked()), policy="1.2.3")


def test_a_stamp_by_a_certificate_for_other_purposes_is_refused(tmp_path):
    keys = make_keys(tmp_path, station="s", now=NOW, serials=[1, 2, 3])
    seal = x509.load_pem_x509_certificate(keys.seal.read_bytes()).public_bytes(Encoding.DER)
    key = core_key(keys.seal_key)

    with pytest.raises(AuthorityRefusedError, match="does not hold"):
        check(granted(signed(info(), key=key, certificate=seal)), trust=keys.root.read_bytes())


def core_key(path):
    return subprocess.run(
        ["openssl", "pkcs8", "-topk8", "-nocrypt", "-in", str(path), "-outform", "DER"],
        capture_output=True,
        check=True,
    ).stdout


@pytest.mark.parametrize("content", ["data", "enveloped"])
def test_a_token_about_something_else_is_refused(content):
    token = (
        asn1.ContentInfo.load(
            cms.sign(DATA, key=AUTHORITY.key, chain=[AUTHORITY.certificate], now=NOW)
        )
        if content == "data"
        else asn1.ContentInfo({"content_type": "data", "content": b"x"})
    )

    with pytest.raises(AuthorityRefusedError, match=r"not about a time|holds no token"):
        check(granted(token))


@pytest.mark.parametrize("trust", [b"", b"not PEM"])
def test_trust_that_is_no_certificate_is_said(trust):
    with pytest.raises(AuthorityRefusedError, match="are not PEM"):
        check(reply_to(asked()), trust=trust)


@settings(deadline=None)
@given(st.binary(max_size=64))
def test_any_bytes_are_a_reply_or_refused(data):
    with pytest.raises(MalformedError):
        read_reply(data)


GOOD = reply_to(asked())


def test_a_reply_that_is_almost_one_is_refused():
    # Signed data of version 1 is built otherwise than the rest of it says.
    almost = GOOD.replace(bytes.fromhex("020103310f300d06"), bytes.fromhex("020101310f300d06"), 1)

    with pytest.raises(MalformedError, match="cannot be read"):
        read_reply(almost)
    with pytest.raises(AuthorityRefusedError, match="cannot be read"):
        check(almost)


@settings(max_examples=50)
@given(st.integers(0, len(GOOD) - 1), st.integers(1, 255))
def test_a_changed_byte_is_refused_or_changes_nothing_that_is_read(at, by):
    damaged = bytearray(GOOD)
    damaged[at] ^= by

    try:
        stamp = check(bytes(damaged))
    except AuthorityRefusedError:
        return
    assert stamp == read_reply(GOOD)
