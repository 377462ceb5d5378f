import re
import tomllib
from pathlib import Path

import pytest

from receivers.registry import RECEIVERS
from stationd.simulate.simulated import SIMULATED

PAGES = Path(__file__).parents[2] / "docs" / "reference" / "receivers"
TABLE = (PAGES / "README.md").read_text(encoding="utf-8")
NAMES = sorted(RECEIVERS)
EXAMPLES = [
    pytest.param(listener, id=f"{page.stem} {listener['name']}")
    for page in sorted(PAGES.glob("*.md"))
    for text in re.findall(
        r"^```toml\n(.*?)^```", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
    )
    for listener in tomllib.loads(text)["listeners"]
]


def page_of(name: str) -> str:
    return (PAGES / f"{name}.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", NAMES)
def test_a_receiver_has_a_page_and_a_row_in_the_table(name: str) -> None:
    assert page_of(name).startswith(f"# Receiver `{name}`: ")
    assert f"| [`{name}`]({name}.md) |" in TABLE


def test_a_page_is_about_a_receiver() -> None:
    assert {page.stem for page in PAGES.glob("*.md")} == {*NAMES, "README"}


@pytest.mark.parametrize("name", NAMES)
def test_a_page_names_every_option(name: str) -> None:
    text = page_of(name)
    assert [option for option in RECEIVERS[name].options if f"`{option}`" not in text] == []


@pytest.mark.parametrize("name", NAMES)
def test_a_page_says_how_to_wire_what_is_missing_and_how_sure_we_are(name: str) -> None:
    text = page_of(name)
    assert "\n## Wiring and settings\n" in text
    assert re.search(r"^## Missing\n\n\S", text, re.MULTILINE)
    assert re.search(r"^Confidence: \S", text, re.MULTILINE)


@pytest.mark.parametrize("name", NAMES)
def test_a_page_of_a_serial_receiver_names_its_settings(name: str) -> None:
    serial = "serial" in RECEIVERS[name].transports
    assert not serial or re.search(r"serial|baud|bits", page_of(name), re.IGNORECASE)


@pytest.mark.parametrize("name", NAMES)
def test_a_page_has_the_lines_to_copy(name: str) -> None:
    assert f'receiver = "{name}"' in page_of(name)


@pytest.mark.parametrize("name", SIMULATED)
def test_a_page_says_how_to_rehearse(name: str) -> None:
    page = page_of(SIMULATED[name].receiver)
    assert "## Rehearse" in page
    assert f"| `{name}` | " in page


@pytest.mark.parametrize("name", [name for name in NAMES if RECEIVERS[name].trial])
def test_what_is_on_trial_is_marked_so(name: str) -> None:
    assert re.search(r"on trial|\*\*not read\*\*", page_of(name))


@pytest.mark.parametrize("listener", EXAMPLES)
def test_an_example_can_be_copied(listener: dict[str, object]) -> None:
    spec = RECEIVERS[str(listener["receiver"])]
    transport = str(listener["kind"]).removesuffix("_client")
    assert transport in spec.transports
    for name, value in dict(listener.get("options", {})).items():  # type: ignore[call-overload]
        option = spec.options[name]
        assert type(value) is type(option.default)
        assert not option.choices or value in option.choices
        assert not option.pattern or re.fullmatch(option.pattern, str(value))
