import pytest
from pydantic import ValidationError

from stationd.posting import LetterSettings, SmtpSettings


def test_without_settings_nothing_goes_out():
    assert (LetterSettings().smtp, LetterSettings().print) == (None, None)


@pytest.mark.parametrize(
    "wrong",
    [
        {"security": "none"},
        {"sender": "nobody"},
        {"sender": "a@b\nBcc: c@d"},
        {"port": 0},
        {"password": "secret"},
    ],
)
def test_there_is_no_mail_without_tls_or_a_sender_and_no_password_in_the_file(wrong):
    with pytest.raises(ValidationError):
        SmtpSettings.model_validate({"host": "h", "sender": "a@b.example", **wrong})
