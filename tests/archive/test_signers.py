"""What the library signs with; `test_cms` and `test_token_keys` show what it makes of it."""

import asyncio

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from archive.signers import signer_of


def test_somebody_who_signs_bytes_is_asked_for_them_and_a_dry_run_takes_room_only(keys):
    chain = [
        x509.load_pem_x509_certificate(path.read_bytes()).public_bytes(Encoding.DER)
        for path in (keys.seal, keys.root)
    ]
    asked = []
    signer = signer_of(lambda data: asked.append(data) or b"made", chain, roots=True)

    assert len(asyncio.run(signer.async_sign_raw(b"x", "sha256", dry_run=True))) == 512
    assert asked == []
    assert asyncio.run(signer.async_sign_raw(b"x", "sha256")) == b"made"
    assert asked == [b"x"]
