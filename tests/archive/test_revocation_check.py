"""Judging by lists at the time that a stamp proves."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key
from hypothesis import given
from hypothesis import strategies as st

from archive.ceremony import make_keys
from archive.findings import Outcome
from archive.openssl import Answer, DerError
from archive.revocation import Responder, Revocation, Revoked, new_list, read_lists
from archive.revocation_check import (
    answer_fault,
    believed,
    judged,
    list_pems,
    own_issuer,
    read_list,
    strict,
)
from archive.seal import Seal

NOW = datetime.now(UTC).replace(microsecond=0)
HOUR = timedelta(hours=1)
COMPROMISE = x509.ReasonFlags.key_compromise
SUPERSEDED = x509.ReasonFlags.superseded


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return make_keys(
        tmp_path_factory.mktemp("keys"), station="s", now=NOW - 10 * HOUR, serials=count(1)
    )


@pytest.fixture(scope="module")
def root(made):
    return x509.load_pem_x509_certificate(made.root.read_bytes())


@pytest.fixture(scope="module")
def root_key(made):
    return load_pem_private_key(made.root_key.read_bytes(), None)


@pytest.fixture(scope="module")
def leaf(made):
    return x509.load_pem_x509_certificate(made.seal.read_bytes())


def der(certificate):
    return certificate.public_bytes(Encoding.DER)


@pytest.fixture(scope="module")
def listed(root, root_key):
    def listed(*revoked, now=NOW - 9 * HOUR):
        return read_list(der(new_list(root, root_key, now=now, revoked=revoked)))

    return listed


def test_a_certificate_that_no_list_has_was_not_revoked(listed, leaf):
    outcome, text = judged(der(leaf), [listed(Revoked(99, NOW))], NOW, stamps=False)

    assert outcome is Outcome.PASSED
    assert "was not revoked" in text


@pytest.mark.parametrize(
    ("since", "outcome"),
    [(-HOUR, Outcome.FAILED), (timedelta(), Outcome.FAILED), (HOUR, Outcome.PASSED)],
)
def test_a_seal_of_before_the_revocation_counts_and_one_from_then_on_does_not(
    since, outcome, listed, leaf
):
    known = listed(Revoked(leaf.serial_number, NOW + since, COMPROMISE), now=NOW + 2 * HOUR)

    found, text = judged(der(leaf), [known], NOW, stamps=False)

    assert found is outcome
    assert "the key was lost" in text


@pytest.mark.parametrize(
    ("reason", "since", "outcome"),
    [
        (SUPERSEDED, HOUR, Outcome.PASSED),
        (SUPERSEDED, -HOUR, Outcome.FAILED),
        (COMPROMISE, HOUR, Outcome.FAILED),
        (x509.ReasonFlags.unspecified, HOUR, Outcome.FAILED),
    ],
)
def test_of_an_authority_that_lost_its_key_or_says_no_reason_no_stamp_counts(
    reason, since, outcome, listed, leaf
):
    known = listed(Revoked(leaf.serial_number, NOW + since, reason), now=NOW + 2 * HOUR)

    assert judged(der(leaf), [known], NOW, stamps=True)[0] is outcome


def test_the_earliest_of_several_lists_counts(listed, leaf):
    lists = [listed(), listed(Revoked(leaf.serial_number, NOW - HOUR), now=NOW), listed()]

    assert judged(der(leaf), lists, NOW, stamps=False)[0] is Outcome.FAILED


def test_a_list_that_had_ended_by_then_says_nothing(listed, leaf):
    old = listed(now=NOW - timedelta(days=500))

    assert judged(der(leaf), [old], NOW, stamps=False)[0] is None


def test_a_list_of_after_the_certificates_end_may_have_left_it_out(listed, leaf):
    late = listed(now=NOW + timedelta(days=4 * 365))

    assert judged(der(leaf), [late], NOW, stamps=False)[0] is None


def test_the_day_that_a_list_gives_for_the_loss_of_a_key_counts_if_it_is_earlier(
    root, root_key, leaf
):
    entry = (
        x509.RevokedCertificateBuilder()
        .serial_number(leaf.serial_number)
        .revocation_date(NOW + HOUR)
        .add_extension(x509.InvalidityDate((NOW - HOUR).replace(tzinfo=None)), critical=False)
    )
    builder = x509.CertificateRevocationListBuilder().issuer_name(root.subject)
    crl = (
        builder.last_update(NOW).next_update(NOW + 9 * HOUR).add_revoked_certificate(entry.build())
    )
    known = read_list(der(crl.sign(root_key, hashes.SHA256())))

    assert judged(der(leaf), [known], NOW, stamps=False)[0] is Outcome.FAILED


def test_a_root_is_its_own_issuer(root, leaf):
    assert own_issuer(der(root))
    assert not own_issuer(der(leaf))


def test_only_lists_that_their_issuer_signed_are_believed(made, root, tmp_path):
    twin = make_keys(tmp_path, station="s", now=NOW, serials=count(1))
    (ours,), (theirs,) = (list_pems(one.crl.read_bytes()) for one in (made, twin))

    assert list(believed([ours], [der(root)])) == [read_list(ours)]
    (answer,) = believed([theirs], [der(root)])
    assert isinstance(answer, Answer)
    assert answer.holds is False
    assert list(believed([ours], [])) == []
    (answer,) = believed([b"\x30\x00"], [der(root)])
    assert "cannot be read" in answer.reason


def test_a_pem_file_has_its_lists_in_order(made):
    text = made.crl.read_bytes()

    assert list_pems(text + b"\n" + text) == list_pems(text) * 2
    assert list_pems(b"") == []
    with pytest.raises(DerError):
        list_pems(b"-----BEGIN X509 CRL-----\n*\n-----END X509 CRL-----")


@given(data=st.data())
def test_a_list_cut_short_or_changed_is_read_or_refused_and_never_worse(data, made):
    (whole,) = list_pems(made.crl.read_bytes())
    at = data.draw(st.integers(0, len(whole) - 1))
    byte = data.draw(st.integers(0, 255))
    for broken in (whole[:at], whole[:at] + bytes([byte]) + whole[at + 1 :]):
        with suppress(DerError):
            read_list(broken)


@pytest.mark.parametrize(
    "members",
    [
        [],
        [b"\x02\x01\x01"],
        [b"\x30\x00", b"\x30\x00", b"\x02\x01\x05"],
        [b"\x30\x00", b"\x30\x00", b"\x17\x0d260101000000Z", b"\x30\x02\x30\x00"],
        [
            *(b"\x30\x00", b"\x30\x00", b"\x17\x0d260101000000Z"),
            b"\x30\x18\x30\x16\x02\x01\x05\x17\x0d260101000000Z\x30\x02\x30\x00",
        ],
    ],
)
def test_what_is_no_list_is_said_so(members):
    inside = b"".join(members)
    wrapped = b"\x30" + bytes([len(inside)]) + inside
    whole = wrapped + b"\x30\x00\x03\x00"

    with pytest.raises(DerError):
        read_list(b"\x30" + bytes([len(whole)]) + whole)


def test_der_has_one_way_to_write_a_length(made):
    (whole,) = list_pems(made.crl.read_bytes())

    assert strict(whole)
    assert not strict(b"\x30\x81\x02\x05\x00")
    assert not strict(b"\x30\x04\x04\x81\x01\x00")
    assert strict(b"\x04\x82\x01\x00" + bytes(256))


# --- The answer in a container's signature ---


@pytest.fixture(scope="module")
def answered(made, root, leaf):
    known = Revocation(read_lists([made.crl]), Responder.load(made.ocsp_key, made.ocsp))
    seal = Seal.load(made.seal_key, made.seal, made.root, known)
    responder = x509.load_pem_x509_certificate(made.ocsp.read_bytes())
    chain = [der(leaf), der(root)]

    def fault(answer=None, *, stamped=NOW, responder=der(responder), chain=chain):  # noqa: B008
        given = seal.answer(NOW) if answer is None else answer(seal.answer(NOW))
        return answer_fault(given, responder, chain, made.root.read_bytes(), stamped)

    return fault


def test_the_answer_of_the_stations_responder_holds(answered):
    assert answered().holds


def test_an_answer_of_before_the_stamp_is_refused(answered):
    assert "before the stamp" in answered(stamped=NOW + HOUR).reason


def test_an_answer_on_another_certificate_is_refused(answered, made, root):
    other = der(x509.load_pem_x509_certificate(made.ocsp.read_bytes()))

    assert answered(chain=[other, der(root)]).holds is False


def test_an_answer_of_another_responder_is_refused(answered, leaf):
    assert answered(responder=der(leaf)).holds is False


def test_an_answer_whose_key_the_root_did_not_give_is_refused(answered, made, root, leaf, tmp_path):
    twin = make_keys(tmp_path, station="s", now=NOW, serials=count(1))
    theirs = Responder.load(twin.ocsp_key, twin.ocsp)
    (crl,) = read_lists([made.crl])
    answer = theirs.answer(leaf, root, crl, NOW)
    responder = der(x509.load_pem_x509_certificate(twin.ocsp.read_bytes()))

    assert answered(lambda _: answer, responder=responder).holds is False


def test_bytes_around_what_the_responder_signed_cannot_be_changed(answered):
    for at in range(0, 700, 13):
        changed = answered(lambda a, at=at: a[:at] + bytes([a[at] ^ 1]) + a[at + 1 :])
        assert not changed.holds, at
    assert not answered(lambda a: a + b"\0").holds
    assert not answered(lambda _: b"").holds


def test_an_answer_that_gives_no_time_is_refused(answered, leaf):
    inner = b"\x30\x00\x30\x0a\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x02\x03\x01\x00"
    certificate = der(leaf)
    certs = _wrap(0xA0, _wrap(0x30, certificate))
    octets = _wrap(0x04, _wrap(0x30, inner + certs))
    kind = bytes.fromhex("06092b0601050507300101")
    whole = _wrap(0x30, b"\x0a\x01\x00" + _wrap(0xA0, _wrap(0x30, kind + octets)))

    assert "gives no time" in answered(lambda _: whole, responder=certificate).reason


def _wrap(tag, body):
    size = len(body)
    if size < 0x80:
        return bytes([tag, size]) + body
    digits = size.to_bytes((size.bit_length() + 7) // 8)
    return bytes([tag, 0x80 | len(digits)]) + digits + body


@pytest.mark.parametrize(
    "extension",
    [
        x509.IssuingDistributionPoint(
            full_name=None,
            relative_name=None,
            only_contains_user_certs=False,
            only_contains_ca_certs=True,
            only_some_reasons=None,
            indirect_crl=False,
            only_contains_attribute_certs=False,
        ),
        x509.DeltaCRLIndicator(1),
    ],
    ids=["of authorities only", "of what changed"],
)
def test_a_list_of_a_part_vouches_for_nothing_that_it_does_not_name(
    extension, root, root_key, leaf
) -> None:
    def listed(*serials: int) -> bytes:
        builder = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(root.subject)
            .last_update(NOW)
            .next_update(NOW + HOUR)
            .add_extension(extension, critical=True)
        )
        for serial in serials:
            entry = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(NOW)
            builder = builder.add_revoked_certificate(entry.build())
        return builder.sign(root_key, hashes.SHA256()).public_bytes(Encoding.DER)

    silent, naming = (
        list(believed([it], [der(root)])) for it in (listed(), listed(leaf.serial_number))
    )

    assert judged(der(leaf), silent, NOW, stamps=False)[0] is None
    assert judged(der(leaf), naming, NOW, stamps=False)[0] is Outcome.FAILED
