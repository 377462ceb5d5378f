"""What a seal signs with."""

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from archive.errors import KeyFileError
from archive.seal_keys import FileKey, can_seal


def test_a_key_in_a_file_signs_so_that_its_public_half_verifies(keys):
    key = FileKey.load(keys.seal_key)

    key.public.verify(key.sign(b"x"), b"x", ec.ECDSA(hashes.SHA256()))


@pytest.mark.parametrize(
    ("key", "good"),
    [
        (ec.generate_private_key(ec.SECP256R1()), True),
        (ec.generate_private_key(ec.SECP384R1()), False),
        (rsa.generate_private_key(65537, 3072), True),
        (rsa.generate_private_key(65537, 2048), False),
        (ed25519.Ed25519PrivateKey.generate(), False),
    ],
)
def test_only_keys_that_everybody_can_verify_seal(key, good):
    assert can_seal(key.public_key()) is good


def test_a_file_with_a_key_that_cannot_seal_is_refused(keys):
    with pytest.raises(KeyFileError, match="holds a key that cannot seal"):
        FileKey.load(keys.log_key)
