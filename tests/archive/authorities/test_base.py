from archive.authorities.base import Authority
from archive.authorities.http import HttpAuthority


def test_the_one_over_http_is_an_authority(authority):
    asked: Authority = authority

    assert isinstance(asked, HttpAuthority)
    assert asked.name == "trial"
    assert asked.trust_pem.startswith(b"-----BEGIN CERTIFICATE-----")
    assert asked.stamp(b"data")
