"""Which start of the machine this is."""

from pathlib import Path

import pytest

from stationd.net.boot import BOOT_ID, read_boot


@pytest.mark.skipif(not BOOT_ID.exists(), reason="this kernel has no boot id")
def test_the_kernel_has_one_id_for_as_long_as_it_runs() -> None:
    assert read_boot() == read_boot()
    assert len(read_boot()) == 36


def test_a_kernel_without_one_says_nothing(tmp_path: Path) -> None:
    assert read_boot(tmp_path / "away") == ""
    (tmp_path / "odd").write_bytes(b"\xff")
    assert read_boot(tmp_path / "odd") == ""
