from datetime import date

import click
import pytest

from stationd.cli.handed_in import attachment, named_values, read_date


@pytest.mark.parametrize(
    ("name", "media_type"),
    [("a.pdf", "application/pdf"), ("a.unheard", "application/octet-stream")],
)
def test_a_file_is_handed_in_as_its_bytes(tmp_path, name, media_type):
    path = tmp_path / name
    path.write_bytes(b"x")
    made = attachment(path)
    assert (made.name, made.media_type, made.content) == (name, media_type, b"x")


def test_a_date_is_read_or_refused_with_where_it_stood():
    assert read_date("2026-07-31", "--ends-on") == date(2026, 7, 31)
    with pytest.raises(click.BadParameter, match="write 2026-07-31"):
        read_date("July", "--ends-on")


def test_fields_are_names_and_values_and_a_value_may_have_an_equals_sign():
    assert named_values(["a=b=c", "d= e"]) == {"a": "b=c", "d": " e"}


@pytest.mark.parametrize("word", ["a", "=b", "a="])
def test_half_a_field_is_none(word):
    with pytest.raises(click.BadParameter, match="is not NAME=VALUE"):
        named_values([word])
