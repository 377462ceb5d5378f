"""The custodian's certificates: five forms for a person, and the schedules that they refer to.

What the program knows is filled in, and no more: no name, no date, no signature, no legal
conclusion, and nothing of what only a person can know.  `archive.certificate_pages` writes the
same blocks as plain text and as a PDF.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from archive.forms import FormFacts
from archive.manifest import Listed

__all__ = [
    "Blank",
    "Block",
    "Copies",
    "Facts",
    "Heading",
    "Page",
    "Said",
    "Table",
    "Tick",
    "certificates",
]


@dataclass(frozen=True, slots=True)
class Page:
    """The beginning of a form or a schedule: its title, and what it is in small words."""

    title: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Heading:
    """The title of a part of a form."""

    text: str


@dataclass(frozen=True, slots=True)
class Said:
    """A paragraph."""

    text: str


@dataclass(frozen=True, slots=True)
class Tick:
    """A statement that the person ticks, or does not."""

    text: str


@dataclass(frozen=True, slots=True)
class Blank:
    """A place to write in, with its label and how many lines it has."""

    label: str
    lines: int = 1


@dataclass(frozen=True, slots=True)
class Facts:
    """Labels and values, one under the other."""

    rows: Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Table:
    """Files with what they hold, their size and their SHA-256."""

    rows: Sequence[tuple[str, str, int, str]]


Block = Page | Heading | Said | Tick | Blank | Facts | Table


@dataclass(frozen=True, slots=True, kw_only=True)
class Copies:
    """The files that the forms are about.

    ``report`` is the printed report with its pages; ``container`` is known only to the forms that
    stand beside it, for no file can hold the hash of what it is in.
    """

    payload: Mapping[str, Listed]
    report: Listed
    pages: int
    container: tuple[str, Listed] | None = None


_ORIGINS: Mapping[str, str] = MappingProxyType(
    {
        "machine": "made by machine (receivers and the recording program)",
        "human": "entered by a person",
        "import": "taken over from another system",
    }
)
_GAPS: Mapping[str, str] = MappingProxyType(
    {
        "line_down": "a receiver's line was down",
        "gap": "the station cannot vouch that a signal would have been recorded",
        "clock_step": "the clock of the recording machine was set",
        "unstamped": "no authority stamped the ledger",
    }
)
_SEGMENT = 100_000


def certificates(facts: FormFacts, copies: Copies) -> list[Block]:
    """Return all forms and schedules of a bundle, in order."""
    return [
        *_front(facts, copies),
        *_business_records(facts, copies),
        *_system(facts, copies),
        *_copies_compared(facts, copies),
        *_state(facts, copies),
        *_abroad(facts, copies),
        *_schedule_records(facts),
        *_schedule_system(facts),
        *_schedule_limits(facts),
        *_schedule_files(facts, copies),
    ]


def _front(facts: FormFacts, copies: Copies) -> Iterator[Block]:
    yield Page(
        "CERTIFICATION BY THE CUSTODIAN OR ANOTHER QUALIFIED PERSON",
        "Forms. Nothing here was signed, and no program can certify anything.",
    )
    yield Said(
        "A person completes and signs those of the five forms that counsel asks for, and only as "
        "far as that person knows or has checked what is said. A statement counts only where its "
        "box is ticked by hand; what does not hold is struck out. Numbers, names and hashes were "
        "filled in by the program from what is stored. They are not the person's word before the "
        "person has compared them."
    )
    yield Facts(
        [
            ("Form A", "Records of a regularly conducted activity (as for Fed. R. Evid. 902(11))"),
            ("Form B", "Records made by an electronic process or system (902(13))"),
            ("Form C", "Data copied from a device, medium or file (902(14))"),
            ("Form D", "Business records, with a count of pages, for a state court"),
            ("Form E", "For a declaration that is signed outside the United States"),
            ("Schedule 1", "The records"),
            ("Schedule 2", "The system and the process"),
            ("Schedule 3", "Origins, gaps and limits"),
            ("Schedule 4", "The files, with sizes and hashes"),
        ]
    )
    yield from _identity(facts)
    if copies.container is None:
        yield Said(
            "This copy lies inside the container, so it cannot name the container's own hash. The "
            f"copy beside it, {facts.base}-certification, does."
        )


def _identity(facts: FormFacts) -> Iterator[Block]:
    yield Heading("About")
    yield Facts(
        [
            ("Station", facts.station),
            ("Account", f"{facts.acct}, epoch {facts.epoch}"),
            ("Customer", facts.customer),
            ("Site", facts.site),
            ("Contract", facts.contract),
            ("Bundle", facts.base),
            ("Content id", facts.content_id),
        ]
    )


def _declarant() -> Iterator[Block]:
    for label in ("Name", "Title", "Employer"):
        yield Blank(label)
    yield Tick("I am a custodian of the records that Schedule 1 describes.")
    yield Tick("I am not their custodian and am qualified to make this statement, because:")
    yield Blank("How I know the matters stated", 2)


def _declared(words: str, choices: Sequence[str] = ()) -> Iterator[Block]:
    yield Heading("Declaration")
    yield Said(words)
    for choice in choices:
        yield Tick(choice)
    yield Blank("Executed on (date)")
    yield Blank("At (place)")
    yield Blank("Signature")
    yield Blank("Name in print")


_WITHIN = (
    "I declare under penalty of perjury that the foregoing is true and correct. (The words of "
    "28 U.S.C. 1746 for a declaration that is signed within the United States; Form E has those "
    "for outside.)"
)


# --- Form A ---


def _business_records(facts: FormFacts, copies: Copies) -> Iterator[Block]:
    yield Page("FORM A: RECORDS OF A REGULARLY CONDUCTED ACTIVITY", "As for Fed. R. Evid. 902(11)")
    yield from _about(facts)
    yield from _declarant()
    yield Heading("What I certify")
    yield Said("Of the records of Schedule 1 (tick those that are meant):")
    yield from _kinds(facts)
    yield from _made_and_kept(facts)
    yield Said("Records that I do not certify, or what I say of them otherwise:")
    yield Blank("", 2)
    yield from _copy_of(facts, copies)
    yield from _declared(_WITHIN)


def _about(facts: FormFacts) -> Iterator[Block]:
    yield Said(
        f"Account {facts.acct}, epoch {facts.epoch}, of station {facts.station}: {facts.records:,} "
        f"records{_withheld(facts)}, described in Schedule 1; bundle {facts.base}, content id "
        f"{facts.content_id}."
    )


def _withheld(facts: FormFacts) -> str:
    """Return what a redacted copy lacks; empty: the bundle is whole."""
    if not facts.profile:
        return ""
    return (
        f", of which {facts.withheld:,} are withheld (a redacted copy, profile {facts.profile}; "
        "what is said here is of those that are shown)"
    )


def _kinds(facts: FormFacts) -> Iterator[Block]:
    """Yield a box for each origin that occurs; of what does not occur nothing is said."""
    for name, count in sorted(facts.origins.items()):
        yield Tick(f"the {count:,} records {_ORIGINS.get(name, 'that state no origin')}")
        if name == "import":
            yield Blank("Who made these, and how I know")


def _made_and_kept(facts: FormFacts) -> Iterator[Block]:
    yield Said("And of these (tick what holds):")
    yield Tick(
        "Each was made at or near the time of what it tells of, by someone with knowledge or from "
        "information that someone with knowledge transmitted."
    )
    if facts.origins.get("machine"):
        yield Tick(
            "Each record made by machine was written by the system at or near the time at which "
            "the message that it holds arrived, or the event that it tells of was noticed by the "
            "system, without anybody's part in it."
        )
    yield Tick("They were kept in the course of a regularly conducted activity of the business.")
    yield Tick("It was a regular practice of that activity to make such records.")


def _copy_of(facts: FormFacts, copies: Copies) -> Iterator[Block]:
    where = f" (in the file {copies.container[0]})" if copies.container else ""
    yield Tick(
        f"The files of Schedule 4{where} are a copy of those records. Their content id is "
        f"{facts.content_id}."
    )


# --- Form B ---


def _system(facts: FormFacts, copies: Copies) -> Iterator[Block]:
    yield Page(
        "FORM B: RECORDS MADE BY AN ELECTRONIC PROCESS OR SYSTEM", "As for Fed. R. Evid. 902(13)"
    )
    yield from _about(facts)
    yield from _declarant()
    yield Heading("What I certify")
    machine = facts.origins.get("machine", 0)
    yield Said(
        f"Of the records of Schedule 1, {machine:,} are marked as made by machine. The others are "
        "no subject of this form."
    )
    yield Tick("I know the system and the process that Schedule 2 describes, and how:")
    yield Blank("", 2)
    yield Tick("Schedule 2 describes them as they were in the time of the records, except that:")
    yield Blank("", 2)
    yield Tick("They produce an accurate result. I base this on:")
    yield Blank("", 2)
    yield Said(
        "Changes of the system in that time, how copies of its data are kept against loss, and "
        "outages beyond those that Schedule 3 counts, as far as I know of them:"
    )
    yield Blank("", 3)
    yield from _copy_of(facts, copies)
    yield from _declared(_WITHIN)


# --- Form C ---


def _copies_compared(facts: FormFacts, copies: Copies) -> Iterator[Block]:
    yield Page("FORM C: DATA COPIED FROM A DEVICE, MEDIUM OR FILE", "As for Fed. R. Evid. 902(14)")
    yield from _about(facts)
    yield from _declarant()
    yield Heading("What I certify")
    yield Said(
        "A SHA-256 value is computed from every byte of a file. A file in which anything was "
        "changed has another value; nobody is known to have made two files with the same. The "
        "values of Schedule 4 were computed by the program that wrote the files."
    )
    yield Tick("I computed, or had computed under my eyes, the SHA-256 values of the copy, on:")
    yield Blank("Date, and the program used")
    yield Blank("Which copy (medium, file or address)")
    yield Tick("Each value is the one that Schedule 4 gives.")
    yield Tick("These differ, or were not compared:")
    yield Blank("", 2)
    yield Facts(_main_copies(facts, copies))
    yield from _declared(_WITHIN)


def _main_copies(facts: FormFacts, copies: Copies) -> list[tuple[str, str]]:
    rows = [("Content id", facts.content_id)]
    if copies.container is not None:
        name, listed = copies.container
        rows.append(("Container", f"{name}, {listed.size:,} bytes"))
        rows.append(("its SHA-256", listed.sha256))
    for name, listed in facts.volumes:
        rows.append(("Volume", f"{name}, {listed.size:,} bytes"))
        rows.append(("its SHA-256", listed.sha256))
    return rows


# --- Form D ---


def _state(facts: FormFacts, copies: Copies) -> Iterator[Block]:
    yield Page(
        "FORM D: BUSINESS RECORDS, FOR A STATE COURT",
        "For states that ask for a count of pages and for service before the hearing, as Texas "
        "Rule of Evidence 902(10) does. Counsel puts in the wording that the state prescribes.",
    )
    yield Blank("State, court and cause number")
    yield from _about(facts)
    yield from _declarant()
    yield Heading("What I certify")
    yield Said(
        f"The report alarm-history.pdf of this bundle has {copies.pages} pages; they are numbered, "
        "and each bears the content id."
    )
    yield Blank("Pages that are attached (from, to, how many)")
    yield Tick("The attached pages are originals or exact duplicates of the records they show.")
    yield Said("Of the records that they show (tick those that are meant):")
    yield from _kinds(facts)
    yield from _made_and_kept(facts)
    yield Heading("Service")
    yield Blank("Served on (party, counsel)")
    yield Blank("By (method), on (date)")
    yield Blank("First offered in evidence on (date)")
    yield Said(
        "How long before that date service must be made is a matter of the state's rule, which "
        "counsel looks up."
    )
    yield from _declared(
        "I declare under penalty of perjury, or upon my oath before the officer named below, that "
        "the foregoing is true and correct."
    )
    yield Blank("Where the state asks for an oath: sworn to before me on (date), officer, seal", 2)


# --- Form E ---


def _abroad(facts: FormFacts, copies: Copies) -> Iterator[Block]:
    yield Page(
        "FORM E: SIGNED OUTSIDE THE UNITED STATES",
        "To be used with the statements of Forms A, B or C, or for a court elsewhere.",
    )
    yield from _about(facts)
    yield from _declarant()
    yield Heading("What I certify")
    for letter in ("A", "B", "C"):
        yield Tick(f"the statements that are ticked in Form {letter}, which is attached")
    yield from _copy_of(facts, copies)
    yield Blank("Country in which this is signed")
    yield Tick(
        "I know that whoever makes a false declaration of this kind in that country can be "
        "punished there."
    )
    yield Blank("The provision under which that is so, if asked for")
    yield from _declared(
        "I declare that the foregoing is true and correct (tick the words that the court in "
        "question asks for; the first are those of 28 U.S.C. 1746 for a declaration that is signed "
        "outside the United States),",
        (
            "under penalty of perjury under the laws of the United States of America.",
            "subject to the punishment of a false declaration in the country named above.",
        ),
    )


# --- Schedules ---


def _schedule_records(facts: FormFacts) -> Iterator[Block]:
    yield Page("SCHEDULE 1: THE RECORDS", "Filled in by the program from what was stored.")
    yield Facts(
        [
            ("Station", facts.station),
            ("Account", f"{facts.acct}, epoch {facts.epoch}"),
            ("Customer", facts.customer),
            ("Site", facts.site),
            ("Contract", facts.contract),
            ("Site's time zone", facts.zone),
            ("Records", f"{facts.records:,}, numbered from 1 without a gap{_withheld(facts)}"),
            ("From", f"{facts.first} (UTC)"),
            ("To", f"{facts.last} (UTC)"),
            ("Reaches to", f"checkpoint {facts.checkpoint} of {facts.checkpoint_time} (UTC)"),
            ("Kind of bundle", facts.kind.replace("_", " ")),
            ("Content id", facts.content_id),
            ("Made by", facts.software),
        ]
    )


_PROCESS = (
    (
        "Alarm receivers and alarm panels send messages (frames) over serial lines and networks to "
        "a recording program on a computer of the station."
    ),
    (
        "Each frame is written to a journal on disk as the bytes that arrived, with the time of "
        "the computer's clock. Each entry of the journal carries a hash of the one before it."
    ),
    (
        "Where the recording program answers the receiver, it acknowledges a frame only after the "
        "frame is on disk. Where the program only listens to a line, another program answers."
    ),
    (
        "A second program reads the journal in order, decodes each frame by the code tables that "
        "data/index.json names, and appends it to the records of the account to which the number "
        "in the frame belongs. What cannot be decoded or assigned is kept apart. Entries of people "
        "are records of their own, marked so. Records are not edited: a correction is a new record "
        "that names the one it corrects."
    ),
    (
        "Each record is hashed onto the one before. At checkpoints, which are made again and again "
        "while there is something new, the last hashes of all accounts are put into one tree of "
        "hashes, whose root is signed."
    ),
    (
        "The state of the clock and every step of it are recorded. The order of records is that in "
        "which they were written, whatever the clock says."
    ),
    (
        "To make a bundle, the records are read as they were stored, byte for byte, and written "
        "into files with lists of their SHA-256 values. The list is signed, and a time-stamp "
        "authority states when it saw the signature. Before a bundle is put into the archive, the "
        "finished files are opened again and checked by code that takes no part in writing them."
    ),
)
_PROVED = (
    "A time-stamp authority stamped signed checkpoints while the records came in. The bundle holds "
    "such checkpoints, their stamps, and what is needed to compute that this account's records "
    "stood in them (data/proofs)."
)


def _schedule_system(facts: FormFacts) -> Iterator[Block]:
    yield Page(
        "SCHEDULE 2: THE SYSTEM AND THE PROCESS",
        f"How the program ({facts.software}) that made this bundle works. A person who certifies "
        "says whether it was so here.",
    )
    steps = (*_PROCESS, _PROVED) if facts.proved else _PROCESS
    for number, text in enumerate(steps, start=1):
        yield Said(f"{number}. {text}")


def _schedule_limits(facts: FormFacts) -> Iterator[Block]:
    yield Page("SCHEDULE 3: ORIGINS, GAPS AND LIMITS", "Filled in by the program.")
    yield Heading("Origins")
    yield Facts(
        [
            (f"{count:,}", _ORIGINS.get(name, "without an origin"))
            for name, count in sorted(facts.origins.items())
        ]
    )
    yield Heading("Gaps and outages on record (data/line-status.csv)")
    if facts.gaps_by:
        yield Facts(
            [(f"{count:,}", _GAPS.get(kind, kind)) for kind, count in sorted(facts.gaps_by.items())]
        )
    else:
        yield Said("None is on record. That does not show that there was none.")
    yield Heading("What is not certified here")
    yield Said(
        "What caused a loss; the quality or the condition of an installation; what somebody did or "
        "meant; that a signal which never reached the station was not sent; that a signal tells "
        "the truth about the premises."
    )
    yield Said(
        "What was withheld from this bundle, if anything was, is named in data/index.json "
        "(redactions) and in the report."
    )


def _schedule_files(facts: FormFacts, copies: Copies) -> Iterator[Block]:
    yield Page(
        "SCHEDULE 4: THE FILES",
        f"{len(copies.payload)} files under data/, and those that hold or print them.",
    )
    yield Said(
        f"Content id: {facts.content_id}. It is the SHA-256 of manifest-sha256.txt, which lists "
        "every file under data/ with its SHA-256."
    )
    rows = [] if copies.container is None else [_row(*copies.container, "the bundle")]
    rows += [_row(name, listed, "a volume of records") for name, listed in facts.volumes]
    rows.append(_row("alarm-history.pdf", copies.report, f"{copies.pages} printed pages"))
    for name in sorted(copies.payload):
        rows.append(_row(name, copies.payload[name], _held(name, facts.records)))
    yield Table(rows)


def _row(name: str, listed: Listed, held: str) -> tuple[str, str, int, str]:
    return name, held, listed.size, listed.sha256


def _held(name: str, records: int) -> str:
    """Return what a file holds, in a word or a count."""
    if name.startswith("data/records/seg-"):
        first = (int(name[len("data/records/seg-") :].partition(".")[0]) - 1) * _SEGMENT + 1
        return f"records {first:,} to {min(first + _SEGMENT - 1, records):,}"
    return ""
