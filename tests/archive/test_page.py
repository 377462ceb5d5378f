"""The page, where it was built, and bundles where it was not."""

from archive import page
from archive.bag_check import foreign_checkers
from archive.findings import Outcome
from archive.verify import examine


def test_the_page_of_this_package_is_the_one_the_verifier_knows() -> None:
    content = page.read_page()
    assert content is not None, "archive/verify.html is not built; run make page"

    foreign = foreign_checkers({page.IN_BUNDLE: page.page_hash(content)}.get)

    # Built of other sources it has another hash: write what make page says into bag_check.py.
    assert foreign == [], page.page_hash(content)


def test_another_page_is_told() -> None:
    theirs = {page.IN_BUNDLE: page.page_hash(b"<p>All checks passed.</p>")}

    assert foreign_checkers(theirs.get) == [page.IN_BUNDLE]


def test_a_bundle_carries_the_page_that_was_built(sealed) -> None:
    assert (sealed.folder / page.IN_BUNDLE).read_bytes() == page.read_page()


def test_without_the_page_bundles_are_made_all_the_same(
    station, tmp_path, monkeypatch, short_history
):
    monkeypatch.setattr("archive.build.read_page", lambda: None)
    source = station.source(lambda: short_history(12))

    finished = station.seal_folder(station.bag(source, tmp_path / "work"), tmp_path)

    report = examine(finished.files[-1].path, station.anchors, processes=1)
    assert report.outcome is Outcome.PASSED, str(report)
    assert not (tmp_path / "work/bag" / page.IN_BUNDLE).exists()


def test_a_package_without_it_has_none(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr("archive.page.resources.files", lambda _: tmp_path)

    assert page.read_page() is None
