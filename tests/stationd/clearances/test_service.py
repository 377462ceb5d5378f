import json
import subprocess
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import pytest

from archive.ceremony import Ceremony, make_keys
from archive.seal import Seal
from stationd.cases import service as cases
from stationd.cases.model import Case
from stationd.clearances import service
from stationd.clock import iso
from stationd.errors import NotFoundError
from stationd.hooks import service as hooks
from stationd.hooks.model import Letter
from stationd.paging import CLEAR_TO_CLOSE, FolderHook, Hook
from tests.stationd.cases.conftest import Office

pytestmark = pytest.mark.both_databases

BILLING = FolderHook(kind="folder", name="billing", path=Path("/nowhere"), kinds=(CLEAR_TO_CLOSE,))
PEOPLE = FolderHook(kind="folder", name="people", path=Path("/nowhere"))


@pytest.fixture
def keys(tmp_path: Path) -> Ceremony:
    """Keys that were made before the tests' clock."""
    made_at = datetime(2026, 1, 1, tzinfo=UTC)
    return make_keys(tmp_path / "keys", station="station-1", now=made_at, serials=count(1))


def closed(office: Office) -> Case:
    return cases.step(office.desk, office.sealed().id, "close", office.manager)


def write(office: Office, *given: Hook) -> int:
    return service.write_missing(office.desk, lambda _content, _now: b"signed", given or (BILLING,))


def test_there_is_one_for_each_closed_case_and_only_one(office: Office) -> None:
    case = office.sealed()
    assert not service.is_missing(office.desk)
    with pytest.raises(NotFoundError, match="which is sealed"):
        service.files(office.desk, case.id)
    cases.step(office.desk, case.id, "close", office.manager)
    assert service.is_missing(office.desk)
    assert write(office) == 1
    first = service.files(office.desk, case.id[:8])
    office.clock.advance(timedelta(days=1))
    assert write(office) == 0
    assert service.files(office.desk, case.id) == first


def test_it_says_that_the_record_is_closed_and_where_its_bundle_lies(office: Office) -> None:
    case = closed(office)
    write(office)
    (name, content), (signed, signature) = service.files(office.desk, case.id)
    assert (name, signed) == (f"clear-to-close-{case.id}.json", f"{name}.p7s")
    assert signature == b"signed"
    said = json.loads(content)
    (stored,) = said["bundle"].pop("objects")
    assert {key: said[key] for key in ("acct", "contract", "case", "record", "state", "type")} == {
        "acct": "1234",
        "contract": "K-1",
        "case": case.id,
        "record": "closed",
        "state": "closed",
        "type": "stationd-clear-to-close",
    }
    assert said["locked_until"] == stored["retain_until"] > said["closed_at"] == said["time"]
    assert said["ended_at"] < iso(office.clock.now())
    assert (stored["version_id"], stored["mode"]) == ("v1", "COMPLIANCE")
    assert b"Acme" not in content
    assert b"Main" not in content


def test_the_station_s_chain_tells_of_it(office: Office) -> None:
    case = closed(office)
    write(office)
    last = office.records("station")[-1]
    told = {key: last[key] for key in ("kind", "case", "of")}
    assert told == {"kind": "clear_to_close", "case": case.id, "of": {"acct": "1234", "epoch": 1}}


def test_it_goes_to_the_hooks_that_ask_for_it_once(office: Office) -> None:
    closed(office)
    write(office, PEOPLE, BILLING)
    (page,) = hooks.pages(office.desk)
    sent: list[tuple[str, str]] = []

    def send(hook: Hook, letter: Letter) -> None:
        sent.append((hook.name, letter.files[0][0]))

    for _ in range(2):
        hooks.watch(office.desk, [PEOPLE, BILLING], hooks.LONGEST_REST)
        hooks.deliver(
            office.desk,
            [PEOPLE, BILLING],
            send,
            lambda one: service.files(office.desk, one.subject),
        )
        office.clock.advance(10 * hooks.LONGEST_REST)
    assert sent == [("billing", f"clear-to-close-{page.subject}.json")]
    assert hooks.pages(office.desk) == []


def test_where_no_hook_asks_for_it_nobody_is_told(office: Office) -> None:
    closed(office)
    write(office, PEOPLE)
    assert hooks.pages(office.desk) == []


def test_openssl_checks_it_with_the_command_of_the_manual(
    office: Office, keys: Ceremony, tmp_path: Path
) -> None:
    case = closed(office)
    seal = Seal.load(keys.seal_key, keys.seal, keys.root)
    service.write_missing(office.desk, lambda content, now: seal.sign(content, now=now), [])
    for name, content in service.files(office.desk, case.id):
        (tmp_path / name).write_bytes(content)
    name = f"clear-to-close-{case.id}.json"
    manual = Path("docs/howto/close-in-the-automation.md").read_text()
    command = next(line for line in manual.splitlines() if line.startswith("openssl cms"))
    command = command.replace("clear-to-close-CASE.json", name).replace("ROOT.pem", str(keys.root))

    def verify() -> int:
        done = subprocess.run(command.split(), cwd=tmp_path, capture_output=True, check=False)
        return done.returncode

    assert verify() == 0
    changed = (tmp_path / name).read_bytes().replace(b'"acct":"1234"', b'"acct":"1235"')
    (tmp_path / name).write_bytes(changed)
    assert verify() != 0
