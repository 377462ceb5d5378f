"""The page that checks a bundle in a browser, where it was built: `make page` does.

It is made from the folder ``page/`` and lies in this package as ``verify.html``.  A bundle carries
it as ``verify/verify.html``; without it bundles are made all the same.
"""

from hashlib import sha256
from importlib import resources

__all__ = ["IN_BUNDLE", "page_hash", "read_page"]

IN_BUNDLE = "verify/verify.html"


def read_page() -> bytes | None:
    """Return the page's bytes; None: it was not built when this package was installed."""
    file = resources.files("archive") / "verify.html"
    return file.read_bytes() if file.is_file() else None


def page_hash(page: bytes) -> str:
    """Return the SHA-256 by which the page is published and known."""
    return sha256(page).hexdigest()
