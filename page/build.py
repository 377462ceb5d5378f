"""Build ``verify.html``: one file that checks a bundle in a browser.

    python3 page/build.py archive/verify.html

Libraries and tools come from the npm registry, by the versions and hashes of
``package-lock.json``; `npm` only fetches them, and nothing of theirs is run but the bundler, which
is a program of its own.
The same sources give the same bytes.  FORMAT.md, 4 says how a verifier knows the file.
"""

import base64
import html
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

HERE = Path(__file__).parent
MODULES = HERE / "node_modules"
LOCK = HERE / "package-lock.json"
STAMP = MODULES / ".stationd-lock"
FETCH = ("ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")
BUNDLE = (
    *("--bundle", "--minify", "--format=iife", "--target=es2022", "--charset=ascii"),
    *("--legal-comments=none", "--log-level=warning"),
)


class BuildError(Exception):
    """The page cannot be built here; the text says what helps."""


def fetched() -> None:
    """Fetch what the lock file names, unless it is here."""
    wanted = sha256(LOCK.read_bytes()).hexdigest()
    if STAMP.exists() and STAMP.read_text() == wanted:
        return
    npm = shutil.which("npm")
    if npm is None:
        raise BuildError(
            "npm is not here, and the page's libraries are fetched with it; install npm"
        )
    done = subprocess.run([npm, *FETCH], cwd=HERE, check=False)
    if done.returncode:
        raise BuildError("npm could not fetch what page/package-lock.json names; see above")
    STAMP.write_text(wanted)


def program(pattern: str) -> Path:
    """Return a fetched program for this kind of machine."""
    found = sorted(MODULES.glob(pattern))
    if len(found) != 1:
        raise BuildError(f"{pattern} is not in page/node_modules; remove that folder and try again")
    return found[0]


def bundled(source: str) -> str:
    """Return one script that holds ``source`` and all that it imports."""
    esbuild = program("@esbuild/*/bin/esbuild")
    done = subprocess.run(
        [esbuild, f"src/{source}", *BUNDLE], cwd=HERE, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise BuildError(done.stderr)
    # Within an HTML file a script must not hold what ends one.
    return re.sub(r"</(script)|<!--", lambda hit: hit[0].replace("<", "\\x3c"), done.stdout.strip())


def licences() -> str:
    """Return the licence of every library in the page; they ask for it in each copy."""
    named = {name: it for name, it in json.loads(LOCK.read_text())["packages"].items() if name}
    texts = [
        f"{name.removeprefix('node_modules/')} {it['version']}\n\n"
        + (HERE / name / "LICENSE").read_text("utf-8").strip()
        for name, it in sorted(named.items())
        if not it.get("dev")
    ]
    return html.escape("\n\n\n".join(texts))


def hashed(text: str) -> str:
    """Return a text's hash as a content security policy names it."""
    return f"'sha256-{base64.b64encode(sha256(text.encode()).digest()).decode()}'"


def page() -> str:
    """Return the whole page."""
    style = (HERE / "style.css").read_text("utf-8").strip()
    parts = {
        "LICENCES": licences(),
        "STYLE": style,
        "MAIN": bundled("main.ts"),
        "WORKER": bundled("check_worker.ts"),
    }
    policy = (
        f"default-src 'none'; script-src {hashed(parts['MAIN'])} blob:; worker-src blob:; "
        f"style-src {hashed(style)}; img-src data:; base-uri 'none'; form-action 'none'"
    )
    template = (HERE / "page.html").read_text("utf-8")
    return re.sub(r"\{\{([A-Z]+)\}\}", lambda hit: (parts | {"POLICY": policy})[hit[1]], template)


def main(arguments: Sequence[str]) -> int:
    """Write the page to the path named on the command line."""
    if len(arguments) != 1:
        sys.stderr.write("usage: python3 page/build.py TARGET.html\n")
        return 2
    target = Path(arguments[0]).resolve()
    try:
        fetched()
        content = page().encode()
    except BuildError as error:
        sys.stderr.write(f"the page was not built: {error}\n")
        return 1
    beside = target.with_name(f".{target.name}.new")
    beside.write_bytes(content)
    beside.replace(target)
    sys.stdout.write(f"{sha256(content).hexdigest()}  {target.name}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
