from pathlib import Path

import pytest

from stationd.cases.guards import GUARDS
from stationd.cases.reference import case_table_page, guards_page, pages
from stationd.cases.states import TABLE, State

FOLDER = Path(__file__).parents[3] / "docs" / "reference"


@pytest.mark.parametrize("name", list(pages()))
def test_the_manual_is_what_the_code_says(name: str) -> None:
    assert (FOLDER / name).read_text(encoding="utf-8") == pages()[name]


@pytest.mark.parametrize("row", sorted({found.id for found in TABLE}))
def test_every_row_is_on_the_page(row: str) -> None:
    assert f"\n| {row} |" in case_table_page()


@pytest.mark.parametrize("state", list(State))
def test_every_state_is_on_the_page(state: State) -> None:
    assert f"| `{state}` |" in case_table_page()


@pytest.mark.parametrize("name", list(GUARDS))
def test_every_guard_is_on_the_page_with_its_rule(name: str) -> None:
    (line,) = [one for one in guards_page().splitlines() if one.startswith(f"| `{name}` |")]
    assert len(line) > 40


def test_the_diagram_is_one_that_mermaid_draws() -> None:
    _, _, rest = case_table_page().partition("```mermaid\nstateDiagram-v2\n")
    diagram, _, _ = rest.partition("```")
    assert all(" --> " in line for line in diagram.splitlines())
