"""`stationctl page`: the page that checks bundles in a browser, to be published."""

from pathlib import Path

import click

from archive.page import page_hash, read_page
from stationd.cli.office import Office
from stationd.errors import MistakeError

__all__ = ["page"]

NOT_BUILT = (
    "verify.html was not built when this program was installed: run `make page` in the source "
    "(it needs npm) and install again. Bundles are made without it."
)


@click.command(epilog="Example: stationctl page /var/www/verify.html")
@click.argument("target", type=click.Path(path_type=Path, dir_okay=False))
@click.pass_obj
def page(office: Office, target: Path) -> None:
    """Write verify.html, the page that checks bundles in a browser, to TARGET.

    Publish it where bundles' readers find it, and its SHA-256 on another path: whoever has the page
    from the station's own site need not take the copy that came with a bundle.
    """
    content = read_page()
    if content is None:
        raise MistakeError(NOT_BUILT)
    target.write_bytes(content)
    office.trail.reading("page")
    digest = page_hash(content)
    office.show(
        {"file": str(target), "sha256": digest, "size": len(content)},
        f"{target}: {len(content)} bytes, SHA-256 {digest}.",
    )
