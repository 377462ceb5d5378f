"""Parts of the page against their fellows in Python: the same values, the same answers.

They run in the same browser as the page, and are asked for many values at once.
"""

import base64
import json
import subprocess
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from archive import ledger_check, merkle, note_check, openssl
from archive.file_check import expected_row
from archive.note_check import LedgerError
from archive.revocation_check import strict
from tests.page.verifying import VerifyingPage

PAGE = Path(__file__).parents[2] / "page"
VECTORS = json.loads((Path(__file__).parents[1] / "vectors/evidence-vectors.json").read_text())
MODULES = ("bytes", "canonical", "der", "hashes", "note_check", "proof_check", "rows_check")


@pytest.fixture(scope="module")
def parts(page: VerifyingPage) -> Any:
    """Give a function that runs an expression over the page's modules."""
    source = "".join(f'export * as {name} from "./src/check/{name}.ts";' for name in MODULES)
    source += 'export * as times from "./src/show/times.ts";'
    source += 'export * as signatures from "./src/check/signatures.ts";'
    (esbuild,) = PAGE.glob("node_modules/@esbuild/*/bin/esbuild")
    made = subprocess.run(
        [esbuild, "--bundle", "--format=iife", "--global-name=parts", "--log-level=error"],
        input=source,
        cwd=PAGE,
        capture_output=True,
        text=True,
        check=True,
    )
    page.start()
    page.tab.run(made.stdout + "globalThis.parts = parts; undefined")
    return lambda script, values: page.tab.run(f"(values => {script})({json.dumps(values)})")


DAY = datetime(2026, 6, 1, tzinfo=UTC)
TEXTS = [
    *('{"a":1,"b":[true,false,null,"x"]}', '{"b":1,"a":2}', '{"a":1,"a":2}', '{"a": 1}'),
    *('{"a":1.0}', '{"a":1e5}', '{"a":-0}', '{"a":01}', '{"a":NaN}', "[1,2,]", "[]", "{}"),
    *('{"10":1,"9":2}', '{"9":1,"10":2}', '"\\u0007"', '"\\u000a"', '"\\n"', '"\\u00e9"', '"é"'),
    *('"\\ud800"', '"\\\\u0008"', '"\\/"', '"\x7f"', '"\u2028"', "9007199254740991"),
    *("-5", "", "nul", "[1", '{"\U0001f600":1,"\uffff":2}', '{"\uffff":1,"\U0001f600":2}', '"a\n"'),
    *('{"__proto__":1,"a":2}', '{"a":{"toString":1,"valueOf":2}}'),
]


def name(title: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, title)])


def certified(
    subject: str, issuer: str, keys: dict[str, Any], *more: Any, depth: Any = -1
) -> bytes:
    """Return a certificate in DER: one that issues others where ``depth`` is given (None: any)."""
    made = x509.CertificateBuilder().subject_name(name(subject)).issuer_name(name(issuer))
    made = made.public_key(keys[subject].public_key()).serial_number(x509.random_serial_number())
    made = made.not_valid_before(DAY - timedelta(9)).not_valid_after(DAY + timedelta(9))
    if depth != -1:
        made = made.add_extension(x509.BasicConstraints(True, depth), True)
    for extension in more:
        made = made.add_extension(extension, True)
    return made.sign(keys[issuer], hashes.SHA256()).public_bytes(Encoding.DER)


def test_certificates_lead_to_a_root_here_where_they_do_there(parts) -> None:
    keys = {it: ec.generate_private_key(ec.SECP256R1()) for it in ("leaf", "one", "two", "root")}
    odd = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4.5"), b"\5\0")
    servers = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])
    signs = partial(certified, keys=keys)
    root, short = signs("root", "root", depth=None), signs("root", "root", depth=0)
    one, leaf = signs("one", "root", depth=0), signs("leaf", "one")
    deep = [signs("leaf", "two"), signs("two", "one", depth=None)]
    cases = {
        "a line": ([leaf, one, root], root, True),
        "no root that may issue": ([leaf, one, short], short, False),
        "a line longer than allowed": ([*deep, one, root], root, False),
        "an issuer that may issue none": ([leaf, signs("one", "root"), root], root, False),
        "an issuer for servers": (
            [leaf, certified("one", "root", keys, servers, depth=None), root], root, False,
        ),
        "a rule that is not known": ([certified("leaf", "one", keys, odd), one, root], root, False),
        "a circle": (
            [leaf, signs("one", "two", depth=None), signs("two", "one", depth=None)], root, False,
        ),
    }  # fmt: skip
    script = """(async () => {
        const der = text => Uint8Array.from(atob(text), it => it.charCodeAt(0));
        const asked = values.map(([chain, root, at]) =>
            parts.signatures.certificateHolds(chain.map(der), [der(root)], at));
        return (await Promise.all(asked)).map(it => it.holds);
    })()"""
    at = DAY.timestamp() * 1e6
    shown = [([_text(it) for it in chain], _text(end), at) for chain, end, _ in cases.values()]

    there = {
        case: bool(openssl.verify_certificate(chain, openssl._pem("CERTIFICATE", end), DAY).holds)
        for case, (chain, end, _) in cases.items()
    }
    assert there == {case: holds for case, (*_, holds) in cases.items()}
    assert dict(zip(cases, parts(script, shown), strict=True)) == there


def _text(der: bytes) -> str:
    return base64.b64encode(der).decode()


def python_takes(text: str) -> bool:
    try:
        note_check.canonical_value("x", text.encode(errors="surrogatepass"))
    except LedgerError:
        return False
    return True


def test_texts_are_canonical_here_where_they_are_there(parts) -> None:
    found = parts("values.map(it => parts.canonical.canonicalText(it) !== undefined)", TEXTS)

    assert dict(zip(TEXTS, found, strict=True)) == {text: python_takes(text) for text in TEXTS}


def test_records_are_read_here_where_they_are_there(parts) -> None:
    spaced = [
        '{"a":[1 ,2]}',
        '{"a":[1,  2]}',
        '{"a":1,"a" :2}',
        '{ "a":1}',
        '{"a":1 }',
        '{"a":{ }}',
    ]
    spaced += ['{"a":"\\/"}', '{"a":"b, c: 2, 3"}', '{"a":" b "}', '{"a":\t1}', '{"a":[-0,1]}']
    texts = [
        *TEXTS,
        *spaced,
        '{"b":1,"a":2}',
        '{"a":12345678901234567890}',
        '{"n":9007199254740993}',
    ]

    found = parts("values.map(it => parts.canonical.recordFields(it) !== undefined)", texts)

    here = {text for text, taken in zip(texts, found, strict=True) if taken}
    there = {text for text in texts if ledger_check._fields(text.encode()) is not None}
    assert here == there


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=6,
)
KEYS = ("seq", "t", "new", "marks", "part", "zone", "text", "frame", "entry", "doc", "more", "salt")
RECORDS = st.dictionaries(st.sampled_from(KEYS) | st.text(max_size=5), VALUES, max_size=8)


@settings(
    max_examples=30,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(records=st.lists(RECORDS, min_size=1, max_size=15))
def test_the_row_of_any_record_is_the_one_python_expects(parts, records) -> None:
    raws = [
        json.dumps(it, sort_keys=True, separators=(",", ":"), ensure_ascii=False) for it in records
    ]
    script = (
        "values.map(it => { const fields = parts.canonical.recordFields(it);"
        " return fields && parts.rows_check.expectedRow(parts.bytes.encoded(it), fields); })"
    )

    assert parts(script, raws) == [
        expected_row(raw.encode(), fields) for raw, fields in zip(raws, records, strict=True)
    ]


def test_the_published_proofs_lead_to_the_published_roots(parts) -> None:
    key, log = VECTORS["account_key"][0]["key"], VECTORS["log"]
    script = (
        "(() => { const { fromHex, hex } = parts.bytes, check = parts.proof_check;"
        " const all = it => it.map(fromHex);"
        " return [hex(check.stateRootFromSiblings(fromHex(values.key), 2, fromHex(values.head),"
        "   all(values.proof))),"
        "  hex(check.stateRootFromAbsence(fromHex(values.next), all(values.absence))),"
        "  hex(check.logRootFromInclusion(fromHex(values.leaf), 2, 5, all(values.inclusion))),"
        "  hex(check.logRootFromConsistency(3, fromHex(values.old), 5, all(values.consistency)))];"
        "})()"
    )
    values = {
        "key": key,
        "next": VECTORS["account_key"][1]["key"],
        "head": VECTORS["chain"]["records"][-1]["head"],
        "proof": VECTORS["proof_k1"],
        "absence": VECTORS["absence_proof_epoch2"]["siblings"],
        "leaf": log["leaf_hashes"][2],
        "inclusion": log["inclusion_2_in_5"],
        "old": log["roots"][2],
        "consistency": log["consistency_3_to_5"],
    }

    root = VECTORS["state_root_three"]
    assert parts(script, values) == [root, root, log["roots"][4], log["roots"][4]]


def test_every_proof_of_every_small_log_holds_here(parts) -> None:
    tree, leaves = merkle.LogTree(), [merkle.log_leaf(bytes([n])) for n in range(24)]
    roots = []
    for leaf in leaves:
        tree.append(leaf)
        roots.append(tree.root().hex())
    cases = [
        [leaves[n].hex(), n, size, [it.hex() for it in tree.inclusion(n, size)], roots[size - 1]]
        for size in range(1, 25)
        for n in range(size)
    ]
    grown = [
        [
            old,
            roots[old - 1],
            size,
            [it.hex() for it in tree.consistency(old, size)],
            roots[size - 1],
        ]
        for size in range(1, 25)
        for old in range(1, size + 1)
    ]
    script = (
        "(() => { const { fromHex, hex } = parts.bytes, check = parts.proof_check;"
        " const root = it => it && hex(it);"
        " return values[0].every(([leaf, n, size, proof, said]) => said === root("
        "   check.logRootFromInclusion(fromHex(leaf), n, size, proof.map(fromHex))))"
        " && values[1].every(([old, before, size, proof, said]) => said === root("
        "   check.logRootFromConsistency(old, fromHex(before), size, proof.map(fromHex)))); })()"
    )

    assert parts(script, [cases, grown]) is True


def test_chains_are_hashed_as_in_the_published_example(parts) -> None:
    script = "parts.bytes.hex(parts.hashes.accountKey('station-1', '4821', 1))"

    assert parts(script, None) == VECTORS["account_key"][0]["key"]


@pytest.mark.parametrize(
    ("der", "holds"),
    [
        ("3003020105", True),
        ("308103020105", False),
        ("30820003020105", False),
        ("0403aabbcc", True),
    ],
)
def test_lengths_have_one_form(parts, der: str, holds: bool) -> None:
    assert strict(bytes.fromhex(der)) is holds
    assert parts("parts.der.strict(parts.bytes.fromHex(values))", der) is holds


TIMES = [
    *("2026-01-02T00:00:00.000001Z", "2026-02-30T00:00:00.000000Z", "0000-01-01T00:00:00.000000Z"),
    *("9999-12-31T23:59:59.999999Z", "2026-01-02T24:00:00.000000Z", "2026-01-02T00:00:00Z", ""),
    *("0001-01-01T00:00:00.000000Z", "\uff12026-01-02T00:00:00.000000Z"),
]


def test_moments_are_those_of_python(parts) -> None:
    found = parts("values.map(it => parts.note_check.moment(it) !== undefined)", TIMES)

    assert found == [note_check.moment(text) is not None for text in TIMES]


DIGEST = "ab" * 32
COLONS = "AB" + ":AB" * 31


@pytest.mark.parametrize(
    ("text", "digits"),
    [
        (DIGEST, DIGEST),
        (COLONS, DIGEST),
        (f"sha256 Fingerprint={COLONS}", DIGEST),
        (f"SHA2-256(stdin)= {DIGEST}", DIGEST),
        (f"  {DIGEST.upper()}\n", DIGEST),
        ("ab", None),
        ("-----BEGIN CERTIFICATE-----", None),
        ("", None),
    ],
)
def test_a_fingerprint_is_known_however_it_is_written(parts, text: str, digits: str | None):
    assert parts("parts.signatures.fingerprintOf(values) ?? null", text) == digits


@pytest.mark.parametrize(
    ("zone", "day", "begins"),
    [
        ("UTC", "2026-01-02", "2026-01-02T00:00:00.000Z"),
        ("America/New_York", "2026-01-02", "2026-01-02T05:00:00.000Z"),
        ("America/New_York", "2026-03-08", "2026-03-08T05:00:00.000Z"),
        ("America/New_York", "2026-03-09", "2026-03-09T04:00:00.000Z"),
        ("Asia/Kathmandu", "2026-01-02", "2026-01-01T18:15:00.000Z"),
    ],
)
def test_a_day_begins_where_the_sites_clock_has_it(parts, zone: str, day: str, begins: str):
    script = "new Date(parts.times.Clock.of(values[0]).begin(values[1])).toISOString()"

    assert parts(script, [zone, day]) == begins
