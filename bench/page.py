"""A large bundle in the page that checks bundles: how long, how much memory, how long it is away.

    python bench/page.py --records 1450000

The page is built before (`make page`); the browser is a real Chromium without a window.  Printed as
JSON: the container's size, seconds until the verdict, the most memory of the page's process, and
the longest that its main thread did not answer meanwhile: a page that is away freezes.
"""

import argparse
import json
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from archive.findings import Anchors
from bench.bundles import Measured, made
from stationd.clock import SystemClock
from stationd.demo.authority import AuthorityServer
from stationd.ids import SystemIds
from tests.page.chromium import chromium
from tests.page.verifying import ENDED, VerifyingPage

# Asked of the page's main thread every few milliseconds; the longest wait is how long it was away.
_WATCH = """
window.away = 0; window.seen = performance.now();
setInterval(() => {
  const now = performance.now();
  window.away = Math.max(window.away, now - window.seen);
  window.seen = now;
}, 5);
"""


def main() -> int:
    """Measure one bundle; 1 where the page does not pass it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=100_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="stationd-bench-") as base:
        folder = Path(base)
        with AuthorityServer(SystemClock(), SystemIds()) as authority:
            finished, keys, tsa = made(options.records, folder, authority, Measured())
        anchors = Anchors(
            root_pem=keys.root.read_bytes(),
            tsa_pem=tsa.read_bytes(),
            log_pub_pem=keys.log_public.read_bytes(),
        )
        report = _checked(folder, [file.path for file in finished.files], anchors)
    print(json.dumps({"records": options.records, **report}, indent=2))
    return 0 if report["outcome"] == "passed" else 1


def _checked(folder: Path, paths: list[Path], anchors: Anchors) -> dict[str, object]:
    with chromium(folder) as browser:
        tab = browser.tab()
        page = VerifyingPage(tab, folder)
        page.start()
        page.trust(anchors)
        tab.run(_WATCH)
        tab.choose("#bundle", paths[-1], *paths[:-1])
        begun = time.perf_counter()
        while tab.run("document.getElementById('check').disabled"):
            time.sleep(0.05)
        tab.run("document.getElementById('check').click()")
        most = 0
        while not tab.run(ENDED):
            most = max(most, _largest())
            time.sleep(0.2)
        seconds = time.perf_counter() - begun
        return {
            "outcome": tab.run("document.documentElement.dataset.state"),
            "megabytes": round(sum(path.stat().st_size for path in paths) / 1e6, 1),
            "seconds": round(seconds, 1),
            "page_megabytes": most // 1024,
            "longest_away_ms": round(tab.run("window.away")),
        }


def _largest() -> int:
    """Return the most kilobytes that a page's process of this user's Chromium had so far."""
    most = 0
    for place in Path("/proc").glob("[0-9]*"):
        with suppress(OSError, ValueError):
            if b"--type=renderer" in (place / "cmdline").read_bytes():
                status = (place / "status").read_text()
                most = max(most, int(status.split("VmHWM:")[1].split()[0]))
    return most


if __name__ == "__main__":
    sys.exit(main())
