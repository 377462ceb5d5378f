import subprocess
from datetime import UTC, datetime

import pytest
from asn1crypto import cms as asn1
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from archive import cms
from archive.timestamps import read_reply

NOW = datetime(2027, 1, 2, 3, 4, 5, tzinfo=UTC)
DATA = b"0123  data/index.json\n"


@pytest.fixture
def key(keys):
    return load_pem_private_key(keys.seal_key.read_bytes(), None).private_bytes(
        Encoding.DER, PrivateFormat.PKCS8, NoEncryption()
    )


@pytest.fixture
def chain(keys):
    return [der(keys.seal), der(keys.root)]


def der(path):
    return subprocess.run(
        ["openssl", "x509", "-in", str(path), "-outform", "DER"], capture_output=True, check=True
    ).stdout


def signer_of(signature):
    return asn1.ContentInfo.load(signature)["content"]["signer_infos"][0]


@pytest.fixture
def signature(key, chain):
    return cms.sign(DATA, key=key, chain=chain, now=NOW)


def test_the_signature_is_detached_and_of_version_one(signature):
    signed = asn1.ContentInfo.load(signature)["content"]

    assert signed["encap_content_info"]["content_type"].native == "data"
    assert signed["encap_content_info"]["content"].native is None
    assert signed["version"].native == "v1"
    assert len(signed["signer_infos"]) == 1
    assert DATA not in signature


def test_the_signed_attributes_are_those_of_cades(signature):
    attributes = {
        attribute["type"].native: attribute["values"][0]
        for attribute in signer_of(signature)["signed_attrs"]
    }

    assert {
        "content_type",
        "message_digest",
        "signing_time",
        "signing_certificate_v2",
    } <= attributes.keys()
    assert attributes["signing_time"].native == NOW


def test_the_digest_is_sha256(signature):
    signer = signer_of(signature)

    assert signer["digest_algorithm"]["algorithm"].native == "sha256"
    assert signer["signature_algorithm"]["algorithm"].native == "sha256_ecdsa"


def test_signer_and_root_are_inside(signature, chain):
    inside = asn1.ContentInfo.load(signature)["content"]["certificates"]

    assert {choice.chosen.dump() for choice in inside} == set(chain)


def test_a_signature_has_no_stamp_until_one_is_added(signature):
    assert signer_of(signature)["unsigned_attrs"].native is None


def test_the_stamp_stands_beside_what_it_covers_and_changes_nothing_else(signature, authority):
    value = cms.signature_value(signature)

    stamped = cms.add_stamps(signature, [authority.stamp(value)])

    signer = signer_of(stamped)
    (attribute,) = signer["unsigned_attrs"]
    info = attribute["values"][0]["content"]["encap_content_info"]["content"].parsed
    assert attribute["type"].native == "signature_time_stamp_token"
    assert cms.signature_value(stamped) == value
    assert signer["signed_attrs"].dump() == signer_of(signature)["signed_attrs"].dump()
    assert info["message_imprint"]["hashed_message"].native in stamped


def test_the_token_added_is_that_of_the_reply(signature, authority):
    reply = authority.stamp(cms.signature_value(signature))

    stamped = cms.add_stamps(signature, [reply])

    (attribute,) = signer_of(stamped)["unsigned_attrs"]
    token = attribute["values"][0]
    info = token["content"]["encap_content_info"]["content"].parsed
    assert token.dump() in reply
    assert info["gen_time"].native == read_reply(reply).time
