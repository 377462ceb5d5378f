"""The page that checks a bundle, used as a person uses it: choose files, press the button, read."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from archive.findings import Anchors
from tests.page.chromium import Tab

PAGE = Path(__file__).parents[2] / "archive/verify.html"
ENDED = "/passed|failed|undecided/.test(document.documentElement.dataset.state)"
NAMES = {"root": "ROOT.pem", "tsa": "TSA.pem", "log": "LOG.pub.pem", "crls": "crls.pem"}


def eventually(condition: str) -> str:
    """Return a script that ends once ``condition`` holds."""
    return (
        "new Promise((resolve, reject) => {"
        f"const look = (left) => ({condition}) ? resolve(true) : left"
        f" ? setTimeout(look, 10, left - 1) : reject(new Error({json.dumps(condition)}));"
        "look(6000)})"
    )


@dataclass
class VerifyingPage:
    """The page in a browser, and a folder for what it is given."""

    tab: Tab
    folder: Path

    def start(self) -> None:
        """Open the page from the disk, or forget what was checked."""
        if self.tab.run("location.protocol") != "file:":
            self.tab.open(PAGE.as_uri())
        else:
            self.tab.run("document.getElementById('again').click()")

    def trust(self, anchors: Anchors) -> None:
        """Choose the files of whom to trust."""
        pems = {"root": anchors.root_pem, "tsa": anchors.tsa_pem, "log": anchors.log_pub_pem}
        pems["crls"] = anchors.crls_pem
        for name, pem in pems.items():
            self.tab.run(f"document.getElementById('{name}').value = ''")
            self.tab.run(f"document.getElementById('{name}').dispatchEvent(new Event('input'))")
            if pem:
                path = self.folder / NAMES[name]
                path.write_bytes(pem)
                self.tab.choose(f"#{name}-file", path)
                self.tab.run(eventually(f"document.getElementById('{name}').dataset.pem"))

    def examine(
        self,
        container: Path,
        anchors: Anchors,
        *,
        beside: Iterable[Path] = (),
        demand_proofs: bool = False,
    ) -> dict[str, Any]:
        """Check a bundle and return the report, as the page shows it."""
        self.start()
        self.trust(anchors)
        return self.check(container, beside=beside, demand_proofs=demand_proofs)

    def check(
        self, container: Path, *, beside: Iterable[Path] = (), demand_proofs: bool = False
    ) -> dict[str, Any]:
        """Check a bundle with whom to trust as it stands there."""
        self.tab.run(f"document.getElementById('demand').checked = {json.dumps(demand_proofs)}")
        self.tab.choose("#bundle", container, *beside)
        self.tab.run(eventually("!document.getElementById('check').disabled"))
        self.tab.run("document.getElementById('check').click()")
        self.tab.run(eventually(ENDED))
        text = self.tab.run("document.getElementById('json').textContent")
        return json.loads(text)  # type: ignore[no-any-return]
