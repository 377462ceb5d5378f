"""A seal key on a token (PKCS#11): a hardware module or a card, which never gives it away.

The token is opened for each signature and left again, so that one that was pulled and put back is
found.  A PIN that the token refused is never tried again by itself: a few tries lock a token for
good, and a worker tries for ever.  `Refusals` remembers it until the PIN is another.
"""

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from archive.errors import KeyFileError
from archive.seal_keys import PublicKey

__all__ = ["Refusals", "TokenKey", "TokenPlace"]

_HALF = 32
_PROBE = b"stationd: is this the key of the seal certificate?"
# A PIN is short: what is kept of it must cost something to guess from.
_COST = {"n": 2**14, "r": 8, "p": 1}


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenPlace:
    """Where the key is: the module that speaks to the token, the token's and the key's label."""

    module: Path
    token: str
    key: str


class Refusals:
    """The PIN that a token refused, as a salted hash in a file that only we can read."""

    def __init__(self, path: Path, salt: bytes) -> None:
        self._path = path
        self._salt = salt

    def check(self, place: TokenPlace, pin: str) -> None:
        """Raise `KeyFileError` where this PIN was refused before."""
        with suppress(OSError, ValueError, KeyError, TypeError):
            kept = json.loads(self._path.read_text("ascii"))
            if _hashed(place, pin, bytes.fromhex(kept["salt"])) == kept["refused"]:
                raise KeyFileError(
                    f"token {place.token} refused this PIN before, and it is not tried again: too "
                    "many wrong tries lock a token. Put the right PIN into the file of "
                    "keys.token.pin; if it was right after all, stationctl keys token tries it once"
                )

    def remember(self, place: TokenPlace, pin: str) -> None:
        """Remember that the token refused ``pin``."""
        kept = {"salt": self._salt.hex(), "refused": _hashed(place, pin, self._salt)}
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._path.touch(mode=0o600)
        self._path.write_text(json.dumps(kept), "ascii")

    def forget(self) -> None:
        """Forget what was refused."""
        self._path.unlink(missing_ok=True)


def _hashed(place: TokenPlace, pin: str, salt: bytes) -> str:
    what = f"{place.module}\0{place.token}\0{pin}".encode()
    return hashlib.scrypt(what, salt=salt, dklen=_HALF, **_COST).hex()


class TokenKey:
    """A private key on a token, and the public half that its certificate has."""

    def __init__(self, place: TokenPlace, pin: str, public: PublicKey, refusals: Refusals) -> None:
        self._place = place
        self._pin = pin
        self.public = public
        self._refusals = refusals

    def check(self) -> None:
        """Raise `KeyFileError` unless the key is there and is that of the certificate."""
        signature = self.sign(_PROBE)
        try:
            if isinstance(self.public, rsa.RSAPublicKey):
                self.public.verify(signature, _PROBE, padding.PKCS1v15(), hashes.SHA256())
            else:
                self.public.verify(signature, _PROBE, ec.ECDSA(hashes.SHA256()))
        except InvalidSignature:
            raise KeyFileError(
                f"key {self._place.key} on token {self._place.token} is not the key of the seal "
                "certificate; name the certificate that was issued for it"
            ) from None

    def sign(self, data: bytes) -> bytes:
        """Return the signature of ``data``, made by the token."""
        with self._opened() as session:
            import pkcs11  # noqa: PLC0415  (see _library)

            key = self._found(session)
            try:
                if isinstance(self.public, rsa.RSAPublicKey):
                    made = key.sign(data, mechanism=pkcs11.Mechanism.SHA256_RSA_PKCS)
                    return bytes(made)
                made = key.sign(sha256(data).digest(), mechanism=pkcs11.Mechanism.ECDSA)
            except pkcs11.PKCS11Error as error:
                raise KeyFileError(
                    f"key {self._place.key} on token {self._place.token} does not sign: "
                    f"{_named(error)}; it must be ECDSA P-256 or RSA, as its certificate says"
                ) from None
        r, s = (int.from_bytes(made[at : at + _HALF]) for at in (0, _HALF))
        return encode_dss_signature(r, s)

    @contextmanager
    def _opened(self) -> Iterator[Any]:
        """Log in, and leave again."""
        self._refusals.check(self._place, self._pin)
        token = self._token()
        import pkcs11  # noqa: PLC0415  (see _library)

        if token.flags & (pkcs11.TokenFlag.USER_PIN_LOCKED | pkcs11.TokenFlag.USER_PIN_FINAL_TRY):
            raise KeyFileError(
                f"token {self._place.token} is locked, or one wrong PIN away from it; unlock it "
                "with the tool of its maker"
            )
        try:
            session = token.open(user_pin=self._pin)
        except (pkcs11.PinIncorrect, pkcs11.PinLenRange, pkcs11.PinInvalid):
            self._refusals.remember(self._place, self._pin)
            raise KeyFileError(
                f"token {self._place.token} refuses the PIN; put the right one into the file of "
                "keys.token.pin. It is not tried again, since too many wrong tries lock a token"
            ) from None
        except pkcs11.PinLocked:
            raise KeyFileError(
                f"token {self._place.token} is locked; unlock it with the tool of its maker"
            ) from None
        except pkcs11.PKCS11Error as error:
            raise KeyFileError(
                f"token {self._place.token} cannot be opened: {_named(error)}"
            ) from None
        with session:
            yield session

    def _token(self) -> Any:  # noqa: ANN401  (the library's own type)
        library = _library(self._place.module)
        import pkcs11  # noqa: PLC0415  (see _library)

        try:
            # A token that was put in since is seen only by whoever looks again.
            library.reinitialize()
            return library.get_token(token_label=self._place.token)
        except pkcs11.PKCS11Error as error:
            raise KeyFileError(
                f"there is no token {self._place.token} that {self._place.module} can reach "
                f"({_named(error)}); is it plugged in, and its label right?"
            ) from None

    def _found(self, session: Any) -> Any:  # noqa: ANN401  (the library's own types)
        import pkcs11  # noqa: PLC0415  (see _library)

        try:
            return session.get_key(
                object_class=pkcs11.ObjectClass.PRIVATE_KEY, label=self._place.key
            )
        except pkcs11.PKCS11Error as error:
            raise KeyFileError(
                f"token {self._place.token} has no key, or several, labelled {self._place.key} "
                f"({_named(error)})"
            ) from None


def _library(module: Path) -> Any:  # noqa: ANN401  (the library's own type)
    """Return the module that speaks to the token.

    The package is asked for here and not above: only stations with a token need it.
    """
    try:
        import pkcs11  # noqa: PLC0415
    except ImportError:
        raise KeyFileError(
            "keys.token needs the package python-pkcs11: pip install 'stationd[pkcs11]'"
        ) from None
    try:
        return pkcs11.lib(str(module))
    except (pkcs11.PKCS11Error, RuntimeError, OSError) as error:
        raise KeyFileError(
            f"{module} is no PKCS#11 module that can be loaded here: {_named(error)}"
        ) from None


def _named(error: Exception) -> str:
    """Return what happened; many of the library's errors have a name and no words."""
    return str(error) or type(error).__name__
