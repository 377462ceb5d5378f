"""Files of keys and certificates; `test_seal` shows what a seal makes of each."""

import pytest
from cryptography import x509

from archive import key_files
from archive.errors import KeyFileError


def test_a_private_key_that_others_can_reach_is_refused(keys):
    assert key_files.private_key(keys.seal_key)
    keys.seal_key.chmod(0o644)

    with pytest.raises(KeyFileError, match="chmod 600 it"):
        key_files.private_key(keys.seal_key)


def test_a_certificate_for_something_else_or_of_another_root_is_refused(keys):
    (seal,) = key_files.certificates(keys.seal)
    (root,) = key_files.certificates(keys.root)

    key_files.check_usage(seal, keys.seal)
    key_files.check_chain([seal, root], keys.seal, keys.root)
    with pytest.raises(KeyFileError, match="is not for sealing"):
        key_files.check_usage(root, keys.root)
    with pytest.raises(KeyFileError, match="does not lead to the root"):
        key_files.check_chain([root, seal], keys.root, keys.seal)
    assert isinstance(seal, x509.Certificate)
