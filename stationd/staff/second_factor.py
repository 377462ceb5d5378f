"""The second factor: time-based one-time passwords (RFC 6238, SHA-1, 6 digits, 30 s).

What lies in a staff row is one sealed JSON object: the secret, whether its owner has shown that
the enrolment worked, and the last step that was used, so that no code counts twice.
"""

import hmac
import json
from dataclasses import dataclass, field, replace
from datetime import datetime

from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP

from stationd.clock import to_ns
from stationd.sealing import Sealer

__all__ = ["SecondFactor", "accept", "address", "code_at", "open_factor", "seal_factor"]

_STEP_S = 30
_DIGITS = 6
# One step either way: a phone's clock may be off, and people type slowly.
_DRIFT = (0, -1, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class SecondFactor:
    """A secret, whether its enrolment is confirmed, and the last step used (0: none)."""

    secret: bytes = field(repr=False)
    confirmed: bool = False
    last_step: int = 0


def seal_factor(factor: SecondFactor, sealer: Sealer) -> str:
    """Return a factor as it lies in its row."""
    content = {
        "secret": factor.secret.hex(),
        "confirmed": factor.confirmed,
        "last_step": factor.last_step,
    }
    return sealer.seal(json.dumps(content).encode())


def open_factor(sealed: str, sealer: Sealer) -> SecondFactor:
    """Return the factor that `seal_factor` sealed, or raise `CheckFailedError`."""
    content = json.loads(sealer.open(sealed))
    return SecondFactor(
        secret=bytes.fromhex(content["secret"]),
        confirmed=content["confirmed"],
        last_step=content["last_step"],
    )


def code_at(secret: bytes, now: datetime) -> str:
    """Return the code of the moment ``now``."""
    return _code(secret, _step(now))


def accept(factor: SecondFactor, code: str, now: datetime) -> SecondFactor | None:
    """Return the factor with the code's step used up, or None: wrong, or used before."""
    given = "".join(code.split()).encode()
    for drift in _DRIFT:
        step = _step(now) + drift
        agrees = hmac.compare_digest(_code(factor.secret, step).encode(), given)
        if agrees and step > factor.last_step:
            return replace(factor, confirmed=True, last_step=step)
    return None


def address(secret: bytes, *, login: str, station: str) -> str:
    """Return the otpauth address that an authenticator app reads, often as a QR code."""
    return _totp(secret).get_provisioning_uri(login, station)


def _step(now: datetime) -> int:
    return to_ns(now) // (_STEP_S * 1_000_000_000)


def _code(secret: bytes, step: int) -> str:
    return _totp(secret).generate(step * _STEP_S).decode()


def _totp(secret: bytes) -> TOTP:
    # SHA-1 is what authenticator apps know; HMAC does not need its collision resistance.
    return TOTP(secret, _DIGITS, SHA1(), _STEP_S)  # noqa: S303
