import zipfile
from pathlib import Path

import pytest

from stationd.demo.checks import commands, run_checks, unpack


def test_both_certificates_come_from_outside_the_bundle():
    found = commands(Path("/safe/root.pem"), Path("/safe/tsa.pem"))

    assert "/safe/root.pem" in found[0]
    assert "/safe/tsa.pem" in found[1]
    assert [command[0] for command in found] == ["openssl", "openssl", "sha256sum", "sha256sum"]


def test_a_folder_that_is_no_bundle_fails_each_check_with_what_the_tool_said(tmp_path):
    done = run_checks(tmp_path, root=tmp_path / "root.pem", tsa=tmp_path / "tsa.pem")

    assert [one.code != 0 for one in done] == [True] * 4
    assert all(one.said for one in done)


def test_a_list_that_agrees_passes_and_long_output_is_cut_to_its_end(tmp_path):
    empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    names = [f"f{number}" for number in range(9)]
    for name in names:
        (tmp_path / name).touch()
    lines = "".join(f"{empty}  {name}\n" for name in names)
    (tmp_path / "manifest-sha256.txt").write_text(lines)

    last = run_checks(tmp_path, root=tmp_path, tsa=tmp_path)[-1]

    assert last.code == 0
    assert last.said.splitlines() == ["… 6 more lines", "f6: OK", "f7: OK", "f8: OK"]


@pytest.mark.parametrize("volumes", [0, 2])
def test_volumes_are_unpacked_into_the_same_folder(tmp_path, volumes):
    archives = []
    for number in range(volumes + 1):
        archive = tmp_path / f"{number}.zip"
        with zipfile.ZipFile(archive, "w") as made:
            made.writestr(f"data/{number}", "x")
        archives.append(archive)

    unpack(archives[0], archives[1:], tmp_path / "out")

    assert len(list((tmp_path / "out" / "data").iterdir())) == volumes + 1
