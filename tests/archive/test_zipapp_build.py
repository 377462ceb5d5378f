import ast
import subprocess
import sys
from pathlib import Path

from archive.zipapp_build import MODULES, main, write_zipapp

PACKAGE = Path(__file__).parents[2] / "archive"


def test_one_file_verifies_with_nothing_installed(sealed, station, tmp_path) -> None:
    program = write_zipapp(tmp_path / "dist/stationd-verify.pyz")
    (tmp_path / "root.pem").write_bytes(station.root_pem)
    (tmp_path / "tsa.pem").write_bytes(station.authority.trust_pem)

    # -I and -S: no site-packages, no paths from outside.
    ended = subprocess.run(
        [
            *(sys.executable, "-I", "-S", str(program), str(sealed.container)),
            *("--root", "root.pem", "--tsa", "tsa.pem"),
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )

    assert ended.returncode == 0, ended.stderr + ended.stdout
    assert ended.stdout.endswith("passed\n")
    assert "not this program's files" not in ended.stdout


def test_one_file_uses_several_processes_too(volumes, station, tmp_path) -> None:
    program = write_zipapp(tmp_path / "stationd-verify.pyz")
    script = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "from pathlib import Path\n"
        "from archive import verify, ledger_check\n"
        "if __name__ == '__main__':\n"
        "    verify._WORTH_PROCESSES = 0\n"
        "    anchors = verify.Anchors.load(Path('root.pem'), Path('tsa.pem'))\n"
        "    print(len(verify.examine(Path(sys.argv[2]), anchors, processes=2).findings))\n"
    )
    (tmp_path / "root.pem").write_bytes(station.root_pem)
    (tmp_path / "tsa.pem").write_bytes(station.authority.trust_pem)
    (tmp_path / "several.py").write_text(script)

    ended = subprocess.run(
        [sys.executable, "-S", "several.py", str(program), str(volumes.files[-1].path)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )

    assert ended.returncode == 0, ended.stderr
    assert int(ended.stdout) > 5


def test_the_verifier_imports_the_standard_library_and_itself_only() -> None:
    foreign = set()
    for module in MODULES:
        for node in ast.walk(ast.parse((PACKAGE / f"{module}.py").read_text())):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom):
                names = [node.module or ""]
                if node.module == "archive":
                    names = [f"archive.{alias.name}" for alias in node.names]
            for name in names:
                top, _, rest = name.partition(".")
                if not (rest in MODULES if top == "archive" else top in sys.stdlib_module_names):
                    foreign.add(name)

    assert foreign == set()


def test_the_same_sources_give_the_same_bytes(tmp_path) -> None:
    one, two = write_zipapp(tmp_path / "1"), write_zipapp(tmp_path / "2")

    assert one.read_bytes() == two.read_bytes()


def test_it_is_made_from_the_command_line(tmp_path, capsys) -> None:
    assert main([str(tmp_path / "x.pyz")]) == 0
    assert main([]) == 2

    assert (tmp_path / "x.pyz").exists()
    assert "usage" in capsys.readouterr().err
