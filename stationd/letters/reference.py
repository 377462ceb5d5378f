"""The reference page of letters, made from the table of their fields."""

from stationd.letters.fields import FIELDS, LETTERS, LISTS, fields_of

__all__ = ["letters_page"]

_MADE = "<!-- Made from the code by `make docs`; changes here are lost. -->"

_FORM = (
    "A form is a text (`.txt`, UTF-8) with fields such as `{{ customer.name }}`. It may ask "
    "whether a field is there (`{% if money.charges %} … {% else %} … {% endif %}`, with `not`, "
    "`and`, `or`) and go through a list (`{% for line in money.charges %}`). It can do nothing "
    "else. Each line of it is a line or a paragraph; a line in capitals is a heading; lines that "
    "begin with two blanks are rows, with two blanks or more between columns."
)
_MUST = (
    "*Always*: a form names it outside of every condition, and a letter without it is refused. "
    "*Somewhere*: a form names it, and may do so under a condition, because not every case has "
    "it. `config/letters` has a form of each kind to begin with."
)


def letters_page() -> str:
    """Return the page of letters: what each kind must hold, and what each field says."""
    lines = ["# Letters", "", _MADE, ""]
    lines += [_FORM, "", _MUST]
    for kind, letter in LETTERS.items():
        lines += ["", f"## {kind}", "", f"{letter.title}.", ""]
        if letter.final:
            lines += [
                "No word of it may make the end depend on what the customer does next, but under "
                "`{% if cure.days %}`."
                if "cure" in letter.parts
                else "No word of it may make the end depend on what the customer does next.",
                "",
            ]
        lines += ["| field | a form names it |", "| --- | --- |"]
        for name in fields_of(kind):
            must = "always" if name in letter.always else ""
            must = "somewhere" if name in letter.somewhere else must
            lines.append(f"| `{name}` | {must} |")
    lines += ["", "## Fields", "", "| field | says | if it is missing |", "| --- | --- | --- |"]
    for name, field in FIELDS.items():
        of = f"; a line has `{'`, `'.join(LISTS[name])}`" if name in LISTS else ""
        lines.append(f"| `{name}` | {field.says}{of} | {field.supply} |")
    return "\n".join(lines) + "\n"
