"""What forms say, read again out of a bundle."""

import pytest

from archive.certificate_facts import form_facts
from archive.certificate_pages import certification_text
from archive.errors import MalformedError


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
