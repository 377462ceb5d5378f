import pytest

from stationd.letters.channels.channel import Later, Parcel, Refused, Sent, Unsure
from stationd.letters.channels.smtp import SmtpChannel, SmtpServer
from tests.mail_server import BREAK, MailServer

PARCEL = Parcel(
    key="k1",
    channel="email",
    recipient="Acme",
    address="a@example.com",
    file="letter.pdf",
    content=b"",
    message=b"Subject: x\r\n\r\n.dot\r\nlast\r\n",
    message_id="<k1@example.com>",
)


@pytest.fixture
def server(tmp_path):
    with MailServer(tmp_path) as made:
        yield made


def channel(server, **more):
    told = {"host": "localhost", "port": server.port, "ca": server.ca, "timeout": 5.0}
    return SmtpChannel(SmtpServer(sender="letters@example.com", **told | more))


def send(server, began=None, **more):
    return channel(server, **more).send(
        PARCEL, (lambda: began.append(1)) if began is not None else int
    )


def test_a_message_goes_out_to_the_byte_over_tls_and_the_reply_is_kept(server):
    began = []
    outcome = send(server, began, user="me", password="secret")
    assert outcome == Sent(
        {
            "server": "localhost",
            "reply": "250 2.0.0 taken as 42",
            "message_id": "<k1@example.com>",
            "to": "a@example.com",
        }
    )
    assert server.messages == [("a@example.com", PARCEL.message)]
    assert (len(began), len(server.logins)) == (1, 1)


def test_a_server_without_tls_gets_nothing(tmp_path):
    with MailServer(tmp_path, offers_tls=False) as server:
        outcome = send(server, user="me", password="secret")
        assert isinstance(outcome, Later)
        assert (server.messages, server.logins) == ([], [])


def test_a_server_with_another_certificate_gets_nothing(server):
    outcome = send(server, ca=None)
    assert isinstance(outcome, Later)
    assert "certificate" in outcome.why.lower()
    assert server.messages == []


@pytest.mark.parametrize(
    ("word", "said", "outcome", "began"),
    [
        ("RCPT", "451 later", Later, 0),
        ("RCPT", "550 no such user", Refused, 0),
        ("DATA", "452 full", Later, 0),
        ("DATA", BREAK, Later, 0),
        ("AUTH", "535 wrong", Later, 0),
        (".", "451 later", Later, 1),
        (".", "554 spam", Refused, 1),
        (".", BREAK, Unsure, 1),
    ],
)
def test_what_a_servers_no_means_depends_on_its_code_and_its_silence_on_the_moment(
    server, word, said, outcome, began
):
    server.answers[word] = said
    acts = []
    found = send(server, acts, user="me", password="secret")
    assert isinstance(found, outcome)
    assert len(acts) == began
    assert said == BREAK or said in found.why


def test_a_server_that_is_not_there_is_asked_later(server):
    assert isinstance(send(server, port=1), Later)


def test_what_is_called_off_before_the_act_is_not_sent(server):
    def off():
        raise LookupError

    with pytest.raises(LookupError):
        channel(server).send(PARCEL, off)
    assert server.messages == []


def test_nobody_knows_what_a_server_took_before_a_crash(server):
    found = channel(server).recover(PARCEL, None)
    assert isinstance(found, Unsure)
    assert "<k1@example.com>" in found.why


@pytest.mark.parametrize(("word", "came"), [("EHLO", Later), ("MAIL", Later), (".", Unsure)])
def test_a_server_that_drips_is_cut_off(server, word, came):
    usual = server._reply

    def drip(connection, said):
        if said != word:
            return usual(connection, said)
        while True:
            connection.sendall(b"250-x\r\n")
            if server.go.wait(0.05):
                return False

    server._reply = drip
    began = []
    assert isinstance(send(server, began, timeout=0.1), came)
    assert len(began) == (came is Unsure)
