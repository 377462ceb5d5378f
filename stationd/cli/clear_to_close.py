"""`stationctl case clear-to-close`."""

from pathlib import Path

import click

from stationd.cases.looking import look
from stationd.clearances.service import files
from stationd.cli.custody import PURPOSE
from stationd.cli.office import Office
from stationd.errors import MistakeError

__all__ = ["clear_to_close"]


@click.command(
    name="clear-to-close", epilog="Example: stationctl case clear-to-close 5b1d --to /srv/handover"
)
@click.argument("case_id", metavar="CASE")
@click.option(
    "--to",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path(),
    help="The folder they go to.  [default: here]",
)
@PURPOSE
@click.pass_obj
def clear_to_close(office: Office, case_id: str, folder: Path, purpose: str) -> None:
    """Write the signed receipt by which automation and billing may close CASE's account too."""
    case = look(office.desk, case_id).case
    office.reads("clear-to-close", acct=case.acct, purpose=purpose)
    written: list[str] = []
    for name, content in files(office.desk, case.id):
        path = folder / name
        try:
            path.write_bytes(content)
        except OSError as error:
            raise MistakeError(f"{path}: {error.strerror}; name another folder with --to") from None
        written.append(str(path))
    office.show({"case": case.id, "files": list(written)}, [f"Written: {one}" for one in written])
