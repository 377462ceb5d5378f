"""`stationctl export certify`: a custodian's forms again, for a bundle that is stored."""

import tempfile
from pathlib import Path

import click

from archive.build import write_forms
from archive.canonical import JsonValue
from archive.certificate_facts import form_facts
from archive.manifest import file_sha256
from stationd import parts
from stationd.bundles import service
from stationd.bundles.model import OrderState, StoredObject
from stationd.cli.hand_out import named_order
from stationd.cli.office import Office
from stationd.errors import CheckFailedError, MistakeError

__all__ = ["certify"]

_ENDINGS = (".asice", ".zip")


@click.command(
    epilog="""\b
Examples:
  stationctl export certify 1234 /media/stick
  stationctl export certify 1234 /media/stick --paper a4
""",
)
@click.argument("bundle")
@click.argument("folder", type=click.Path(file_okay=False, exists=True, path_type=Path))
@click.option("--paper", type=click.Choice(["letter", "a4"]), default="letter", show_default=True)
@click.pass_obj
def certify(office: Office, /, bundle: str, folder: Path, *, paper: str) -> None:
    """Write the custodian's certificates of a stored bundle into FOLDER, as text and as PDF.

    BUNDLE is its order, its name, or an account (the newest of it).  What they say is read out of
    the bundle: the sealed local copy if it is whole, else what the archive holds.  They name its
    container and its hash, and are for a person to complete and sign.
    """
    by = office.person()
    order = service.read(office.desk, named_order(office, bundle))
    if order.state is not OrderState.VERIFIED:
        raise MistakeError(
            f"Order {order.id} is {order.state.value}; it is not in the archive yet."
        )
    stored = [it for it in service.objects(office.desk, order.id) if it.file.endswith(_ENDINGS)]
    with tempfile.TemporaryDirectory(prefix="stationctl-certify-") as fetched:
        paths = [_whole(office, one, Path(fetched)) for one in stored]
        container = next(path for path in paths if path.suffix == ".asice")
        facts, copies = form_facts(container, [path for path in paths if path != container])
        made = write_forms(facts, copies, folder, paper)
    service.record_certificates(office.desk, order.id, by)
    files: list[JsonValue] = [str(path) for path in made]
    lines = [f"Written: {path}" for path in made]
    lines.append("They are forms: a person completes and signs those that counsel asks for.")
    office.show({"order": order.id, "files": files}, lines)


def _whole(office: Office, one: StoredObject, folder: Path) -> Path:
    """Return a file with exactly the bytes that are in the archive."""
    local = Path(one.path)
    if local.is_file() and file_sha256(local).sha256 == one.sha256:
        return local
    if one.version_id is None:
        raise CheckFailedError(f"{one.file} lies neither here nor in the archive.")
    into = folder / one.file
    parts.bundle_store(office.settings).fetch(one.key, one.version_id, into)
    if file_sha256(into).sha256 != one.sha256:
        raise CheckFailedError(
            f"{one.key} version {one.version_id} does not read back as what was stored; "
            "nothing was written. The worker's next reading back makes an incident of it."
        )
    return into
