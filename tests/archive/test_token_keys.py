"""A seal key on a token, before the judges that a key in a file has; and a PIN that is wrong."""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pkcs11
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from archive.errors import KeyFileError
from archive.seal import Seal
from archive.seal_keys import FileKey
from archive.token_keys import Refusals, TokenKey
from archive.verify import Outcome, examine
from tests.archive.token_making import PIN, Token, soft_token, tool


@pytest.fixture(scope="module")
def token(station, tmp_path_factory) -> Token:
    with soft_token(tmp_path_factory.mktemp("token")) as made:
        made.take(station.folder / "seal.key.pem", "seal", "01")
        yield made


@pytest.fixture
def refusals(tmp_path) -> Refusals:
    return Refusals(tmp_path / "state/refused.json", b"salt of a station")


@pytest.fixture
def public(station):
    return x509.load_pem_x509_certificate(station.seal.certificate_pem).public_key()


@pytest.fixture
def key_of(token, public, refusals):
    def key_of(*, pin=PIN, **more):
        place = replace(token.place, **more)
        return TokenKey(place, pin, public, refusals)

    return key_of


def test_a_bundle_that_a_token_sealed_passes_every_check(
    station, token, key_of, short_history, tmp_path
) -> None:
    key = key_of()
    key.check()
    files = (station.folder / name for name in ("seal.pem", "root.pem"))
    seal = Seal.on_token(lambda _: key, *files, station.seal.revocation)
    sealing = replace(station, seal=seal)

    finished = sealing.make(sealing.source(lambda: short_history(20)), tmp_path)

    report = examine(finished.files[-1].path, station.anchors, processes=1)
    assert report.outcome is Outcome.PASSED, str(report)
    said = subprocess.run(
        ["pdfsig", "-nocert", tmp_path / "work/bag/alarm-history.pdf"],
        capture_output=True,
        check=False,
    ).stdout.decode()
    assert "Signature is Valid" in said


def test_an_rsa_key_on_a_token_signs_too(token, refusals, tmp_path) -> None:
    made = rsa.generate_private_key(65537, 3072)
    path = tmp_path / "rsa.pem"
    path.touch(mode=0o600)
    path.write_bytes(made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    token.take(path, "rsa", "02")

    key = TokenKey(replace(token.place, key="rsa"), PIN, made.public_key(), refusals)
    key.check()

    # PKCS#1 v1.5 has one signature for one text.
    assert key.sign(b"x") == FileKey.load(path).sign(b"x")


def test_a_pin_that_was_refused_is_not_tried_again_until_it_is_another(
    key_of, refusals, tmp_path, monkeypatch
) -> None:
    with pytest.raises(KeyFileError, match="refuses the PIN"):
        key_of(pin="000000").check()
    kept = tmp_path / "state/refused.json"
    assert kept.stat().st_mode & 0o777 == 0o600
    assert "000000" not in kept.read_text()

    # The token is not so much as looked for.
    with monkeypatch.context() as patch:
        patch.setattr(TokenKey, "_token", None)
        with pytest.raises(KeyFileError, match="refused this PIN before, and it is not tried"):
            key_of(pin="000000").check()
    key_of().check()

    refusals.forget()
    with pytest.raises(KeyFileError, match="refuses the PIN"):
        key_of(pin="000000").check()


@pytest.mark.parametrize("kept", ["", "[]", '{"salt":"x","refused":1}', '{"salt":"00"}'])
def test_what_cannot_be_read_of_refusals_refuses_nothing(kept, key_of, tmp_path) -> None:
    (tmp_path / "state").mkdir()
    (tmp_path / "state/refused.json").write_text(kept)

    key_of().check()


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"module": Path("/usr/lib/none.so")}, "is no PKCS#11 module that can be loaded here"),
        ({"module": Path("/etc/hostname")}, "is no PKCS#11 module that can be loaded here"),
        ({"token": "another"}, "there is no token another that .* can reach"),
        ({"key": "another"}, "has no key, or several, labelled another"),
        ({"pin": "1"}, "refuses the PIN"),
    ],
)
def test_each_thing_that_is_wrong_is_said_in_words(more, said, key_of) -> None:
    with pytest.raises(KeyFileError, match=said):
        key_of(**more).check()


def test_a_key_that_is_not_that_of_the_certificate_is_refused(token, other_station, key_of) -> None:
    token.take(other_station.folder / "seal.key.pem", "theirs", "03")

    with pytest.raises(KeyFileError, match="is not the key of the seal certificate"):
        key_of(key="theirs").check()


def test_a_key_of_another_kind_than_its_certificate_does_not_sign(
    token, station, refusals, tmp_path
) -> None:
    public = rsa.generate_private_key(65537, 3072).public_key()

    with pytest.raises(KeyFileError, match="does not sign"):
        TokenKey(token.place, PIN, public, refusals).check()


class Locked:
    """A token as one that is locked, or soon would be, answers; SoftHSM never locks."""

    def __init__(self, flags):
        self.flags = flags

    def open(self, **_):
        raise pkcs11.PinLocked


@pytest.mark.parametrize("name", ["USER_PIN_LOCKED", "USER_PIN_FINAL_TRY", "RNG"])
def test_a_token_that_is_locked_or_would_be_is_left_alone(name, key_of, monkeypatch) -> None:
    locked = Locked(getattr(pkcs11.TokenFlag, name))
    monkeypatch.setattr(TokenKey, "_token", lambda _: locked)

    with pytest.raises(KeyFileError, match="is locked"):
        key_of().check()


def test_a_token_that_cannot_be_opened_for_another_reason_is_said_so(key_of, monkeypatch) -> None:
    class Broken(Locked):
        def open(self, **_):
            raise pkcs11.DeviceError

    monkeypatch.setattr(TokenKey, "_token", lambda _: Broken(pkcs11.TokenFlag.RNG))

    with pytest.raises(KeyFileError, match="cannot be opened: DeviceError"):
        key_of().check()


def test_a_certificate_of_a_key_that_cannot_seal_is_refused(keys, tmp_path) -> None:
    with pytest.raises(KeyFileError, match="key that cannot seal"):
        Seal.on_token(lambda _: None, listener(tmp_path), keys.root)


def listener(folder: Path) -> Path:
    """Return a certificate of an Ed25519 key."""
    path = folder / "odd.pem"
    command = "openssl req -x509 -newkey ed25519 -nodes -keyout /dev/null -subj /CN=odd -days 1"
    subprocess.run([*command.split(), "-out", path], capture_output=True, check=True)
    return path


def test_without_the_package_that_speaks_to_tokens_its_name_is_said(tmp_path) -> None:
    (tmp_path / "pkcs11.py").write_text("raise ImportError('none')")
    program = (
        "from pathlib import Path\nfrom archive.token_keys import _library\n_library(Path('x'))\n"
    )

    done = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        check=False,
    )

    assert b"needs the package python-pkcs11" in done.stderr


def test_a_token_that_was_put_in_since_is_found(key_of, token) -> None:
    with pytest.raises(KeyFileError, match="there is no token late"):
        key_of(token="late").check()
    tool("--init-token", "--free", "--label", "late", "--so-pin", "314159", "--pin", PIN)

    with pytest.raises(KeyFileError, match="has no key"):
        key_of(token="late").check()
