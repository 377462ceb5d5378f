from hashlib import sha256
from pathlib import Path

import pytest

from archive.errors import MalformedError
from archive.manifest import Bag, bag_info, file_sha256, listing, name_is_safe


@pytest.mark.parametrize("name", ["a.txt", "data/a-b_c.1", "A/b/c"])
def test_a_name_of_plain_letters_is_safe(name: str) -> None:
    assert name_is_safe(name)


@pytest.mark.parametrize(
    "name", ["", "/a", "a/", "../a", "a/./b", "a b", "ä", "a\\b", "C:a", "a//b"]
)
def test_a_name_that_could_lead_elsewhere_is_not(name: str) -> None:
    assert not name_is_safe(name)


def test_a_list_is_what_sha256sum_reads_sorted_by_name() -> None:
    assert listing({"b": "22", "a": "11"}) == b"11  a\n22  b\n"


def test_a_value_of_bag_info_is_one_line() -> None:
    assert bag_info([("A", "x\ny"), ("B", "z")]) == b"A: x y\nB: z\n"


def test_a_bag_knows_hash_and_size_of_what_was_written(tmp_path: Path) -> None:
    bag = Bag(tmp_path)
    with bag.create("data/x.txt") as file:
        file.write(b"one")
        file.write(b"two")
    bag.write("y.txt", b"")

    assert bag.payload() == {"data/x.txt": sha256(b"onetwo").hexdigest()}
    assert bag.tags() == {"y.txt": sha256(b"").hexdigest()}
    assert bag.oxum() == "6.1"
    assert file_sha256(tmp_path / "data/x.txt") == bag.files["data/x.txt"]


def test_a_file_cut_short_by_an_error_is_in_no_list(tmp_path: Path) -> None:
    bag = Bag(tmp_path)

    def fail() -> None:
        with bag.create("x") as file:
            file.write(b"half")
            raise MalformedError("half")

    with pytest.raises(MalformedError, match="half"):
        fail()

    assert bag.files == {}


def test_a_bag_takes_no_unsafe_name(tmp_path: Path) -> None:
    with pytest.raises(MalformedError, match="cannot be the name"):
        Bag(tmp_path).write("../x", b"")


def test_a_file_is_written_once(tmp_path: Path) -> None:
    bag = Bag(tmp_path)
    bag.write("x", b"1")

    with pytest.raises(FileExistsError):
        bag.write("x", b"2")
