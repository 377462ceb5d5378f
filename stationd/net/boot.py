"""Which start of the machine this is: the kernel draws an id for each."""

from pathlib import Path

__all__ = ["BOOT_ID", "read_boot"]

BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


def read_boot(path: Path = BOOT_ID) -> str:
    """Return the kernel's boot id; empty: it does not tell."""
    try:
        return path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        return ""
