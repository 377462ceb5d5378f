import http.client
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import pytest

from archive.authorities.http import HttpAuthority
from archive.errors import AuthorityUnavailableError
from archive.timestamps import read_reply
from stationd.clock import SetClock
from stationd.demo.authority import AuthorityServer
from stationd.ids import CountedIds


@pytest.fixture
def clock():
    return SetClock(datetime(2027, 3, 4, 5, 6, 7, tzinfo=UTC))


@pytest.fixture
def server(clock):
    with AuthorityServer(clock, CountedIds()) as running:
        yield running


def asking(server):
    return HttpAuthority("trial", server.url, server.trust_pem, 5.0, None, CountedIds(1).bytes)


def post(server, *, content_type, body):
    place = urlsplit(server.url)
    connection = http.client.HTTPConnection(place.hostname, place.port, timeout=5)
    try:
        connection.request("POST", "/", body=body, headers={"Content-Type": content_type})
        return connection.getresponse().status
    finally:
        connection.close()


def test_it_stamps_by_the_clock_it_was_given(server, clock):
    first = read_reply(asking(server).stamp(b"data"))
    clock.advance(timedelta(hours=30))
    second = read_reply(asking(server).stamp(b"data"))

    assert first.time == datetime(2027, 3, 4, 5, 6, 7, tzinfo=UTC)
    assert second.time - first.time == timedelta(hours=30)
    assert second.serial != first.serial


@pytest.mark.parametrize(
    ("content_type", "body"),
    [("text/plain", b"x"), ("application/timestamp-query", b"x" * 5000)],
)
def test_what_is_no_request_is_turned_away(server, content_type, body):
    assert post(server, content_type=content_type, body=body) == 400


def test_it_listens_on_this_machine_only(server):
    assert server.url.startswith("http://127.0.0.1:")


def test_it_answers_no_more_once_it_is_stopped(clock):
    server = AuthorityServer(clock, CountedIds()).start()
    authority = asking(server)
    authority.stamp(b"data")

    server.stop()

    with pytest.raises(AuthorityUnavailableError):
        authority.stamp(b"data")


def test_one_that_was_never_started_can_be_stopped(clock):
    AuthorityServer(clock, CountedIds()).stop()
