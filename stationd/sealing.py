"""Sealing: small secrets (panel keys, second factors) that lie in rows and files.

A sealed text is a Fernet token: encrypted and authenticated under the key that
``roster.key`` of the settings names.
"""

from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken

from stationd.errors import CheckFailedError, SettingsError

__all__ = ["Sealer", "load_sealer", "new_sealing_key"]


class Sealer:
    """Seals and opens small secrets under one key."""

    def __init__(self, key: bytes) -> None:
        self._fernet = Fernet(key)

    def seal(self, secret: bytes) -> str:
        """Return ``secret`` sealed, as text."""
        return self._fernet.encrypt(secret).decode()

    def open(self, sealed: str) -> bytes:
        """Return the secret in ``sealed``, or raise `CheckFailedError`."""
        try:
            return self._fernet.decrypt(sealed)
        except InvalidToken:
            msg = (
                "A sealed secret does not open: it was sealed under another key than the file "
                "of roster.key holds, or was changed. Put the old key file back."
            )
            raise CheckFailedError(msg) from None


def new_sealing_key() -> bytes:
    """Return a new key, as the text its file holds."""
    return Fernet.generate_key()


def load_sealer(path: Path) -> Sealer:
    """Return the sealer of the key file at ``path``, or raise `SettingsError`."""
    try:
        return Sealer(path.read_bytes().strip())
    except OSError as error:
        reason = error.strerror or str(error)
        help_ = "stationctl keys init makes one, once"
        raise SettingsError("roster.key", [f"{path}: {reason}; {help_}"]) from None
    except ValueError:
        problem = f"{path} is no Fernet key (32 bytes in URL-safe base64)"
        raise SettingsError("roster.key", [problem]) from None
