"""From settings to the concrete parts of the archive: store, authority, keys.

Only composing modules (`worker.py`, commands of `stationctl`, the demo) call these; everything
below is handed the finished part.

What reaches a network is loaded when it is asked for: most commands never do, and loading it takes
longer than they do.
"""

from pathlib import Path

from archive.authorities.base import Authority
from archive.authorities.several import Several
from archive.errors import KeyFileError
from archive.revocation import Responder, Revocation, read_lists
from archive.seal import LogKey, Seal
from archive.seal_keys import PublicKey
from archive.stores.base import BundleStore
from archive.stores.directory import DirectoryStore
from archive.token_keys import Refusals, TokenKey, TokenPlace
from receivers.own_codes import NO_OWN_CODES, OwnCodes, OwnCodesError, parse
from stationd import settings as config
from stationd.anchors.service import Anchorage
from stationd.anchors.views import States
from stationd.audit.service import Auditor
from stationd.desk import Desk
from stationd.errors import SettingsError
from stationd.ids import Ids, SystemIds
from stationd.letters.channels.channel import Channel
from stationd.letters.channels.people import PeopleChannel
from stationd.letters.channels.printed import PrintChannel
from stationd.renewals.service import Renewing
from stationd.sealing import Sealer, load_sealer
from stationd.settings import Settings, secret

__all__ = [
    "anchorage",
    "auditor",
    "authorities",
    "authority",
    "bundle_store",
    "channel",
    "log_key",
    "own_codes",
    "readers",
    "refusals",
    "renewing",
    "revocation",
    "seal",
    "sealer",
    "states",
    "trust_pem",
]


def bundle_store(settings: Settings) -> BundleStore:
    """Return the store that bundles go to, or raise `SettingsError`."""
    if settings.archive is None:
        problem = "There is no table [archive.store], so bundles have nowhere to go."
        raise SettingsError("archive", [problem])
    store = settings.archive.store
    if isinstance(store, config.DirectoryStore):
        return DirectoryStore(store.path)
    from archive.stores.s3 import S3Store  # noqa: PLC0415

    access_key, secret_key = _credentials(store.credentials)
    return S3Store(
        bucket=store.bucket,
        endpoint=store.endpoint,
        region=store.region,
        addressing=store.addressing,
        access_key=access_key,
        secret_key=secret_key,
        ca_bundle=store.ca_bundle,
        connect_timeout=store.connect_timeout.total_seconds(),
        read_timeout=store.read_timeout.total_seconds(),
        attempts=store.attempts,
    )


def authorities(settings: Settings, ids: Ids) -> list[Authority]:
    """Return the time-stamp authorities that are asked, or raise `SettingsError`."""
    asked = [one for one in settings.authorities if one.ask]
    if not asked:
        problem = "There is no [[authorities]] table to ask, so nobody can stamp what is sealed."
        raise SettingsError("authorities", [problem])
    from archive.authorities.http import HttpAuthority  # noqa: PLC0415

    return [
        HttpAuthority(
            name=one.name,
            url=one.url,
            trust_pem=trust_pem(one),
            timeout=one.timeout.total_seconds(),
            policy=one.policy,
            random=ids.bytes,
        )
        for one in asked
    ]


def authority(settings: Settings, ids: Ids) -> Authority:
    """Return all authorities as one, the first that answers, or raise `SettingsError`."""
    asked = authorities(settings, ids)
    trusted = [trust_pem(one) for one in settings.authorities]
    return Several(asked, b"".join(pem if pem.endswith(b"\n") else pem + b"\n" for pem in trusted))


def states(settings: Settings) -> States:
    """Return the states of anchors, beside the sealed copies; raise `SettingsError`."""
    if settings.archive is None:
        raise SettingsError("archive", ["There is no table [archive.store]."])
    return States(settings.archive.sealed.parent / "states")


def anchorage(settings: Settings, desk: Desk) -> Anchorage:
    """Return what anchors are worked on with, or raise `SettingsError`."""
    kept = bundle_store(settings)
    assert settings.archive is not None  # noqa: S101  (bundle_store has refused)
    return Anchorage(
        desk=desk,
        authorities=authorities(settings, desk.ids),
        store=kept,
        states=states(settings),
        retention=settings.archive.retention,
        holder=settings.station.node,
    )


def renewing(settings: Settings, desk: Desk) -> Renewing:
    """Return what renewals are worked on with, or raise `SettingsError`."""
    kept = bundle_store(settings)
    assert settings.archive is not None  # noqa: S101  (bundle_store has refused)
    return Renewing(
        desk=desk,
        authorities=authorities(settings, desk.ids),
        store=kept,
        every=settings.archive.renew_every,
        retention=settings.archive.retention,
        holder=f"{settings.station.node}-renewal",
    )


def auditor(settings: Settings, desk: Desk) -> Auditor:
    """Return what the ledger is audited with, or raise `KeyFileError`."""
    return Auditor(
        desk=desk,
        states=states(settings),
        origin=settings.ledger.origin,
        public=log_key(settings).public,
    )


def channel(settings: Settings, name: str) -> Channel:
    """Return the way that letters of a channel take, or raise `SettingsError`."""
    letters = settings.letters
    if name in ("hand", "keypad"):
        return PeopleChannel()
    if name != "email":
        if letters.print is None:
            raise SettingsError("letters", ["There is no table [letters.print]."])
        return PrintChannel(letters.print.folder)
    if letters.smtp is None:
        raise SettingsError("letters", ["There is no table [letters.smtp]."])
    from stationd.letters.channels.smtp import SmtpChannel, SmtpServer  # noqa: PLC0415

    smtp = letters.smtp
    user, password = _credentials(smtp.credentials, "letters.smtp.credentials")
    server = SmtpServer(
        host=smtp.host,
        port=smtp.port,
        sender=smtp.sender,
        implicit=smtp.security == "tls",
        ca=smtp.ca,
        user=user or "",
        password=password or "",
        timeout=smtp.timeout.total_seconds(),
    )
    return SmtpChannel(server)


def trust_pem(one: config.AuthoritySettings) -> bytes:
    """Return the certificates an authority is checked against, or raise `KeyFileError`."""
    path = secret(one.trust)
    try:
        return path.read_bytes()
    except OSError as error:
        msg = (
            f"{path}: {error.strerror}; this file must hold the certificates that the "
            f"authority {one.name} publishes, in PEM"
        )
        raise KeyFileError(msg) from None


def seal(settings: Settings) -> Seal:
    """Return the seal that signs bundles, or raise `KeyFileError`."""
    keys, known = settings.keys, revocation(settings)
    certificate, root = secret(keys.seal_certificate), secret(keys.root)
    if keys.token is None:
        return Seal.load(secret(keys.seal_key), certificate, root, known)
    return Seal.on_token(lambda public: _token_key(settings, public), certificate, root, known)


def _token_key(settings: Settings, public: PublicKey) -> TokenKey:
    """Return the key on the token, known to fit its certificate; a refused PIN is not tried."""
    token = settings.keys.token
    assert token is not None  # noqa: S101  (asked only where there is one)
    place = TokenPlace(module=token.module, token=token.token, key=token.key)
    key = TokenKey(place, _pin(secret(token.pin)), public, refusals(settings))
    key.check()
    return key


def refusals(settings: Settings) -> Refusals:
    """Return what is remembered of refused PINs, beside the sealed copies."""
    folder = Path("/var/lib/stationd-worker")
    if settings.archive is not None:
        folder = settings.archive.sealed.parent
    return Refusals(folder / "token-refused.json", SystemIds().salt())


def _pin(path: Path) -> str:
    try:
        return path.read_text("utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "not text"
        raise KeyFileError(f"{path}: {reason}; it must hold the token's PIN, one line") from None


def revocation(settings: Settings) -> Revocation:
    """Return what is known of revoked certificates, ours and authorities', or raise `KeyFileError`.

    Files are read anew each time, so a list that was renewed is in the next bundle.
    """
    keys = settings.keys
    names = [*keys.crls, *(name for one in settings.authorities if one.ask for name in one.crls)]
    responder = None
    if keys.responder_key is not None:
        key, certificate = secret(keys.responder_key), secret(keys.responder_certificate)
        responder = Responder.load(key, certificate)
    return Revocation(read_lists(secret(name) for name in dict.fromkeys(names)), responder)


def log_key(settings: Settings) -> LogKey:
    """Return the key that signs checkpoint notes, or raise `KeyFileError`."""
    return LogKey.load(secret(settings.keys.log_key))


def readers(settings: Settings) -> dict[str, list[bytes]]:
    """Return the certificates that compartments are enveloped to, or raise `SettingsError`."""
    archive = settings.archive
    if archive is None:
        return {}
    found: dict[str, list[bytes]] = {}
    problems: list[str] = []
    for name, paths in (("internal", archive.internal_to), ("privileged", archive.privileged_to)):
        for path in paths:
            try:
                found.setdefault(name, []).append(path.read_bytes())
            except OSError as error:
                problems.append(f"archive.{name}_to: {path}: {error.strerror}")
    if problems:
        raise SettingsError("archive", problems)
    return found


def sealer(settings: Settings) -> Sealer:
    """Return the sealer of panel keys and second factors, or raise `SettingsError`."""
    return load_sealer(secret(settings.roster.key))


def own_codes(settings: Settings) -> OwnCodes:
    """Return the station's own codes, or raise `SettingsError` naming every fault of their file."""
    path = settings.codes.file
    if path is None:
        return NO_OWN_CODES
    try:
        return parse(path.read_text(encoding="utf-8"))
    except OwnCodesError as error:
        raise SettingsError(str(path), error.problems) from None
    except (OSError, UnicodeDecodeError) as error:
        problem = getattr(error, "strerror", None) or "not UTF-8"
        raise SettingsError("codes.file", [f"{path}: {problem}"]) from None


def _credentials(
    name: str | None, where: str = "archive.store.credentials"
) -> tuple[str | None, str | None]:
    """Return the two lines of a secret file; None for both: there is no such file."""
    if name is None:
        return None, None
    path: Path = secret(name)
    try:
        lines = path.read_text(encoding="ascii").split()
    except (OSError, UnicodeDecodeError) as error:
        problem = f"{path}: {getattr(error, 'strerror', None) or 'not plain text'}"
        raise SettingsError(where, [problem]) from None
    if len(lines) != 2:  # noqa: PLR2004  (id and secret)
        problem = (
            f"{path} must hold two lines: who, such as an access key id or a user, and the secret"
        )
        raise SettingsError(where, [problem])
    return lines[0], lines[1]
