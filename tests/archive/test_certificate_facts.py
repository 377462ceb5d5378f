"""What forms say, read again out of a bundle."""

import pytest

from archive.certificate_facts import form_facts
from archive.certificate_pages import certification_text
from archive.errors import MalformedError
from tests.archive.redacting import redaction, telling


def test_the_forms_of_a_bundle_are_made_again_word_for_word(proved) -> None:
    text, _ = proved.finished.certifications

    assert certification_text(*form_facts(proved.container)) == text.read_bytes()


def test_records_in_volumes_are_found_there(volumes, monkeypatch) -> None:
    *paths, container = [one.path for one in volumes.files]
    text, _ = volumes.certifications

    assert len(paths) > 1
    assert certification_text(*form_facts(container, paths)) == text.read_bytes()


def test_what_is_no_bundle_is_said_so(sealed) -> None:
    sealed.container.write_bytes(sealed.container.read_bytes()[:5000])

    with pytest.raises(MalformedError, match="cannot be read"):
        form_facts(sealed.container)


@pytest.mark.parametrize("hidden", [{1, 12}, set(range(1, 13))], ids=["ends", "all"])
def test_the_forms_of_a_redacted_copy_are_made_again_too(hidden, station, tmp_path) -> None:
    records = telling(12, hidden)
    source = station.source(
        lambda: iter(records), redaction=redaction(), documents=lambda: iter([])
    )
    finished = station.make(source, tmp_path)

    text = finished.certifications[0].read_bytes()
    assert certification_text(*form_facts(finished.files[-1].path)) == text
    assert f"of which {len(hidden)} are".encode() in b" ".join(text.split())
