import pytest

from stationd.billing.sources import SOURCES, format_named
from stationd.errors import MistakeError


def test_csv_is_a_format_and_another_is_refused_with_those_there_are() -> None:
    assert format_named("csv") is SOURCES["csv"]
    with pytest.raises(MistakeError, match="no billing format xml; there are: csv"):
        format_named("xml")
