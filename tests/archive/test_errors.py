import pytest

from archive import errors

RAISED = sorted(set(errors.__all__) - {"ArchiveError", "BundleRejectedError"})


@pytest.mark.parametrize("name", RAISED)
def test_every_error_is_caught_with_the_base_and_says_its_sentence(name):
    with pytest.raises(errors.ArchiveError, match="the bucket is gone"):
        raise getattr(errors, name)("the bucket is gone")


def test_a_rejected_bundle_carries_its_report():
    class Report:
        def __str__(self):
            return "digests: data/index.json differs"

    report = Report()

    error = errors.BundleRejectedError(report)

    assert error.report is report
    assert str(error) == "digests: data/index.json differs"


def test_the_list_at_the_top_names_every_error():
    assert [name for name in errors.__all__ if f"`{name}`" not in errors.__doc__] == []
