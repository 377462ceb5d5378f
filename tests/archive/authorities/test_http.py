import socket
from datetime import UTC, datetime
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from threading import Event, Thread

import pytest

from archive.authorities.http import HttpAuthority
from archive.authorities.trial import make_authority
from archive.errors import AuthorityRefusedError, AuthorityUnavailableError
from archive.timestamps import read_reply, request

DATA = b"the bytes to be stamped"
DIGEST = sha256(DATA).digest()
ELSE = sha256(b"other").digest()
NOW = datetime.now(UTC)
AUTHORITY = make_authority(now=NOW, serials=count(1))
OTHER = make_authority(now=NOW, serials=count(1))
REPLY = "application/timestamp-reply"


class Answering:
    """An HTTP server that answers every request with what it was told."""

    def __init__(self, answer):
        self.asked = []
        asked = self.asked

        class Asked(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                asked.append((dict(self.headers), body))
                answer(self, body)

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Asked)
        self.url = f"http://127.0.0.1:{self.server.server_port}/tsa"

    def __enter__(self):
        self.thread = Thread(target=self.server.serve_forever, args=(0.01,))
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


def with_body(body, *, status=200, content_type=REPLY):
    """Answer with ``body``, or with what it makes of the request."""

    def answer(asked, query):
        data = body(query) if callable(body) else body
        asked.send_response(status)
        if content_type:
            asked.send_header("Content-Type", content_type)
        asked.send_header("Content-Length", str(len(data)))
        asked.end_headers()
        asked.wfile.write(data)

    return answer


def stamped(query, *, authority=AUTHORITY):
    return authority.reply(query, now=NOW, serial=1)


def asking(url, *, timeout=5.0, policy=None, nonce=bytes(range(8))):
    return HttpAuthority(
        name="tsa-1",
        url=url,
        trust_pem=AUTHORITY.trust_pem,
        timeout=timeout,
        policy=policy,
        random=lambda count: nonce[:count],
    )


def test_a_stamp_is_fetched_and_checked():
    with Answering(with_body(stamped)) as server:
        reply = asking(server.url).stamp(DATA)

    assert read_reply(reply).time == NOW
    ((headers, query),) = server.asked
    assert headers["Content-Type"] == "application/timestamp-query"
    assert headers["Accept"] == REPLY
    assert query == request(DIGEST, nonce=0x0001020304050607)


def test_the_policy_of_the_settings_is_asked_for():
    with Answering(with_body(stamped)) as server:
        asking(server.url, policy=AUTHORITY.policy).stamp(DATA)

    assert server.asked[0][1] == request(
        sha256(DATA).digest(), nonce=0x0001020304050607, policy=AUTHORITY.policy
    )


def test_parameters_of_the_content_type_do_not_matter():
    with Answering(with_body(stamped, content_type=f"{REPLY.upper()}; charset=binary")) as server:
        assert asking(server.url).stamp(DATA)


def test_one_authority_can_be_asked_again_and_again():
    with Answering(with_body(stamped)) as server:
        authority = asking(server.url)
        replies = [authority.stamp(data) for data in (b"1", b"2", b"3")]

    assert len(set(replies)) == len(server.asked) == 3


@pytest.mark.parametrize("status", [500, 502, 503, 429, 408])
def test_an_authority_that_is_broken_for_now_is_unavailable(status):
    with (
        Answering(with_body(b"later", status=status)) as server,
        pytest.raises(AuthorityUnavailableError, match=f"tsa-1: .* answers HTTP {status}"),
    ):
        asking(server.url).stamp(DATA)


def test_an_authority_that_is_down_is_unavailable():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

    with pytest.raises(AuthorityUnavailableError, match=r"no answer from .*refused"):
        asking(f"http://127.0.0.1:{port}/").stamp(DATA)


def test_an_authority_that_never_answers_is_given_up():
    with (
        socket.create_server(("127.0.0.1", 0)) as silent,
        pytest.raises(AuthorityUnavailableError, match="timed out"),
    ):
        asking(f"http://127.0.0.1:{silent.getsockname()[1]}/", timeout=0.1).stamp(DATA)


def test_an_answer_that_breaks_off_is_unavailable():
    def break_off(asked, query):
        asked.send_response(200)
        asked.send_header("Content-Type", REPLY)
        asked.send_header("Content-Length", "5000")
        asked.end_headers()
        asked.wfile.write(stamped(query)[:100])

    with (
        Answering(break_off) as server,
        pytest.raises(AuthorityUnavailableError, match="no answer"),
    ):
        asking(server.url).stamp(DATA)


def test_an_answer_that_stops_in_the_middle_is_given_up():
    released = Event()

    def stall(asked, _query):
        asked.send_response(200)
        asked.send_header("Content-Type", REPLY)
        asked.send_header("Content-Length", "5000")
        asked.end_headers()
        asked.wfile.write(b"0")
        released.wait(10)

    with Answering(stall) as server:
        with pytest.raises(AuthorityUnavailableError, match="timed out"):
            asking(server.url, timeout=0.2).stamp(DATA)
        released.set()


def test_an_answer_that_drips_is_given_up():
    def drip(asked, _query):
        asked.send_response(200)
        asked.send_header("Content-Type", REPLY)
        asked.send_header("Transfer-Encoding", "chunked")
        asked.end_headers()
        for _ in range(200):
            asked.wfile.write(b"1\r\n0\r\n")
        asked.wfile.write(b"0\r\n\r\n")

    with (
        Answering(drip) as server,
        pytest.raises(AuthorityUnavailableError, match="more than 100 pieces"),
    ):
        asking(server.url).stamp(DATA)


@pytest.mark.parametrize("status", [301, 302, 400, 401, 403, 404, 204])
def test_an_address_where_no_authority_is_is_refused_with_what_helps(status):
    with (
        Answering(with_body(b"", status=status)) as server,
        pytest.raises(AuthorityRefusedError, match=f"HTTP {status}; check the address"),
    ):
        asking(server.url).stamp(DATA)


@pytest.mark.parametrize("content_type", ["text/html", None])
def test_an_answer_of_another_kind_is_refused(content_type):
    with (
        Answering(with_body(stamped, content_type=content_type)) as server,
        pytest.raises(AuthorityRefusedError, match=r"answers with (text/html|no content type)"),
    ):
        asking(server.url).stamp(DATA)


@pytest.mark.parametrize("size", [64 * 1024 + 1, 10_000_000])
def test_a_huge_answer_is_refused_before_it_is_read(size):
    def huge(asked, _query):
        asked.send_response(200)
        asked.send_header("Content-Type", REPLY)
        asked.end_headers()
        try:
            for _ in range(size // 1024 + 1):
                asked.wfile.write(bytes(1024))
        except OSError:
            return

    with (
        Answering(huge) as server,
        pytest.raises(AuthorityRefusedError, match="larger than 65536 bytes"),
    ):
        asking(server.url).stamp(DATA)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "not a time-stamp reply"),
        (b"\xff" * 100, "not a time-stamp reply"),
        (
            lambda _query: stamped(request(ELSE, nonce=0x0001020304050607)),
            "over other bytes",
        ),
        (lambda _query: stamped(request(DIGEST, nonce=2)), "another request"),
        (
            lambda query: stamped(query, authority=OTHER),
            "does not hold",
        ),
        (lambda _query: stamped(b""), "not granted"),
    ],
    ids=["empty", "garbage", "wrong imprint", "wrong nonce", "other authority", "refusal"],
)
def test_an_authority_that_lies_is_refused(body, reason):
    with (
        Answering(with_body(body)) as server,
        pytest.raises(AuthorityRefusedError, match=f"^tsa-1: .*{reason}"),
    ):
        asking(server.url).stamp(DATA)


def test_an_old_reply_to_the_same_bytes_is_refused():
    with Answering(with_body(stamped(request(DIGEST, nonce=0x0001020304050607)))) as server:
        assert asking(server.url).stamp(DATA)
        with pytest.raises(AuthorityRefusedError, match="another request"):
            asking(server.url, nonce=b"\x01" * 8).stamp(DATA)
