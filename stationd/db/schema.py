"""The tables of the station database.

Times are nanoseconds since 1970 UTC (``..._ns``) where entries and records carry them, else text of
`stationd.clock.iso`, which sorts as time does.  JSON is canonical text.  Triggers protect rows of
``APPEND_ONLY`` from UPDATE and DELETE, but for what a purge removes (`stationd.db.purging`).
"""

import sqlalchemy as sa

from stationd.db.anchoring import (
    anchor_objects,
    anchors,
    audit_cursor,
    cosignatures,
    log_keys,
    marks,
    mismatches,
    published,
    stamps,
)
from stationd.db.billing import (
    billing_balances,
    billing_imports,
    billing_lines,
    contact_tasks,
)
from stationd.db.columns import Hash, Time, chain_columns, metadata
from stationd.db.deciding import approvals, case_facts, case_steps, cases, letter_forms
from stationd.db.posting import letters, outbox
from stationd.db.renewing import object_digests, renewal_objects, renewal_stamps, renewals
from stationd.db.retaining import (
    handouts,
    holds,
    purge_items,
    purged_documents,
    purges,
    recipients,
    retention_rules,
)
from stationd.db.timing import (
    clearances,
    list_findings,
    page_sends,
    pages,
    platform_lists,
    rounds,
    tasks,
    vanished,
)
from stationd.db.watching import gaps, heard_hours, silences, starts, supervision

__all__ = [
    "APPEND_ONLY",
    "anchor_objects",
    "anchors",
    "approvals",
    "audit_cursor",
    "billing_balances",
    "billing_imports",
    "billing_lines",
    "case_facts",
    "case_steps",
    "cases",
    "clearances",
    "contact_tasks",
    "cosignatures",
    "gaps",
    "handouts",
    "heard_hours",
    "holds",
    "letter_forms",
    "letters",
    "list_findings",
    "log_keys",
    "marks",
    "metadata",
    "mismatches",
    "object_digests",
    "outbox",
    "page_sends",
    "pages",
    "platform_lists",
    "published",
    "purge_items",
    "purged_documents",
    "purges",
    "recipients",
    "renewal_objects",
    "renewal_stamps",
    "renewals",
    "retention_rules",
    "rounds",
    "silences",
    "stamps",
    "starts",
    "supervision",
    "tasks",
    "vanished",
]

Json = sa.Text()


def _id(name: str = "id") -> sa.Column[str]:
    return sa.Column(name, sa.String(40), primary_key=True)


# --- Journal, as taken over ---

journals = sa.Table(
    "journals",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True, comment="the journal's random id, hex"),
    sa.Column("node", sa.String(32), nullable=False),
    sa.Column("position", sa.BigInteger, nullable=False, comment="last entry taken"),
    sa.Column("link", Hash, nullable=False, comment="its link, which the next must continue"),
    sa.Column("taken_at", Time, nullable=False),
    comment="How far each node's journal has been taken.",
)

retired_journals = sa.Table(
    "retired_journals",
    metadata,
    sa.Column("journal", sa.String(32), primary_key=True),
    sa.Column("node", sa.String(32), nullable=False),
    sa.Column("position", sa.BigInteger, nullable=False, comment="last entry taken"),
    sa.Column("doc", Hash, nullable=False, comment="the document that says why"),
    sa.Column("by", sa.String(64), nullable=False),
    sa.Column("at", Time, nullable=False),
    comment="Journals that nothing more comes from, so that no closing waits for them.",
)

entries = sa.Table(
    "entries",
    metadata,
    sa.Column("journal", sa.String(32), primary_key=True),
    sa.Column("position", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("body", sa.LargeBinary, comment="exact bytes; NULL: purged"),
    sa.Column("link", Hash, nullable=False),
    comment="Entries of all journals, byte for byte.",
)

listeners = sa.Table(
    "listeners",
    metadata,
    sa.Column("journal", sa.String(32), primary_key=True),
    sa.Column("listener", sa.String(32), primary_key=True),
    sa.Column("receiver", sa.String(32), nullable=False),
    sa.Column("receiver_group", sa.String(32), nullable=False),
    sa.Column("mode", sa.String(8), nullable=False),
    sa.Column("options", Json, nullable=False),
    comment="What each listener was when the daemon last started, from its `started` entry.",
)

# --- Ledger ---

heads = sa.Table(
    "heads",
    metadata,
    *chain_columns(),
    sa.Column("closed", sa.Boolean, nullable=False, comment="ends with `close`"),
    sa.Column("covered", sa.Boolean, nullable=False, comment="a checkpoint has all of it"),
    # A checkpoint finds what grew since the last one without reading a million heads.
    sa.Index(
        "ix_heads_uncovered",
        "account_key",
        sqlite_where=sa.text("NOT covered"),
        postgresql_where=sa.text("NOT covered"),
    ),
    comment="Size and head of each chain; moved with every append.",
)

records = sa.Table(
    "records",
    metadata,
    sa.Column("acct", sa.String(160), primary_key=True),
    sa.Column("epoch", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("seq", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("type", sa.String(12), nullable=False),
    sa.Column("origin", sa.String(8), nullable=False),
    sa.Column("t", Time, nullable=False),
    sa.Column("body", sa.LargeBinary, comment="exact record bytes; NULL: purged"),
    sa.Column("leaf", Hash, nullable=False),
    sa.Column("head", Hash, nullable=False),
    sa.Column("journal", sa.String(32), comment="NULL: not from a journal"),
    sa.Column("position", sa.BigInteger),
    sa.Column("part", sa.Integer, comment="1 … in a frame; 0: no frame; NULL: no journal"),
    sa.Index("uq_records_entry", "journal", "position", "part", "acct", unique=True),
    comment="The ledger: exact bytes, leaf and head of every record of every chain.",
)

about = sa.Table(
    "about",
    metadata,
    sa.Column("acct", sa.String(32), primary_key=True),
    sa.Column("seq", sa.BigInteger, primary_key=True, autoincrement=False),
    comment="Which account a record of the `station` chain is about: an index over records.",
)

documents = sa.Table(
    "documents",
    metadata,
    sa.Column("doc", Hash, primary_key=True, comment="H(tag, salt, content)"),
    sa.Column("salt", sa.LargeBinary(16), nullable=False),
    sa.Column("content", sa.LargeBinary, nullable=False),
    sa.Column("media_type", sa.String(100), nullable=False),
    sa.Column("name", sa.String(200), nullable=False),
    sa.Column("compartment", sa.String(12), nullable=False),
    sa.Column("stored_at", Time, nullable=False),
    comment="Contents that records name by hash.",
)

checkpoints = sa.Table(
    "checkpoints",
    metadata,
    sa.Column("n", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("entry", sa.LargeBinary, nullable=False, comment="canonical JSON"),
    sa.Column("leaf", Hash, nullable=False, comment="its hash in the log's tree"),
    sa.Column("time", Time, nullable=False),
    comment="The checkpoint log; n is unique, which fences a second worker.",
)

notes = sa.Table(
    "notes",
    metadata,
    sa.Column("n", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("note", sa.LargeBinary, nullable=False, comment="signed note of tree size n+1"),
    comment="Signed notes of the checkpoints.",
)

signals = sa.Table(
    "signals",
    metadata,
    sa.Column("acct", sa.String(160), primary_key=True),
    sa.Column("epoch", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("seq", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("received_at", Time, nullable=False),
    sa.Column("listener", sa.String(32), nullable=False),
    sa.Column("receiver_group", sa.String(32), nullable=False),
    sa.Column("number", sa.String(40), nullable=False),
    sa.Column("signal_class", sa.String(12), nullable=False),
    sa.Column("code", sa.String(24), nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("zone", sa.String(40), nullable=False),
    sa.Column("user", sa.String(40), nullable=False),
    sa.Column("area", sa.String(40), nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("marks", sa.Text, nullable=False, comment="comma-separated handling marks"),
    sa.Index("ix_signals_acct_received_at", "acct", "received_at"),
    comment="Decoded columns of signal records: an index, never the evidence.",
    # Rows of one account lie together, so that a year of it is a few reads of the disk.
    sqlite_with_rowid=False,
)

parked = sa.Table(
    "parked",
    metadata,
    sa.Column("journal", sa.String(32), primary_key=True),
    sa.Column("position", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("part", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("reason", sa.String(24), nullable=False),
    sa.Column("detail", sa.Text, nullable=False),
    sa.Column("receiver_group", sa.String(32), nullable=False),
    sa.Column("number", sa.String(40), nullable=False, comment="empty: not readable"),
    sa.Column("listener", sa.String(32), nullable=False),
    sa.Column("peer", sa.String(100), nullable=False),
    sa.Column("received_at", Time, nullable=False),
    sa.Column("settled_at", Time, comment="NULL: still parked"),
    sa.Index("ix_parked_receiver_group_number", "receiver_group", "number"),
    comment="Frames kept but not decoded or not assigned.",
)

lines = sa.Table(
    "lines",
    metadata,
    sa.Column("listener", sa.String(32), primary_key=True),
    sa.Column("node", sa.String(32), nullable=False),
    sa.Column("up", sa.Boolean, nullable=False),
    sa.Column("since", Time, nullable=False),
    sa.Column("why", sa.Text, nullable=False),
    sa.Column("heard_at", Time, comment="NULL: nothing yet"),
    comment="State of each listener's link, as the follower last read it.",
)

heartbeats = sa.Table(
    "heartbeats",
    metadata,
    sa.Column("journal", sa.String(32), primary_key=True),
    sa.Column("listener", sa.String(32), primary_key=True),
    sa.Column("hour", sa.BigInteger, nullable=False, comment="hours since 1970 UTC"),
    sa.Column("count", sa.BigInteger, nullable=False),
    sa.Column("first_ns", sa.BigInteger, nullable=False),
    sa.Column("last_ns", sa.BigInteger, nullable=False),
    sa.Column("first_position", sa.BigInteger, nullable=False),
    sa.Column("last_position", sa.BigInteger, nullable=False),
    comment="Heartbeats of the running hour, which become one record when it is over.",
)

corrections = sa.Table(
    "corrections",
    metadata,
    sa.Column("acct", sa.String(160), primary_key=True),
    sa.Column("epoch", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("seq", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("by_acct", sa.String(160), nullable=False, comment="`station` for a closed epoch"),
    sa.Column("by_epoch", sa.Integer, nullable=False),
    sa.Column("by_seq", sa.BigInteger, nullable=False),
    sa.Column("count", sa.Integer, nullable=False, comment="corrections of this record so far"),
    sa.Column("original", Json, nullable=False, comment="index columns before the first one"),
    comment="The last correction of each record that has one: an index over records.",
)

redecodings = sa.Table(
    "redecodings",
    metadata,
    _id(),
    sa.Column("asked", Json, nullable=False, comment="which entries, and what reads them"),
    sa.Column("by", sa.String(64), nullable=False),
    sa.Column("began_at", Time, nullable=False),
    sa.Column("ended_at", Time, comment="NULL: not finished"),
    sa.Column("cursor", Json, comment="where it goes on; NULL: at the beginning"),
    sa.Column("counts", Json, nullable=False),
    comment="Passes of `stationctl redecode --apply`, and how far each is.",
)

runaways = sa.Table(
    "runaways",
    metadata,
    sa.Column("acct", sa.String(160), primary_key=True),
    sa.Column("began_at", Time, primary_key=True, comment="of the first signal that is folded"),
    sa.Column("last_at", Time, nullable=False, comment="of the last one"),
    sa.Column("ended_at", Time, comment="when it was quiet for long enough; NULL: it goes on"),
    sa.Column("count", sa.BigInteger, nullable=False, comment="signals from first to last"),
    sa.Column("most", sa.Integer, nullable=False, comment="the policy: more than so many"),
    sa.Column("within", sa.Integer, nullable=False, comment="the policy: within so many seconds"),
    sa.Column("quiet", sa.Integer, nullable=False, comment="seconds of quiet that end it"),
    comment="Spans in which an account sent far more than normal; views fold their signals.",
)

clocks = sa.Table(
    "clocks",
    metadata,
    sa.Column("node", sa.String(32), primary_key=True),
    sa.Column("listener", sa.String(32), primary_key=True),
    sa.Column("number", sa.String(40), primary_key=True, comment="empty: the receiver itself"),
    sa.Column("taken_at", Time, nullable=False, comment="when the last sample was received"),
    sa.Column("last_ms", sa.BigInteger, nullable=False, comment="its clock minus ours, then"),
    sa.Column("offset_ms", sa.BigInteger, nullable=False, comment="the middle of the samples"),
    sa.Column("drift_ms", sa.BigInteger, comment="a day; NULL: not known yet"),
    sa.Column("state", sa.String(8), nullable=False, comment="right, wrong or hours"),
    sa.Column("since", Time, nullable=False, comment="since when it is so"),
    sa.Column("recent", Json, nullable=False, comment="samples, each [seconds, milliseconds]"),
    sa.Column("days", Json, nullable=False, comment="days, each [day since 1970, milliseconds]"),
    comment="What clocks of receivers and panels were, beside ours: a summary, no evidence.",
)

# --- Customers, contracts, accounts ---

dealers = sa.Table(
    "dealers",
    metadata,
    _id(),
    sa.Column("name", sa.Text, nullable=False),
    comment="Alarm companies whose customers the station monitors.",
)

customers = sa.Table(
    "customers",
    metadata,
    _id(),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("dealer_id", sa.ForeignKey("dealers.id"), comment="NULL: our own customer"),
    sa.Column("details", Json, nullable=False, comment="addresses, phones, e-mail"),
    comment="Parties to contracts.",
)

sites = sa.Table(
    "sites",
    metadata,
    _id(),
    sa.Column("customer_id", sa.ForeignKey("customers.id"), nullable=False, index=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("address", sa.Text, nullable=False),
    sa.Column("zone", sa.String(64), nullable=False, comment="IANA time zone"),
    sa.Column("jurisdiction", sa.String(32), nullable=False),
    comment="Protected premises.",
)

contracts = sa.Table(
    "contracts",
    metadata,
    _id(),
    sa.Column("site_id", sa.ForeignKey("sites.id"), nullable=False, index=True),
    sa.Column("number", sa.String(64), nullable=False, unique=True),
    sa.Column("party", sa.String(8), nullable=False, comment="station or dealer"),
    sa.Column("standing", sa.String(20), nullable=False),
    sa.Column("notice_days", sa.Integer, nullable=False),
    sa.Column("cure_days", sa.Integer, comment="NULL: no cure right"),
    sa.Column("terms", Json, nullable=False, comment="form, dates, clauses, methods, tier"),
    sa.Column("tier", sa.String(12), index=True, comment="of the terms; NULL: none is told"),
    sa.Column(
        "renews_on", sa.String(10), index=True, comment="next renewal, by the terms; NULL: none"
    ),
    comment="Contracts; one account each.",
)

accounts = sa.Table(
    "accounts",
    metadata,
    sa.Column("acct", sa.String(32), primary_key=True, comment="the account's number here"),
    sa.Column("contract_id", sa.ForeignKey("contracts.id"), nullable=False, unique=True),
    sa.Column("service", sa.String(12), nullable=False),
    sa.Column("record", sa.String(8), nullable=False),
    sa.Column("epoch", sa.Integer, nullable=False, comment="the epoch that takes new records"),
    sa.Column("details", Json, nullable=False, comment="system classes, schedule, tests, AHJ"),
    sa.Column("opened_at", Time, nullable=False),
    comment="One contract's monitored service at one site.",
)

transmitters = sa.Table(
    "transmitters",
    metadata,
    _id(),
    sa.Column("receiver_group", sa.String(32), nullable=False),
    sa.Column("number", sa.String(40), nullable=False),
    sa.Column("protocol", sa.String(32), nullable=False, comment="for people"),
    sa.Column("keys", Json, nullable=False, comment="sealed keys with validity dates"),
    sa.Column("window_back", sa.Integer, comment="seconds; NULL: time is not checked"),
    sa.Column("window_ahead", sa.Integer, comment="seconds; NULL: time is not checked"),
    sa.Column("poll_interval", sa.Integer, comment="seconds; NULL: unsupervised"),
    sa.Column("switches", Json, nullable=False, comment="named deviations, a list"),
    sa.Column("quarantined_until", Time, comment="nobody else's until then; NULL: free"),
    sa.UniqueConstraint("receiver_group", "number"),
    comment="Numbers that panels send, and what answering them needs.",
)

transmitter_links = sa.Table(
    "transmitter_links",
    metadata,
    _id(),
    sa.Column("transmitter_id", sa.ForeignKey("transmitters.id"), nullable=False, index=True),
    sa.Column("acct", sa.ForeignKey("accounts.acct"), nullable=False, index=True),
    sa.Column("scope", Json, nullable=False, comment="areas, zones, classes; {}: everything"),
    sa.Column("valid_from", Time, nullable=False),
    sa.Column("valid_to", Time, comment="NULL: without an end"),
    comment="Which account a number belongs to, from when to when.",
)

group_keys = sa.Table(
    "group_keys",
    metadata,
    sa.Column("receiver_group", sa.String(32), primary_key=True),
    sa.Column("keys", Json, nullable=False, comment="sealed keys with validity dates"),
    sa.Column(
        "encrypted_only",
        sa.Boolean,
        nullable=False,
        comment="whom these keys are for may not send in clear",
    ),
    comment="Keys for numbers that nobody knows, and for accounts without their own.",
)

key_uses = sa.Table(
    "key_uses",
    metadata,
    sa.Column("receiver_group", sa.String(32), primary_key=True),
    sa.Column("number", sa.String(40), primary_key=True),
    sa.Column("what", sa.String(16), primary_key=True, comment="first use of a key, or a fault"),
    sa.Column("key", sa.String(32), primary_key=True, comment="the key's id; empty: none"),
    sa.Column("count", sa.BigInteger, nullable=False),
    sa.Column("first_at", Time, nullable=False),
    sa.Column("last_at", Time, nullable=False),
    comment="What the frames of known numbers showed of their keys: an index, never the evidence.",
)

# --- Staff ---

staff = sa.Table(
    "staff",
    metadata,
    _id(),
    sa.Column("login", sa.String(64), nullable=False, unique=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("role", sa.String(2), nullable=False, comment="OP, EC, MG, AT or AD"),
    sa.Column("password", sa.Text, nullable=False, comment="argon2 hash"),
    sa.Column("totp", sa.Text, comment="sealed second factor; NULL: not enrolled"),
    sa.Column("enabled", sa.Boolean, nullable=False),
    sa.Column("failures", sa.Integer, nullable=False, comment="wrong passwords in a row"),
    sa.Column("locked_until", Time, comment="NULL: not locked"),
    comment="People.",
)

sessions = sa.Table(
    "sessions",
    metadata,
    sa.Column("token", Hash, primary_key=True, comment="SHA-256 of the token"),
    sa.Column("staff_id", sa.ForeignKey("staff.id"), nullable=False),
    sa.Column("began_at", Time, nullable=False),
    sa.Column("used_at", Time, nullable=False),
    sa.Column("ended_at", Time, comment="NULL: still open"),
    comment="Logins of stationctl and console.",
)

# --- Bundles, work ---

orders = sa.Table(
    "orders",
    metadata,
    _id(),
    sa.Column("kind", sa.String(12), nullable=False, comment="what the bundle is made for"),
    sa.Column("acct", sa.String(32), nullable=False, index=True),
    sa.Column("epoch", sa.Integer, nullable=False),
    sa.Column("case_id", sa.String(40), comment="NULL: no case"),
    sa.Column("ordered_by", sa.String(64), nullable=False),
    sa.Column("ordered_at", Time, nullable=False),
    sa.Column(
        "state",
        sa.String(12),
        nullable=False,
        comment="ordered built stored verified failed purged",
    ),
    sa.Column("checkpoint", sa.BigInteger, comment="NULL: none yet"),
    sa.Column("name", sa.String(200), comment="base name; NULL: no checkpoint yet"),
    sa.Column("facts", Json, comment="frozen facts; NULL: none yet"),
    sa.Column("content_id", sa.String(64), comment="NULL: not built"),
    sa.Column("retain_until", Time, comment="NULL: not decided"),
    sa.Column("legal_hold", sa.Boolean, nullable=False),
    sa.Column("records", sa.BigInteger, comment="NULL: not built"),
    sa.Column("progress", sa.Integer, nullable=False, comment="0 … 100"),
    sa.Column("why", sa.Text, nullable=False, comment="last trouble; empty: none"),
    sa.Column("tries", sa.Integer, nullable=False),
    sa.Column("retry_at", Time, nullable=False),
    sa.Column("lease_by", sa.String(64), comment="NULL: nobody works on it"),
    sa.Column("lease_until", Time, comment="NULL: nobody works on it"),
    sa.Column("verified_at", Time, comment="last good read-back; NULL: none"),
    sa.Column("reverify_at", Time, comment="when it is read back anew; NULL: not set yet"),
    sa.Column("horizon", sa.Integer, comment="days before its lock ends, as alarmed; NULL: none"),
    sa.Column("source_id", sa.String(40), comment="the whole bundle it copies; NULL: whole"),
    sa.Column("redaction", Json, comment="profile, reason and span; NULL: whole"),
    comment="Bundles ordered, and how far each is.",
)

objects = sa.Table(
    "objects",
    metadata,
    sa.Column("order_id", sa.ForeignKey("orders.id"), primary_key=True),
    sa.Column("file", sa.String(255), primary_key=True),
    sa.Column("key", sa.Text, nullable=False),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("sha256", sa.String(64), nullable=False),
    sa.Column("path", sa.Text, nullable=False, comment="sealed local copy"),
    sa.Column("version_id", sa.Text, comment="NULL: not stored yet"),
    sa.Column("retain_until", Time, comment="as the store told; NULL: not stored yet"),
    sa.Column("mode", sa.String(12), comment="lock mode as the store told; NULL: not stored yet"),
    sa.Column("legal_hold", sa.Boolean, comment="as the store told; NULL: not stored yet"),
    sa.Column("verified_at", Time, comment="NULL: not read back yet"),
    sa.Column("going_at", Time, comment="when a purge began to remove it; NULL: none did"),
    sa.Column("gone_at", Time, comment="when it was removed; NULL: it is there"),
    comment="Files of a bundle; their hashes are recorded before the first upload.",
)

due_steps = sa.Table(
    "due_steps",
    metadata,
    sa.Column("case_id", sa.ForeignKey("cases.id"), primary_key=True),
    sa.Column("step", sa.String(24), primary_key=True),
    sa.Column("due_at", Time, primary_key=True),
    sa.Column("done_at", Time, comment="NULL: still due"),
    sa.Column("outcome", sa.Text, comment="NULL: still due"),
    comment="When a case must be looked at again; the scheduler reads this and owns nothing.",
)

leases = sa.Table(
    "leases",
    metadata,
    sa.Column("name", sa.String(32), primary_key=True),
    sa.Column("holder", sa.String(64), nullable=False),
    sa.Column("until", Time, nullable=False),
    comment="One worker at a time holds the lease for schedule, checkpoints and bundles.",
)

checks = sa.Table(
    "checks",
    metadata,
    sa.Column("name", sa.String(64), primary_key=True),
    sa.Column("outcome", sa.String(12), nullable=False),
    sa.Column("detail", sa.Text, nullable=False),
    sa.Column("at", Time, nullable=False),
    comment="Last outcome of each check of our surroundings, such as the archive's.",
)

APPEND_ONLY = (
    *("entries", "records", "documents", "checkpoints", "notes"),
    *("marks", "cosignatures", "anchors", "stamps", "anchor_objects", "case_facts", "case_steps"),
    *("purged_documents", "object_digests", "renewals", "renewal_stamps", "renewal_objects"),
    *("billing_imports", "billing_lines", "log_keys"),
)
