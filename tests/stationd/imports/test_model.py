"""Places and faults, as people read them."""

from stationd.imports.model import Fault, Place, Source


def test_a_fault_stands_with_file_and_line():
    assert str(Fault(Place("a.csv", 7), "zone is wrong")) == "a.csv:7: zone is wrong"


def test_faults_are_told_in_the_order_of_the_lines():
    faults = [Fault(Place("a.csv", 10), "x"), Fault(Place("a.csv", 9), "y")]
    assert [fault.place.line for fault in sorted(faults)] == [9, 10]


def test_a_files_content_is_not_shown_by_accident():
    assert "secret" not in repr(Source(name="a.csv", data=b"secret"))
