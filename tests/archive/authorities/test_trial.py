import subprocess
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from itertools import count

import pytest
from asn1crypto import tsp
from cryptography import x509

from archive.authorities.trial import make_authority
from archive.timestamps import Reply, check_reply, read_reply, request

NOW = datetime(2027, 3, 4, 5, 6, 7, tzinfo=UTC)
DIGEST = sha256(b"data").digest()
AUTHORITY = make_authority(now=NOW, serials=count(5))


def status_of(reply):
    return Reply.load(reply)["status"].native


def test_it_stamps_at_the_time_it_is_given():
    then = NOW + timedelta(days=400, microseconds=5)

    reply = AUTHORITY.reply(request(DIGEST, nonce=1), now=then, serial=9)

    assert read_reply(reply).time == then
    assert read_reply(reply).serial == 9
    assert check_reply(reply, DIGEST, nonce=1, trust_pem=AUTHORITY.trust_pem)


def test_its_certificate_is_for_time_stamps_and_nothing_else():
    certificate = x509.load_der_x509_certificate(AUTHORITY.certificate)
    purpose = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage)

    assert purpose.critical
    assert list(purpose.value) == [x509.oid.ExtendedKeyUsageOID.TIME_STAMPING]
    assert certificate.serial_number == 6
    certificate.verify_directly_issued_by(x509.load_pem_x509_certificate(AUTHORITY.trust_pem))


def test_openssl_makes_a_request_and_verifies_the_reply(tmp_path):
    authority = make_authority(now=datetime.now(UTC), serials=count(1), policy="1.2.3.4")
    (tmp_path / "data").write_bytes(b"data")
    (tmp_path / "TSA.pem").write_bytes(authority.trust_pem)
    query = "openssl ts -query -data data -sha256 -cert -out q.tsq"
    subprocess.run(query.split(), cwd=tmp_path, check=True, capture_output=True)

    asked = (tmp_path / "q.tsq").read_bytes()
    (tmp_path / "r.tsr").write_bytes(authority.reply(asked, now=datetime.now(UTC), serial=3))
    verify = "openssl ts -verify -queryfile q.tsq -in r.tsr -CAfile TSA.pem"
    run = subprocess.run(verify.split(), cwd=tmp_path, check=False, capture_output=True)

    assert run.returncode == 0, run.stderr


def test_a_request_without_a_nonce_gets_a_stamp_without_one():
    asked = tsp.TimeStampReq.load(request(DIGEST, nonce=1))
    del asked["nonce"]

    reply = Reply.load(AUTHORITY.reply(asked.dump(force=True), now=NOW, serial=1))

    token = reply["time_stamp_token"]["content"]["encap_content_info"]["content"].parsed
    assert token["nonce"].native is None


@pytest.mark.parametrize(
    ("query", "fault"),
    [
        (b"", "bad_data_format"),
        (b"\x30\x03\x02\x01", "bad_data_format"),
        (request(DIGEST, nonce=1, policy="1.2.3"), "unaccepted_policy"),
    ],
)
def test_what_it_cannot_stamp_it_refuses_with_the_reason(query, fault):
    status = status_of(AUTHORITY.reply(query, now=NOW, serial=1))

    assert status["status"] == "rejection"
    assert status["fail_info"] == {fault}
    assert status["status_string"]


def test_it_stamps_no_other_hash_than_sha256():
    asked = tsp.TimeStampReq.load(request(DIGEST, nonce=1))
    asked["message_imprint"]["hash_algorithm"] = {"algorithm": "sha512"}

    status = status_of(AUTHORITY.reply(asked.dump(force=True), now=NOW, serial=1))

    assert status["fail_info"] == {"bad_alg"}
