"""A real Chromium, without a window, driven over its DevTools protocol on a pipe.

Nothing but the browser itself is needed, and no port is opened.
"""

import base64
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

FLAGS = (
    *("--headless=new", "--no-sandbox", "--remote-debugging-pipe", "--disable-gpu"),
    *("--no-first-run", "--disable-extensions", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync", "--disable-dev-shm-usage"),
    *("--disable-default-apps", "--no-default-browser-check", "--hide-scrollbars"),
    "--force-color-profile=srgb",
)

# The protocol is spoken on the descriptors 3 and 4 of the browser.
LAUNCH = """
import fcntl, os, sys
away = [fcntl.fcntl(int(number), fcntl.F_DUPFD, 10) for number in sys.argv[1:3]]
for number, descriptor in zip(away, (3, 4)):
    os.dup2(number, descriptor)
os.execv(sys.argv[3], sys.argv[3:])
"""


class ScriptError(Exception):
    """What was run in the page threw."""


class Tab:
    """A page in the browser."""

    def __init__(self, browser: "Chromium", session: str) -> None:
        self._browser = browser
        self._session = session
        self.events: list[dict[str, Any]] = []
        for domain in ("Page", "Runtime", "DOM", "Network", "Log"):
            self.send(f"{domain}.enable")

    def send(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Carry out a method of the protocol and return its result."""
        return self._browser.send(method, parameters, self._session, self.events)

    def size(self, width: int, height: int, *, scale: float = 1, dark: bool = False) -> None:
        """Set the window's size and its colours."""
        self.send(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=scale,
            mobile=width < 600,
        )
        scheme = [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]
        self.send("Emulation.setEmulatedMedia", features=scheme)

    def open(self, url: str) -> None:
        """Open an address and wait until it is loaded."""
        self.events.clear()
        self.send("Page.navigate", url=url)
        self.run("new Promise(go => document.readyState === 'complete' ? go() : onload = go)")

    def run(self, script: str) -> Any:
        """Return the value of an expression, waited for where it is a promise."""
        done = self.send(
            "Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True
        )
        if "exceptionDetails" in done:
            raise ScriptError(json.dumps(done["exceptionDetails"])[:2000])
        return done["result"].get("value")

    def choose(self, selector: str, *paths: Path) -> None:
        """Choose files in a file input."""
        root = self.send("DOM.getDocument")["root"]["nodeId"]
        node = self.send("DOM.querySelector", nodeId=root, selector=selector)["nodeId"]
        self.send("DOM.setFileInputFiles", files=[str(path) for path in paths], nodeId=node)

    def picture(self, path: Path, *, whole: bool = True) -> Path:
        """Write a picture of the page."""
        shot = self.send("Page.captureScreenshot", format="png", captureBeyondViewport=whole)
        path.write_bytes(base64.b64decode(shot["data"]))
        return path

    def requested(self) -> list[str]:
        """Return every address that the page has asked the network for."""
        return [
            event["params"]["request"]["url"]
            for event in self.events
            if event["method"] == "Network.requestWillBeSent"
        ]


class Chromium:
    """The browser's process, and the pipe to it."""

    def __init__(self, process: "subprocess.Popen[bytes]", reader: Any, writer: Any) -> None:
        self._process = process
        self._reader, self._writer = reader, writer
        self._ids = 0
        self._buffer = b""

    def send(
        self,
        method: str,
        parameters: dict[str, Any],
        session: str | None = None,
        events: list[dict[str, Any]] | None = None,
    ) -> dict[str, Any]:
        """Carry out a method and return its result; what happens meanwhile goes to ``events``."""
        self._ids += 1
        message = {"id": self._ids, "method": method, "params": parameters}
        if session:
            message["sessionId"] = session
        self._writer.write(json.dumps(message).encode() + b"\0")
        self._writer.flush()
        while True:
            said = self._receive()
            if said.get("id") == self._ids:
                assert "error" not in said, f"{method}: {said['error']}"
                return said["result"]  # type: ignore[no-any-return]
            if events is not None and said.get("sessionId") == session:
                events.append(said)

    def _receive(self) -> dict[str, Any]:
        while b"\0" not in self._buffer:
            data = os.read(self._reader.fileno(), 1 << 16)
            assert data, f"the browser ended: {self._process.poll()}"
            self._buffer += data
        line, _, self._buffer = self._buffer.partition(b"\0")
        return json.loads(line)  # type: ignore[no-any-return]

    def tab(self) -> Tab:
        """Open a new page."""
        target = self.send("Target.createTarget", {"url": "about:blank"})["targetId"]
        attached = self.send("Target.attachToTarget", {"targetId": target, "flatten": True})
        return Tab(self, attached["sessionId"])


@contextmanager
def chromium(folder: Path) -> Iterator[Chromium]:
    """Start the browser with a profile of its own in ``folder``, and end it."""
    program = shutil.which("chromium")
    assert program, "chromium is not here; tests/apt.txt names it"
    (theirs_in, ours_out), (ours_in, theirs_out) = os.pipe(), os.pipe()
    with (
        os.fdopen(ours_in, "rb", buffering=0) as reader,
        os.fdopen(ours_out, "wb") as writer,
        (folder / "chromium.log").open("wb") as log,
    ):
        process = subprocess.Popen(
            [
                *(sys.executable, "-I", "-c", LAUNCH, str(theirs_in), str(theirs_out)),
                *(program, *FLAGS, f"--user-data-dir={folder / 'profile'}"),
            ],
            pass_fds=(theirs_in, theirs_out),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env=os.environ | {"HOME": str(folder), "LC_ALL": "C.UTF-8", "TZ": "UTC"},
        )
        os.close(theirs_in)
        os.close(theirs_out)
        browser = Chromium(process, reader, writer)
        try:
            yield browser
            browser.send("Browser.close", {})
        finally:
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
