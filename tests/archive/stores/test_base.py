import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.errors import MalformedError
from archive.stores.base import check_key

NAME = st.text("ABCabc019._-", min_size=1, max_size=8).filter(lambda name: name not in {".", ".."})


@given(st.lists(NAME, min_size=1, max_size=6).map("/".join))
def test_a_path_of_safe_names_is_a_key(key):
    assert check_key(key) == key


@pytest.mark.parametrize("key", ["", ".", "..", "a/../b", "a/.", "/a", "a/", "a//b", "a b", "ä"])
def test_anything_else_is_refused(key):
    with pytest.raises(MalformedError, match="cannot be a key"):
        check_key(key)


def test_a_key_has_at_most_1024_letters():
    assert check_key("x" * 1024)
    with pytest.raises(MalformedError):
        check_key("x" * 1025)
