import hmac
import json
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from stationd.errors import UnavailableError
from stationd.hooks.model import Letter
from stationd.hooks.webhook import post
from stationd.paging import WebhookHook

NOW = datetime(2026, 5, 1, 12, 0, tzinfo=UTC)
SECRET = b"a secret of some length"


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    path = tmp_path / "hook.secret"
    path.write_bytes(SECRET + b"\n")
    return path


def hook(url: str, secret: Path, **more: Any) -> WebhookHook:
    return WebhookHook(
        kind="webhook",
        name="pager",
        url=url,
        secret=str(secret),
        timeout="5s",
        **more,
    )


def test_what_arrives_is_signed_with_its_time_and_names_the_try_by_one_id(
    web: Any, letter: Letter, secret: Path
) -> None:
    url = f"http://127.0.0.1:{web.port}/in?x=1"
    post(hook(url, secret), letter, NOW)
    post(hook(url, secret), letter, NOW + timedelta(hours=1))
    (path, headers, content), (_, later, again) = web.posts
    assert path == "/in?x=1"
    assert content == again
    assert headers["Idempotency-Key"] == later["Idempotency-Key"] == letter.id
    at = headers["X-Stationd-Timestamp"]
    assert int(at) == int(NOW.timestamp())
    expected = hmac.new(SECRET, at.encode() + b"." + content, sha256).hexdigest()
    assert headers["X-Stationd-Signature"] == f"sha256={expected}"
    assert later["X-Stationd-Signature"] != headers["X-Stationd-Signature"]
    assert json.loads(content)["kind"] == "overdue_end"


def test_a_server_is_known_by_its_certificate(
    secure_web: Any, letter: Letter, secret: Path, certificate: Path
) -> None:
    url = f"https://127.0.0.1:{secure_web.port}/"
    post(hook(url, secret, ca_bundle=certificate), letter, NOW)
    assert len(secure_web.posts) == 1
    with pytest.raises(UnavailableError, match="pager: no answer: SSLError"):
        post(hook(url, secret), letter, NOW)
    assert len(secure_web.posts) == 1


@pytest.mark.parametrize("status", [301, 307, 400, 500, 503])
def test_anything_but_success_is_tried_again_and_no_redirect_is_followed(
    web: Any, letter: Letter, secret: Path, status: int
) -> None:
    web.status = status
    web.headers = {"Location": f"http://127.0.0.1:{web.port}/elsewhere"}
    with pytest.raises(UnavailableError, match=f"HTTP {status}"):
        post(hook(f"http://127.0.0.1:{web.port}/", secret), letter, NOW)
    assert [path for path, _, _ in web.posts] == ["/"]


def test_nobody_listening_is_told_without_the_address(letter: Letter, secret: Path) -> None:
    with pytest.raises(UnavailableError) as raised:
        post(hook("http://127.0.0.1:1/token-in-the-path", secret), letter, NOW)
    assert "token" not in str(raised.value)


def test_a_short_secret_signs_nothing(web: Any, letter: Letter, tmp_path: Path) -> None:
    short = tmp_path / "short"
    short.write_text("x" * 15)
    with pytest.raises(UnavailableError, match="16 bytes"):
        post(hook(f"http://127.0.0.1:{web.port}/", short), letter, NOW)
    with pytest.raises(UnavailableError, match="must hold the secret"):
        post(hook(f"http://127.0.0.1:{web.port}/", tmp_path / "none"), letter, NOW)
    assert web.posts == []
