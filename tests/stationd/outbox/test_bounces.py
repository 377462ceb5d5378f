import pytest
from hypothesis import given
from hypothesis import strategies as st

from stationd.cases import service
from stationd.errors import MistakeError
from stationd.outbox.bounces import MOST_BYTES, read_report, record_bounce


def report(message_id, to="acme@example.com", action="failed", *, status="5.1.1"):
    fields = (
        "Reporting-MTA: dns; mx.example.com\r\n\r\n"
        f"Final-Recipient: rfc822; {to}\r\nAction: {action}\r\nStatus: {status}\r\n"
        "Diagnostic-Code: smtp; 550 no such user\r\n"
    )
    return _written(message_id, fields)


def _written(message_id, fields):
    lines = [
        "From: MAILER-DAEMON@mx.example.com",
        "To: l@maple.example",
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"',
        "",
        "--b",
        "Content-Type: text/plain",
        "",
        "It did not arrive.",
        "--b",
        "Content-Type: message/delivery-status",
        "",
        fields,
        "--b",
        "Content-Type: text/rfc822-headers",
        "",
        f"Message-ID: {message_id}",
        "Subject: Notice",
        "",
        "--b--",
        "",
    ]
    return "\r\n".join(lines).encode()


def noticed(office):
    case = office.notice_out()
    (one,) = office.sendings(case)
    return case, one


def test_a_notice_that_came_back_is_a_fact_and_a_step_and_its_time_runs_on(office):
    case, one = noticed(office)
    found, fact = record_bounce(office.desk, "r.eml", report(one.message_id), office.manager)
    assert found.id == one.id
    (told,) = office.facts(case, "notice_returned")
    assert (told.id, told.fact["status"], told.fact["of"]) == (fact, "5.1.1", one.fact_id)
    assert told.fact["said"] == "smtp; 550 no such user"
    view = service.look(office.desk, case.id)
    assert view.history[-1].row == "T13"
    assert view.case.effective_at == case.effective_at


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"action": "delayed"}, "says 'delayed'"),
        ({"to": "other@example.com"}, "is about other@example.com"),
    ],
)
def test_what_is_no_failure_of_that_letter_is_not_recorded(office, more, says):
    case, one = noticed(office)
    with pytest.raises(MistakeError, match=says):
        record_bounce(office.desk, "r.eml", report(one.message_id, **more), office.manager)
    assert office.facts(case, "notice_returned") == []


def test_a_report_about_somebody_elses_mail_is_refused(office):
    with pytest.raises(MistakeError, match="no message that this station sent"):
        record_bounce(office.desk, "r.eml", report("<x@elsewhere.example>"), office.manager)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "no report of delivery"),
        (b"Subject: hello\r\n\r\nhello", "no report of delivery"),
        (b"x" * (MOST_BYTES + 1), "at most"),
    ],
)
def test_what_is_no_report_is_refused(content, says):
    with pytest.raises(MistakeError, match=says):
        read_report(content)


def test_a_report_nested_too_deeply_ends(office):
    inner = report("<a@b.example>")
    for level in range(40):
        head = f'Content-Type: multipart/mixed; boundary="n{level}"\r\n\r\n--n{level}\r\n'
        inner = head.encode() + inner + f"\r\n--n{level}--\r\n".encode()
    with pytest.raises(MistakeError, match="no report of delivery"):
        read_report(inner)


def test_words_of_strangers_are_cut_and_shown_plainly():
    fields = "\r\nAction: failed\r\nDiagnostic-Code: smtp; \x1b[31m" + "x" * 2000 + "\r\n"
    found = read_report(_written("<a@b.example>", fields))
    assert len(found.words) == 300
    assert "\x1b" not in found.words


@given(st.binary(max_size=400))
def test_any_bytes_are_read_or_refused(data):
    for content in (data, report("<a@b.example>") + data, data + report("<a@b.example>")):
        try:
            read_report(content)
        except MistakeError:
            continue
