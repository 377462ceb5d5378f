"""The table of what must be refused: how a bundle is spoilt, and what each verifier says of it.

A row names who could have done it:

* ``anyone``: files were changed, by somebody with a shell and no key;
* ``mender``: the same, and the lists were made to agree with the files again;
* ``station``: whoever has every key of the station, and stamps from its authority;
* ``given``: the bundle is whole, and what it is checked against is another's.

``step``, ``subject`` and ``words`` are a finding that `stationd-verify` and the page must both
make (all their findings must agree, this is the one that matters); ``tools`` are those of the
ordinary tools that refuse, all of them and no others.  Where they see nothing, ``unseen`` says why.
"""

import re
import sys
from dataclasses import dataclass
from pathlib import Path

from archive.xades import SIGNATURES
from tests.archive.deceits import (
    closed_without_close,
    dated_no_day,
    invented_document,
    refused_reply,
    sealed_around,
    shown_as_another,
    stamped_for_another_part,
    swallowed_row,
    told_twice,
    too_long,
    withheld_by_its_type,
)
from tests.archive.spoiling import MANIFEST, RECORDS, TAGS, packed_anew, sealed_anew, zipped
from tests.archive.spoils import (
    CONTAINER,
    HOUR,
    LOG_KEYS,
    NOTE,
    PROOFS,
    RECORD_CHANGES,
    REPLY,
    ROWS,
    SEAL,
    SECOND,
    STAMP,
    Given,
    Spoil,
    another_document,
    another_successor,
    answered_before,
    answered_by_another,
    bomb,
    by_anyone,
    by_mender,
    by_station,
    changed,
    closed_elsewhere,
    closed_too_early,
    copied,
    damaged_value,
    damaged_xml_value,
    dated,
    deflated_otherwise,
    exchanged,
    extra,
    flipped,
    forgery,
    forked,
    gap,
    given_both,
    head_not_reached,
    in_bytes,
    in_proofs,
    in_records,
    in_twice,
    list_of_another,
    listed_otherwise,
    lists_of_another,
    lost_authority,
    month_left_out,
    moved_record,
    not_signed_off,
    of_another,
    one_altered,
    one_left_out,
    put,
    rekeyed,
    replayed,
    revoked_seal,
    rewritten_history,
    sealed_by_another,
    sealed_for_another_purpose,
    sealed_once_only,
    sealed_with_an_expired_certificate,
    second_entry,
    second_epoch,
    second_epoch_as_its_own,
    second_note,
    second_of_others,
    signed_by_a_line_of_ours,
    stamped_before,
    stamped_by_a_stranger,
    stated_by_no_key,
    swapped_account,
    two_successors,
    unproved,
    whole,
    without,
    without_stamp,
)

SHAPE = "they see the unpacked files, and not the shape of the ZIP"
LISTS_ONLY = "the lists are as they were, and what stands in no list is not looked for"
XADES = "they do not read XAdES; the same files are under the seal that they check"
NO_LISTS = (
    "the commands ask for no list of revoked certificates; given one with -crl_check, openssl "
    "refuses whatever it names, sealed before or after"
)
SEALED_WORD = "it is sealed with the station's key, and they compare neither {} nor what it copies"


@dataclass(frozen=True)
class Refusal:
    """One row of the table."""

    name: str
    by: str
    spoil: Spoil
    step: str
    subject: str
    words: str
    tools: str = ""
    unseen: str = ""
    given: Given = lambda bench: bench.station.anchors
    demand_proofs: bool = False


ZIPS = (
    Refusal("junk before the container", "anyone", lambda it: b"MZ junk" + it.raw,
            "container", CONTAINER, "has it junk before it?", unseen=SHAPE),
    Refusal("a byte after the container", "anyone", lambda it: it.raw + b"\0",
            "container", CONTAINER, "cut short, or has something after", unseen=SHAPE),
    Refusal("a container cut short", "anyone", lambda it: it.raw[: len(it.raw) // 2],
            "container", CONTAINER, "cut short, or has something after", "unzip"),
    Refusal("an empty file", "anyone", lambda _: b"",
            "container", CONTAINER, "is too short for a ZIP", "unzip"),
    Refusal("a name that leaves the folder", "anyone", in_bytes(b"README.txt", b"../DME.txt", 2),
            "container", "../DME.txt", "is not a safe name", "tags"),
    Refusal("a local header that says another name", "anyone",
            lambda it: it.raw.replace(b"README.txt", b"README.txu", 1),
            "container", "README.txt", "local header differs", "unzip"),
    Refusal("a gap between entries", "anyone", gap,
            "container", "META-INF/manifest.xml", "does not follow the entry before it",
            unseen=SHAPE),
    Refusal("an entry dated otherwise", "anyone",
            lambda it: zipped(it.files, date_time=(2026, 1, 1, 0, 0, 0)),
            "container", "mimetype", "differs from the one form", unseen=SHAPE),
    Refusal("a comment in the directory", "anyone", lambda it: zipped(it.files, comment=b"x"),
            "container", "mimetype", "differs from the one form", unseen=SHAPE),
    Refusal("entries that are not compressed", "anyone",
            lambda it: zipped(it.files, compress_type=0),
            "container", "META-INF/manifest.xml", "is not compressed as it must be", unseen=SHAPE),
    Refusal("no mimetype at the start", "anyone", by_anyone(without("mimetype")),
            "container", CONTAINER, "its first entry is not mimetype", unseen=SHAPE),
    Refusal("another mimetype", "anyone",
            by_anyone(lambda it: it | {"mimetype": b"application/zip"}),
            "container", "mimetype", "does not name an ASiC-E container", unseen=SHAPE),
    Refusal("content compressed in another way", "anyone", deflated_otherwise,
            "digests", ROWS, "not the one DEFLATE level 6 gives", unseen=SHAPE),
    Refusal("a bit of the compressed records", "anyone", flipped(RECORDS),
            "digests", RECORDS, "", "unzip"),
    Refusal("a ZIP that unpacks to far too much", "anyone", bomb,
            "container", CONTAINER, "nothing of it was unpacked",
            unseen="unzip has no measure; look at the size first"),
)  # fmt: skip

RECORD_TOOLS = {
    "changed": "manifest ledger",
    "dropped": "manifest ledger",
    "doubled": "manifest ledger",
    "swapped with the next": "manifest ledger",
    "added at the end": "manifest ledger",
    "cut off at the end": "manifest ledger",
}
RECORD_WORDS = {
    "changed": "do not hash to the head",
    "dropped": "39 records are here",
    "doubled": "41 records are here",
    "swapped with the next": "do not hash to the head",
    "added at the end": "41 records are here",
    "cut off at the end": "39 records are here",
}

RECORD_ROWS = tuple(
    row
    for how, change in RECORD_CHANGES.items()
    for row in (
        Refusal(f"a record {how}", "anyone", by_anyone(in_records(change)),
                "digests", RECORDS, "does not have the hash", "manifest ledger"),
        Refusal(f"a record {how}, lists mended", "mender", by_mender(in_records(change)),
                "signature", SEAL, "does not hold under the root", "cms ts ledger"),
        Refusal(f"a record {how}, sealed anew", "station", by_station(in_records(change)),
                "ledger", "data/records", RECORD_WORDS[how], "ledger"),
    )
)  # fmt: skip

FILES = (
    Refusal("a changed report", "anyone",
            by_anyone(exchanged("alarm-history.pdf", lambda it: it + b"%")),
            "digests", "alarm-history.pdf", "does not have the hash", "tags"),
    Refusal("a changed row of the spreadsheet", "anyone",
            by_anyone(put(ROWS, b"Burglary", b"Nothing!")),
            "digests", ROWS, "does not have the hash", "manifest"),
    Refusal("a changed list of line failures", "anyone",
            by_anyone(put("data/line-status.csv", b"tcp1", b"tcp2")),
            "digests", "data/line-status.csv", "does not have the hash", "manifest"),
    Refusal("an exchanged document", "anyone", by_anyone(another_document),
            "documents", "data/notices/*.txt", "is not the document that the record names",
            "manifest"),
    Refusal("a changed README", "mender", by_mender(put("README.txt", b"What", b"Nothing")),
            "signature", SEAL, "does not hold under the root", "cms ts"),
    Refusal("an extra file among the data", "anyone", by_anyone(extra("data/extra.txt")),
            "ledger", "data/extra.txt", "is none of the files", unseen=LISTS_ONLY),
    Refusal("an extra file outside the data", "anyone", by_anyone(extra("extra.txt")),
            "digests", "extra.txt", f"is not in {TAGS}", unseen=LISTS_ONLY),
    Refusal("an extra signature in META-INF", "anyone", by_anyone(extra("META-INF/extra.p7s")),
            "container", "META-INF/extra.p7s", "nothing else may be placed", unseen=LISTS_ONLY),
    Refusal("two names that a disk takes for one", "station", by_station(extra("readme.txt")),
            "bag", "readme.txt", "in upper and lower case only",
            unseen="on a disk that tells upper from lower case both are there, and listed"),
    Refusal("no rows", "anyone", by_anyone(without(ROWS)),
            "rows", RECORDS, "has no CSV file beside it", "manifest"),
    Refusal("no report", "anyone", by_anyone(without("alarm-history.pdf")),
            "bag", "alarm-history.pdf", "is missing", "tags"),
    Refusal("no ledger statement", "anyone", by_anyone(without("data/ledger.json")),
            "bag", "data/ledger.json", "is missing", "manifest ledger"),
    Refusal("no proofs", "anyone", by_anyone(without(PROOFS)),
            "bag", PROOFS, "bag-info.txt says that it is there", "manifest ledger"),
    Refusal("no records", "anyone", by_anyone(without("data/records/")),
            "ledger", "data/records", "a file of records is missing", "manifest ledger"),
    Refusal("another BagIt version", "anyone",
            by_anyone(lambda it: it | {"bagit.txt": b"BagIt-Version: 0.97\n"}),
            "bag", "bagit.txt", "is not that of BagIt 1.0", "tags"),
    Refusal("a list in another form", "anyone", by_anyone(put(MANIFEST, b"  ", b" *")),
            "digests", MANIFEST, "is not a list of hashes", "tags"),
    Refusal("a list that is not sorted, sealed anew", "station",
            listed_otherwise(lambda it: b"".join(reversed(it.splitlines(keepends=True)))),
            "digests", MANIFEST, "is not sorted", unseen="sha256sum reads a list in any order"),
    Refusal("a list without one of the files, sealed anew", "station",
            listed_otherwise(lambda it: it.split(b"\n", 1)[1]),
            "digests", "data/account.json", f"is not in {MANIFEST}", unseen=LISTS_ONLY),
    Refusal("another manifest of the container", "anyone",
            by_anyone(put("META-INF/manifest.xml", b"text/plain", b"text/other")),
            "bag", "META-INF/manifest.xml", "is not that of the files", unseen=XADES),
)  # fmt: skip

SEALS = (
    Refusal("no seal", "anyone", by_anyone(without(SEAL)),
            "bag", SEAL, "is missing", "cms"),
    Refusal("no stamp", "anyone", by_anyone(without(STAMP)),
            "bag", STAMP, "is missing", "ts"),
    Refusal("no container signature", "anyone", by_anyone(without(SIGNATURES)),
            "bag", SIGNATURES, "bag-info.txt says that it is there", unseen=XADES),
    Refusal("a seal that is damaged", "anyone",
            by_anyone(exchanged(SEAL, damaged_value)),
            "signature", SEAL, "does not hold under the root", "cms"),
    Refusal("a stamp that is damaged", "anyone",
            by_anyone(exchanged(STAMP, lambda it: it[:-1] + bytes([it[-1] ^ 1]))),
            "timestamp", STAMP, "its stamp does not hold", "ts"),
    Refusal("a stamp that is none", "anyone", by_anyone(lambda it: it | {STAMP: b"x"}),
            "timestamp", STAMP, "is no reply that can be read", "ts"),
    Refusal("the stamp of a note for that of the list", "anyone", by_anyone(copied(STAMP, REPLY)),
            "timestamp", STAMP, "its stamp does not hold", "ts"),
    Refusal("a container signature with white space", "anyone",
            by_anyone(put(SIGNATURES, b"<ds:KeyInfo>", b"<ds:KeyInfo> ")),
            "signature", SIGNATURES, "is not, byte for byte, of the form", unseen=XADES),
    Refusal("a container signature with one more certificate", "anyone", signed_by_a_line_of_ours,
            "signature", SIGNATURES, "does not have the certificates of", unseen=XADES),
    Refusal("a container signature with a damaged value", "anyone",
            by_anyone(exchanged(SIGNATURES, damaged_xml_value)),
            "signature", SIGNATURES, "does not hold under the root", unseen=XADES),
    Refusal("a seal without a stamp", "station", without_stamp,
            "timestamp", SEAL, "carries no stamp that can be read",
            unseen="openssl cms asks for no stamp in the seal; the one beside it is checked"),
    Refusal("a bundle sealed by another station", "station", sealed_by_another,
            "signature", SEAL, "does not hold under the root", "cms ts"),
    Refusal("a seal by a certificate for servers", "station", sealed_for_another_purpose,
            "signature", SEAL, "does not hold under the root", "cms"),
    Refusal("a seal by a certificate that had run out", "station",
            sealed_with_an_expired_certificate,
            "signature", SEAL, "does not hold under the root", "cms"),
    Refusal("a bundle stamped before its checkpoint", "station", stamped_before,
            "timestamp", STAMP, "before the checkpoint it covers", "ledger"),
    Refusal("another root in trust/, sealed anew", "station",
            lambda it: zipped(sealed_anew(
                it.files | {"trust/root.pem": it.other.root_pem}, it.station)),
            "trust", "trust/root.pem", "is not what was given from outside",
            unseen="they use the root that was given, as one should"),
    Refusal("another log key in trust/, sealed anew", "station",
            lambda it: zipped(sealed_anew(
                it.files | {"trust/log.pub.pem": it.other.log_pub_pem}, it.station)),
            "trust", "trust/log.pub.pem", "is not the log key given",
            unseen="they use the key that was given, as one should"),
    Refusal("a signer in trust/ who did not sign", "station",
            by_station(copied("trust/signer.pem", "trust/root.pem")),
            "trust", "trust/signer.pem", "is not the certificate the seal was made with",
            unseen="they take the signer from the seal itself"),
    Refusal("an answer on the seal's certificate by another responder", "anyone",
            answered_by_another,
            "signature", SIGNATURES, "does not hold under the root", unseen=XADES),
    Refusal("an answer on the seal's certificate of before the stamp", "anyone", answered_before,
            "signature", SIGNATURES, "is of before the stamp", unseen=XADES),
    Refusal("lists of revoked certificates that another signed, sealed anew", "station",
            lists_of_another, "trust", "trust/crls.pem", "a list in it does not hold",
            unseen=NO_LISTS),
    Refusal("a seal of after its revocation", "given", lambda it: it.raw,
            "signature", "trust/signer.pem", "was revoked on", unseen=NO_LISTS, given=revoked_seal),
    Refusal("stamps of an authority that lost its key", "given", lambda it: it.raw,
            "timestamp", STAMP, "no stamp of it counts", unseen=NO_LISTS, given=lost_authority),
    Refusal("a list given that another signed", "given", lambda it: it.raw,
            "trust", "the list given", "a list in it does not hold", unseen=NO_LISTS,
            given=list_of_another),
    Refusal("checked under another root", "given", lambda it: it.raw,
            "signature", SEAL, "does not hold under the root", "cms", given=of_another("root_pem")),
    Refusal("checked under another authority", "given", lambda it: it.raw,
            "timestamp", STAMP, "its stamp does not hold", "ts ledger",
            given=of_another("tsa_pem")),
    Refusal("checked with another log key", "given", lambda it: it.raw,
            "proofs", NOTE, "is not signed, once, with the log key given", "ledger",
            given=of_another("log_pub_pem")),
)  # fmt: skip

STATED = (
    Refusal("a row that says something else, sealed anew", "station",
            by_station(put(ROWS, b"Burglary restored", b"Burglary")),
            "rows", ROWS, "does not agree with the record",
            unseen=SEALED_WORD.format("the rows with the records")),
    Refusal("another document, sealed anew", "station", by_station(another_document),
            "documents", "data/notices/*.txt", "is not the document that the record names",
            unseen=SEALED_WORD.format("documents with the records that name them")),
    Refusal("an extra file, sealed anew", "station", by_station(extra("data/extra.txt")),
            "ledger", "data/extra.txt", "is none of the files",
            unseen="it is listed and sealed; they do not know which files a bundle has"),
    Refusal("a key that stands twice in a file, sealed anew", "station",
            by_station(put("data/account.json", b"{", b'{"site":{},')),
            "ledger", "data/account.json", "is a key there twice?",
            unseen=SEALED_WORD.format("the facts")),
    Refusal("another kind of bundle, sealed anew", "station",
            by_station(put("data/index.json", b'"kind":"closing"', b'"kind":"primary"')),
            "ledger", "data/index.json", "base is not the name of a bundle",
            unseen=SEALED_WORD.format("the index")),
    Refusal("a statement of another head, sealed anew", "station",
            by_station(exchanged("data/ledger.json", lambda it: re.sub(
                b'"head":"[0-9a-f]{64}"', b'"head":"' + b"0" * 64 + b'"', it))),
            "ledger", "data/records", "do not hash to the head", "ledger"),
    Refusal("a statement about another account, sealed anew", "station",
            by_station(put("data/ledger.json", b'"acct":"4821"', b'"acct":"4822"')),
            "ledger", "data/ledger.json", "an account_key that is not of its", "ledger"),
    Refusal("a copy of the entry that differs, sealed anew", "station",
            by_station(put("data/checkpoint/4.json", b'"accounts":2', b'"accounts":3')),
            "ledger", "data/checkpoint/4.json", "is not the entry that data/ledger.json states",
            unseen=SEALED_WORD.format("the copy of the entry")),
    Refusal("a note that another key signed, sealed anew", "station", stated_by_no_key,
            "ledger", "data/checkpoint/4.note", "is not signed with the log key", "ledger"),
)  # fmt: skip

POINTS = (
    Refusal("a note of another point", "mender", by_mender(copied(NOTE, NOTE.replace("1.", "0."))),
            "proofs", NOTE, "is of tree size 1, its point says 2", "cms ts ledger"),
    Refusal("a damaged note", "mender",
            by_mender(exchanged(NOTE, lambda it: it[:-12] + b"AAAA" + it[-8:])),
            "proofs", NOTE, "does not hold", "cms ts ledger"),
    Refusal("a reply of another point", "mender",
            by_mender(copied(REPLY, REPLY.replace("1.", "0."))),
            "proofs", REPLY, "its stamp does not hold", "cms ts ledger"),
    Refusal("a damaged reply", "mender",
            by_mender(exchanged(REPLY, lambda it: it[:-1] + bytes([it[-1] ^ 1]))),
            "proofs", REPLY, "its stamp does not hold", "cms ts ledger"),
    Refusal("a point dropped, sealed anew", "station",
            by_station(in_proofs(lambda it: it["points"].pop(1))),
            "ledger", NOTE, "is none of the files",
            unseen="its note and reply lie there; `ledger.py` reads what is named"),
    Refusal("the last point dropped, sealed anew", "station",
            by_station(in_proofs(lambda it: it["points"].pop())),
            "proofs", PROOFS, "its last point is not that of checkpoint 4", "ledger"),
    Refusal("proofs taken out, sealed anew", "station", by_station(without("data/proofs/")),
            "bag", PROOFS, "bag-info.txt says that it is there", "ledger"),
    Refusal("proofs and what states them taken out, proofs demanded", "station",
            by_station(unproved), "proofs", PROOFS, "proofs were demanded",
            unseen="they remark on it: whoever knows that the station proves its bundles refuses",
            demand_proofs=True),
    Refusal("a point with another place in the log, sealed anew", "station",
            by_station(in_proofs(lambda it: it["points"][2]["inclusion"].pop())),
            "proofs", PROOFS, "does not stand in the log of its note", "ledger"),
    Refusal("a point with another place in the state, sealed anew", "station",
            by_station(in_proofs(lambda it: it["points"][0]["siblings"].pop())),
            "proofs", PROOFS, "does not stand in the state", "ledger"),
    Refusal("a log that did not only grow, sealed anew", "station",
            by_station(in_proofs(lambda it: it["points"][1]["consistency"].pop())),
            "proofs", PROOFS, "does not continue", "ledger"),
)  # fmt: skip

FORGERIES = (
    Refusal("a checkpoint dated back", "station", dated(27 * HOUR),
            "proofs", "data/proofs/anchors/1.tsr", "more than 26 hours later: it is no point",
            "ledger"),
    Refusal("a checkpoint dated ahead", "station", dated(-HOUR),
            "proofs", "data/proofs/anchors/1.tsr", "before it was made: it is no point", "ledger"),
    Refusal("a record left out, all made again from there", "station",
            rewritten_history(one_left_out),
            "proofs", PROOFS, "does not stand in the state of its entry", "ledger"),
    Refusal("a record altered, all made again from there", "station",
            rewritten_history(one_altered),
            "proofs", PROOFS, "point 1: the account does not stand in the state", "ledger"),
    Refusal("a truncated tail, all made again", "station",
            rewritten_history(lambda records: records[:35], kind="on_request"),
            "proofs", PROOFS, "point 1: the account does not stand in the state", "ledger"),
    Refusal("a second epoch that is said not to be there", "station",
            forgery(second_epoch, (20,)),
            "proofs", PROOFS, "the proof that there is no next epoch does not hold", "ledger"),
    Refusal("a second epoch that hides behind itself", "station",
            forgery(second_epoch_as_its_own, (20,)),
            "proofs", PROOFS, "the proof that there is no next epoch does not hold", "ledger"),
    Refusal("an open account that does not show its next epoch absent", "station",
            forgery(lambda book: book.source(book.proofs([0, 1], absent=None), kind="on_request"),
                    (20, 30)),
            "proofs", PROOFS, "does not show that there is no next epoch", "ledger"),
    Refusal("a close that was not there yet", "station", forgery(closed_too_early, (30,)),
            "proofs", PROOFS, "was not closed with these records at checkpoint 0", "ledger"),
    Refusal("a close of another log", "station", forgery(closed_elsewhere),
            "proofs", PROOFS, "the checkpoint of the close, 1, does not stand in the log",
            "ledger"),
    Refusal("a replayed note", "station", forgery(replayed, (20, 30, 40)),
            "proofs", "data/proofs/anchors/1.note", "is of tree size 1, its point says 2",
            "ledger"),
    Refusal("a forked log", "station", forgery(forked, (20,)),
            "proofs", PROOFS, "point 0: the log of the last point does not continue", "ledger"),
    Refusal("a swapped account", "station", forgery(swapped_account),
            "proofs", PROOFS, "does not stand in the state of its entry with this size", "ledger"),
    Refusal("proofs that say to be another account's", "station",
            forgery(lambda book: whole(book, acct="1000")),
            "proofs", PROOFS, "acct is '1000', data/ledger.json says '4821'", "ledger"),
    Refusal("a second note of one size", "station", forgery(second_note),
            "proofs", "data/checkpoint/1.note", "signs another log than the note of the last point",
            "ledger"),
    Refusal("a second entry of one number", "station", forgery(second_entry),
            "proofs", PROOFS, "another entry than the one that is stated", "ledger"),
    Refusal("a month without its point", "station", forgery(month_left_out, ()),
            "proofs", PROOFS, "has no point in 2026-03", "ledger"),
    Refusal("a record dated before its points", "station",
            moved_record("2026-01-01T23:00:00.000000Z"),
            "ledger", "data/records", "before point 0, which lacks it", "ledger"),
    Refusal("a record dated after its points", "station",
            moved_record("2026-01-02T03:00:00.000000Z"),
            "ledger", "data/records", "after point 1, which covers it", "ledger"),
    Refusal("a point whose head the records do not reach", "station", forgery(head_not_reached),
            "ledger", "data/records", "the first 20 records do not come to the head of point 0",
            "ledger"),
)  # fmt: skip

FIRST_ONLY = "the commands are typed for each stamp; verify.sh does so, and refuses it"

TWICE = (
    Refusal("a second stamp that is damaged", "anyone",
            in_twice(exchanged(SECOND, lambda it: it[:-1] + bytes([it[-1] ^ 1]))),
            "timestamp", SECOND, "its stamp does not hold", unseen=FIRST_ONLY, given=given_both),
    Refusal("a second stamp taken out", "anyone", in_twice(without(SECOND)),
            "signature", SECOND, "and not in the container", unseen=LISTS_ONLY, given=given_both),
    Refusal("a second stamp on the list, and none on the seal", "station", sealed_once_only,
            "timestamp", STAMP, "carries 2 stamp(s), and the seal 1",
            unseen="the commands take each stamp as it is, and do not count", given=given_both),
    Refusal("a second stamp over other bytes", "station", second_of_others,
            "timestamp", SECOND, "its stamp does not hold", unseen=FIRST_ONLY, given=given_both),
    Refusal("a second stamp in the container's signature", "anyone", stamped_by_a_stranger,
            "signature", SIGNATURES, "is not a signature of the form", unseen=XADES),
)  # fmt: skip

KEYS = (
    Refusal("a change of the log key that its key did not sign off", "station",
            rekeyed(not_signed_off),
            "trust", LOG_KEYS, "is not signed off by the key before", "ledger"),
    Refusal("a change of another log's key", "station",
            rekeyed(lambda it: changed(it, origin="log.example.com/another")),
            "trust", LOG_KEYS, "has a change of another log's key", "ledger"),
    Refusal("a log key with two successors", "station", rekeyed(two_successors),
            "trust", LOG_KEYS, "gives one key two successors", "ledger"),
    Refusal("a note by the log key of before, after its change", "station", rekeyed(then=False),
            "ledger", "data/checkpoint/1.note", "the log key that counts for tree size 2",
            "ledger"),
    Refusal("a note by the new log key, before the change", "station", rekeyed(first=True),
            "proofs", "data/proofs/anchors/0.note", "the log key that counts for tree size 1",
            "ledger"),
    Refusal("a new log key that the old one did not name", "station", rekeyed(lambda _: b""),
            "trust", "trust/log.pub.pem", "is not the log key given", "ledger"),
    Refusal("checked with another change of the log key", "given", rekeyed(),
            "trust", LOG_KEYS, "is not the list of changes that was given", "ledger",
            given=another_successor),
)  # fmt: skip

DECEITS = (
    Refusal("a list of lists too long to be read", "anyone", by_anyone(exchanged(TAGS, too_long)),
            "digests", TAGS, "is longer than", "cms ts tags"),
    Refusal("the seal's stamp for that of the list", "station", stamped_for_another_part,
            "timestamp", STAMP, "its stamp does not hold", "ts"),
    Refusal("a seal with content of its own", "station", sealed_around,
            "signature", SEAL, "it carries content of its own",
            unseen="openssl takes the list that it is given, and not what lies in the seal"),
    Refusal("a reply that says it was refused", "station",
            lambda it: zipped(packed_anew(
                exchanged(STAMP, refused_reply)(it.files), it.station)),
            "timestamp", STAMP, "no stamp was granted", "ts"),
    Refusal("a seal by another certificate than the one that is shown", "station", shown_as_another,
            "signature", "trust/signer.pem", "is not the certificate the seal was made with",
            unseen="they take the signer from the seal itself"),
    Refusal("a document that no record names, sealed anew", "station",
            by_station(invented_document),
            "documents", "data/notices/*.txt", "is not named by the records",
            unseen=SEALED_WORD.format("documents with the records that name them")),
    Refusal("a row that swallows those below, sealed anew", "station", by_station(swallowed_row),
            "rows", ROWS, "the row of record 10",
            unseen=SEALED_WORD.format("the rows with the records")),
    Refusal("a key that stands twice in a record", "station", forgery(told_twice, ()),
            "ledger", RECORDS, "is not a JSON object in canonical form", "ledger"),
    Refusal("a record dated after its points, behind it one dated no day", "station",
            forgery(dated_no_day, ()),
            "ledger", RECORDS, "record 30 has no time t", "ledger"),
    Refusal("a record that calls itself withheld", "station", forgery(withheld_by_its_type, ()),
            "ledger", RECORDS, "record 40 calls itself withheld", "ledger"),
    Refusal("a close of an account that is open", "station", forgery(closed_without_close, ()),
            "proofs", PROOFS, "the last record is no close", "ledger"),
)  # fmt: skip

TABLE = (
    *(*ZIPS, *RECORD_ROWS, *FILES, *SEALS, *STATED, *POINTS, *FORGERIES, *TWICE, *KEYS),
    *DECEITS,
)

# --- The same for the manual ---

HANDS = {
    "anyone": "By anyone with a shell",
    "mender": "By anyone, with lists made to agree",
    "station": "With every key of the station, and stamps from its authority",
    "given": "Whole, and checked against something else",
}
TOOLS = {
    "unzip": "`unzip`",
    "cms": "`openssl cms`",
    "ts": "`openssl ts`",
    "tags": "`sha256sum` (tags)",
    "manifest": "`sha256sum` (data)",
    "ledger": "`ledger.py`",
}
HEAD = f"""# What is refused, and by what

{len(TABLE)} ways to spoil a bundle, each carried out in the tests and given to every verifier.
`stationd-verify` and the page (`verify.html`) refuse all of them, with the same findings: step,
outcome and file. The ordinary tools are `unzip`, the four commands of
[the how-to](../howto/verify-a-bundle.md) and `verify/ledger.py`; where they see nothing, the table
says why. This page is made from the table of the tests:
`python -m tests.archive.refusals docs/reference/refusals.md`.
"""


def manual() -> str:
    """Return the table as a page of the manual."""
    parts = [HEAD]
    for hand, title in HANDS.items():
        rows = [case for case in TABLE if case.by == hand]
        parts.append(f"\n## {title}\n\n| what is done | found in | ordinary tools |\n")
        parts.append("| --- | --- | --- |\n")
        parts += [
            f"| {case.name} | `{case.step}`: `{case.subject}` | {_tools(case)} |\n" for case in rows
        ]
    return "".join(parts)


def _tools(case: Refusal) -> str:
    if case.tools:
        return ", ".join(TOOLS[name] for name in case.tools.split())
    return f"none: {case.unseen}"


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(manual(), encoding="utf-8")
