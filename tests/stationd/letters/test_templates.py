from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stationd.errors import MistakeError, RefusedError
from stationd.letters.fields import FIELDS, LETTERS, LISTS, fields_of
from stationd.letters.templates import check_template, fill, is_template, missing_fields, shown

SHIPPED = Path(__file__).parents[3] / "config" / "letters"


def whole(kind):
    """Return data in which every field of a kind has something."""
    data = {}
    for name in fields_of(kind):
        part, _, field = name.partition(".")
        value = [dict.fromkeys(LISTS[name], f"<{name}>")] if name in LISTS else f"<{name}>"
        data.setdefault(part, {})[field] = value
    return data


def shipped(kind):
    return (SHIPPED / f"{kind}.txt").read_bytes()


@pytest.mark.parametrize("kind", LETTERS)
def test_the_shipped_form_holds_what_its_kind_must_and_shows_it(kind):
    text = fill(kind, shipped(kind), whole(kind))
    for name in (*LETTERS[kind].always, *LETTERS[kind].somewhere):
        if name != "cure.days":
            assert f"<{name}>" in text, name
    assert "{" not in text


def test_every_kind_has_a_shipped_form_and_no_other_file_lies_there():
    assert {one.stem for one in SHIPPED.iterdir()} == set(LETTERS)


@pytest.mark.parametrize("kind", LETTERS)
@pytest.mark.parametrize("which", ["always", "somewhere"])
def test_a_form_that_leaves_out_what_it_must_hold_is_refused(kind, which):
    for name in getattr(LETTERS[kind], which):
        text = shipped(kind).decode()
        part, field = name.split(".")
        cut = text.replace(f"{part}.{field}", "sender.email")
        if name in LISTS:
            continue
        with pytest.raises(MistakeError, match=name.replace(".", r"\.")):
            check_template(kind, cut.encode())


def test_a_field_that_must_stand_in_every_case_does_not_stand_under_a_condition():
    text = (
        shipped("second_notice")
        .decode()
        .replace("{{ notice.ended_at }}", "{% if sender.email %}{{ notice.ended_at }}{% endif %}")
    )
    with pytest.raises(MistakeError, match=r"notice\.ended_at in every case"):
        check_template("second_notice", text.encode())


@pytest.mark.parametrize(
    ("added", "says"),
    [
        ("{{ range(9) }}", "has a call"),
        ("{{ ''.__class__ }}", "part.name"),
        ("{{ sender.__class__.__mro__ }}", "part.name"),
        ("{{ sender.__class__ }}", "no field"),
        ("{{ sender['name'] }}", "has a getitem"),
        ("{{ sender.name|upper }}", "filter"),
        ("{% set a = 1 %}", "assign"),
        ("{% include 'x' %}", "include"),
        ("{% macro a() %}{% endmacro %}", "macro"),
        ("{% for a in sender.name %}{% endfor %}", "no list"),
        ("{{ sender.nothing }}", "sender.nothing is no field"),
        ("{{ hold.scope }}", "does not say hold.scope"),
        ("{{ name }}", "name is no field"),
        ("{% if sender.name == 'x' %}{% endif %}", "compare"),
        ("{{ 9 ** 9 ** 9 }}", "has a"),
        ("{% for a in money.charges %}{{ a.password }}{% endfor %}", "a line of money.charges has"),
        (
            "{% for a in money.charges %}{% for b in money.charges %}{% endfor %}{% endfor %}",
            "within another",
        ),
        ("{% for a in money.charges recursive %}{% endfor %}", "gone through as"),
        ("{% if %}", "Expected an expression"),
        ("{{ sender.name", "unexpected"),
    ],
)
def test_a_form_does_nothing_but_name_ask_and_list(added, says):
    with pytest.raises(MistakeError, match=f"(?i){says}"):
        check_template("termination", shipped("termination") + added.encode())


@pytest.mark.parametrize(
    "words",
    [
        "unless we hear from you",
        "Pay now to avoid this.",
        "if you\npay in time",
        "Otherwise monitoring ends.",
        "Service may be terminated.",
        "We reinstate service on payment.",
    ],
)
@pytest.mark.parametrize("kind", ["termination", "confirmation", "second_notice"])
def test_no_words_make_the_end_depend_on_what_the_customer_does(kind, words):
    with pytest.raises(MistakeError, match="makes the end depend"):
        check_template(kind, shipped(kind) + words.encode())


@pytest.mark.parametrize(
    ("condition", "fine"),
    [("cure.days", True), ("not cure.days", False), ("sender.email", False)],
)
def test_only_under_a_right_to_cure_they_may(condition, fine):
    added = f"{{% if {condition} %}}unless you pay{{% endif %}}".encode()
    if fine:
        check_template("termination", shipped("termination") + added)
    else:
        with pytest.raises(MistakeError, match="makes the end depend"):
            check_template("termination", shipped("termination") + added)


def test_the_other_branch_of_a_right_to_cure_is_not_under_it():
    added = b"{% if cure.days %}fine{% else %}unless you pay{% endif %}"
    with pytest.raises(MistakeError, match="makes the end depend"):
        check_template("termination", shipped("termination") + added)


def test_an_authority_is_told_nothing_of_money():
    with pytest.raises(MistakeError, match=r"does not say money\.total"):
        check_template("ahj_termination", shipped("ahj_termination") + b"{{ money.total }}")


@pytest.mark.parametrize(
    ("content", "says"), [(b"\xff", "not UTF-8"), (b"x" * 64_001, "64001 bytes")]
)
def test_what_is_no_text_is_no_form(content, says):
    with pytest.raises(MistakeError, match=says):
        check_template("termination", content)


def test_deep_nesting_is_refused_and_not_followed():
    deep = "{% if sender.name %}" * 500 + "{% endif %}" * 500
    with pytest.raises(MistakeError):
        check_template("termination", shipped("termination") + deep.encode())


def test_what_data_lacks_is_named_with_who_supplies_it():
    data = whole("second_notice")
    del data["notice"]
    data["sender"]["license"] = ""
    with pytest.raises(RefusedError, match=r"sender\.license .*administrator.*notice\.ended_at"):
        fill("second_notice", shipped("second_notice"), data)
    missing = missing_fields("second_notice", whole("second_notice"), ["money.total"])
    assert missing == [
        "money.total (what is due now): a clerk imports the billing (`billing import`)"
    ]


def test_data_is_never_read_as_a_template():
    data = whole("second_notice")
    data["customer"]["name"] = "{{ 7 * 7 }}"
    assert "{{ 7 * 7 }}" in fill("second_notice", shipped("second_notice"), data)


def test_a_letter_sees_the_fields_of_its_kind_alone():
    seen = shown("ahj_termination", {**whole("termination"), **whole("ahj_termination")})
    assert set(seen) == set(LETTERS["ahj_termination"].parts)


def test_a_letter_that_would_be_a_book_is_none():
    data = whole("termination")
    data["money"]["charges"] *= 5000
    with pytest.raises(MistakeError, match="it is no letter"):
        fill("termination", shipped("termination"), data)


@settings(max_examples=25)
@given(st.text(alphabet="{}%#-_ .abcdefiorns'[]()|\n", max_size=60))
def test_whatever_is_handed_in_is_signed_or_refused_and_does_nothing_else(text):
    whole_text = shipped("termination") + text.encode()
    try:
        check_template("termination", whole_text)
    except MistakeError:
        return
    fill("termination", whole_text, whole("termination"))


def test_a_text_is_a_template_and_other_files_are_filled_by_people():
    assert is_template("Letter.TXT")
    assert not is_template("letter.docx")
    assert set(LISTS) <= set(FIELDS)
