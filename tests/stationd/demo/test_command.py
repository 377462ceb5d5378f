from click.testing import CliRunner

from stationd.demo.command import demo


def test_a_folder_that_is_not_empty_is_left_alone(tmp_path):
    (tmp_path / "letter.txt").write_text("keep me")

    done = CliRunner().invoke(demo, ["--once", "--var", str(tmp_path)])

    assert done.exit_code != 0
    assert "is not empty" in str(done.exception)
    assert [path.name for path in tmp_path.iterdir()] == ["letter.txt"]
