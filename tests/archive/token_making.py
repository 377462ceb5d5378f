"""A token in a folder (SoftHSM), with a key on it."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from archive.token_keys import TokenPlace

MODULES = (
    "/usr/lib/softhsm/libsofthsm2.so",
    "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so",
    "/usr/lib/aarch64-linux-gnu/softhsm/libsofthsm2.so",
)
PIN = "271828"


@dataclass(frozen=True)
class Token:
    """Where it is, and the tool that changes it."""

    module: Path
    label: str

    @property
    def place(self) -> TokenPlace:
        return TokenPlace(module=self.module, token=self.label, key="seal")

    def take(self, key: Path, label: str, number: str) -> None:
        """Put a private key on it."""
        tool("--import", key, "--token", self.label, "--label", label, "--id", number, "--pin", PIN)


def tool(*arguments: object) -> None:
    subprocess.run(
        ["softhsm2-util", *map(str, arguments)], check=True, capture_output=True, text=True
    )


@contextmanager
def soft_token(folder: Path, label: str = "stationd") -> Iterator[Token]:
    """Make a token below ``folder``; this process sees no other meanwhile."""
    tokens = folder / "tokens"
    tokens.mkdir(parents=True)
    configured = folder / "softhsm2.conf"
    configured.write_text(f"directories.tokendir = {tokens}\nobjectstore.backend = file\n")
    before = os.environ.get("SOFTHSM2_CONF")
    os.environ["SOFTHSM2_CONF"] = str(configured)
    try:
        tool("--init-token", "--free", "--label", label, "--so-pin", "314159", "--pin", PIN)
        yield Token(next(Path(one) for one in MODULES if Path(one).exists()), label)
    finally:
        del os.environ["SOFTHSM2_CONF"]
        if before is not None:
            os.environ["SOFTHSM2_CONF"] = before
