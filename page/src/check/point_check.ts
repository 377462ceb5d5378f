/** The proofs of a bundle: points at which others saw the log, and what stood in it (FORMAT.md, 7). */

import { type Bytes, encoded, fromHex, hex, same } from "./bytes.ts";
import { type Json, type JsonObject, canonicalValue, countOf, isObject, shown, textOf } from "./canonical.ts";
import { accountKey, logLeaf } from "./hashes.ts";
import type { LogKeys } from "./log_key_check.ts";
import {
  type ClockStep,
  type Entry,
  type Note,
  type Statement,
  TOLERANCE,
  checkSignature,
  ours,
  readEntry,
  splitNote,
} from "./note_check.ts";
import {
  type Occupant,
  logRootFromConsistency,
  logRootFromInclusion,
  stateRootFromAbsence,
  stateRootFromSiblings,
} from "./proof_check.ts";
import { CheckError, type Problem, problem } from "./report.ts";
import { DerError } from "./der.ts";
import { replyToken, stampHolds } from "./signatures.ts";

export const PROOFS = "data/proofs/proofs.json";
/** How long after its time a checkpoint must have been stamped at most, in microseconds. */
const AT_MOST = 26 * 3_600_000_000;
const MEMBERS = ["acct", "epoch", "next_epoch_absent", "origin", "points", "records", "station", "v"];
const POINT = ["consistency", "entry", "head", "inclusion", "n", "note", "siblings", "size", "tree_size", "tsr"];
const AT = ["entry", "inclusion", "n", "siblings"];
const OTHER = ["head", "key", "size"];

/** One point: an entry of the log, the account in its state, and who saw it when. */
export interface Point {
  n: number;
  treeSize: number;
  entry: Entry;
  leaf: Bytes;
  size: number;
  head: Bytes;
  siblings: Bytes[];
  note: string;
  tsr: string;
  inclusion: Bytes[];
  consistency: Bytes[];
}

/** The checkpoint of a `close`, where the last point is a later one. */
interface Closing {
  n: number;
  entry: Entry;
  leaf: Bytes;
  inclusion: Bytes[];
  siblings: Bytes[];
}

/** That the next epoch is not in the state of the last point, or of the closing checkpoint. */
interface Absence {
  siblings: Bytes[];
  other: Occupant | undefined;
  at: Closing | undefined;
}

/** What `proofs.json` holds. */
export interface Proofs {
  origin: string;
  station: string;
  acct: string;
  epoch: number;
  records: number;
  points: Point[];
  absent: Absence | undefined;
}

/** What a point is checked against: the statement, the files, and whom to trust. */
export interface Given {
  statement: Statement;
  read: (name: string) => Promise<Bytes | undefined>;
  log: LogKeys;
  tsa: readonly Bytes[];
}

// --- Reading ---

/** Read `proofs.json`, or throw. */
export function readProofs(raw: Uint8Array): Proofs {
  const value = members(canonicalValue(PROOFS, raw), MEMBERS);
  const { points, next_epoch_absent: absent } = value;
  if (value.v !== 1 || !Array.isArray(points) || !points.length) {
    throw new CheckError(PROOFS, "is not version 1 of this file, or holds no point");
  }
  return {
    origin: textOf(PROOFS, value, "origin"),
    station: textOf(PROOFS, value, "station"),
    acct: textOf(PROOFS, value, "acct"),
    epoch: countOf(PROOFS, value, "epoch", 1, 2 ** 32 - 2),
    records: countOf(PROOFS, value, "records", 1),
    points: points.map(readPoint),
    absent: absent === null ? undefined : readAbsence(absent),
  };
}

function members(value: Json | undefined, names: readonly string[]): JsonObject {
  if (!isObject(value) || Object.keys(value).sort().join() !== [...names].sort().join()) {
    throw new CheckError(PROOFS, `must have exactly the members ${[...names].sort().join(", ")}`);
  }
  return value;
}

function hashOf(value: Json | undefined): Bytes {
  const digest = typeof value === "string" && value.length === 64 ? fromHex(value) : undefined;
  if (!digest) throw new CheckError(PROOFS, `holds ${shown(value, 40)} where a hash must be`);
  return digest;
}

function hashesOf(value: Json | undefined): Bytes[] {
  if (!Array.isArray(value)) throw new CheckError(PROOFS, "has no list of hashes where one must be");
  return value.map(hashOf);
}

function entryOf(value: JsonObject): { n: number; entry: Entry; leaf: Bytes } {
  const text = textOf(PROOFS, value, "entry");
  const [entry, n] = [readEntry(PROOFS, text), countOf(PROOFS, value, "n", 0)];
  if (entry.n !== n) throw new CheckError(PROOFS, `has an entry of number ${entry.n} at the point of ${n}`);
  return { n, entry, leaf: logLeaf(encoded(text)) };
}

function readPoint(raw: Json): Point {
  const value = members(raw, POINT);
  const point: Point = {
    ...entryOf(value),
    treeSize: countOf(PROOFS, value, "tree_size", 1),
    size: countOf(PROOFS, value, "size", 1),
    head: hashOf(value.head),
    siblings: hashesOf(value.siblings),
    note: textOf(PROOFS, value, "note"),
    tsr: textOf(PROOFS, value, "tsr"),
    inclusion: hashesOf(value.inclusion),
    consistency: hashesOf(value.consistency),
  };
  const base = `data/proofs/anchors/${point.n}`;
  if (point.note !== `${base}.note` || point.tsr !== `${base}.tsr`) {
    throw new CheckError(PROOFS, `names another note or reply at the point of ${point.n} than its own`);
  }
  return point;
}

function readAbsence(raw: Json | undefined): Absence {
  const names = isObject(raw) ? Object.keys(raw).filter((it) => it !== "at").sort() : [];
  if (!isObject(raw) || names.join() !== "other,siblings") {
    throw new CheckError(PROOFS, "next_epoch_absent must have siblings and other, nothing else");
  }
  if (!Array.isArray(raw.other) || raw.other.length > 1) {
    throw new CheckError(PROOFS, "next_epoch_absent: other is a list of at most one");
  }
  const [other] = raw.other.map((it) => {
    const value = members(it, OTHER);
    return { key: hashOf(value.key), size: countOf(PROOFS, value, "size", 0), head: hashOf(value.head) };
  });
  let at: Closing | undefined;
  if (Object.hasOwn(raw, "at")) {
    const value = members(raw.at, AT);
    at = { ...entryOf(value), inclusion: hashesOf(value.inclusion), siblings: hashesOf(value.siblings) };
  }
  return { siblings: hashesOf(raw.siblings), other, at };
}

// --- Checking ---

/** Check every point and the absence of the next epoch; heads are checked with the chain. */
export async function checkProofs(
  proofs: Proofs,
  given: Given,
  { closing, closed }: { closing: boolean; closed: boolean },
): Promise<Problem[]> {
  const problems = checkFrame(proofs, given.statement);
  const seen: { note: Note | undefined; problems: Problem[] }[] = [];
  for (const point of proofs.points) seen.push(await checkPoint(point, proofs, given));
  problems.push(...seen.flatMap((it) => it.problems));
  const last = seen[seen.length - 1]!.note;
  if (!last) return problems;
  problems.push(...(await checkStated(proofs, given, last)));
  proofs.points.forEach((point, at) => {
    problems.push(...checkConsistency(point, seen[at]!.note, last));
  });
  if (proofs.absent?.at && !closed) {
    problems.push(problem(PROOFS, "names a checkpoint of the close, and the last record is no close"));
  }
  return [...problems, ...checkAbsence(proofs, given.statement, last, closing || !closed)];
}

/** Check that the proofs are of this chain, in order, and reach its end. */
function checkFrame(proofs: Proofs, statement: Statement): Problem[] {
  const wrong: string[] = [];
  for (const name of ["origin", "station", "acct", "epoch", "records"] as const) {
    if (proofs[name] !== statement[name]) {
      wrong.push(`${name} is ${shown(proofs[name], 60)}, data/ledger.json says ${shown(statement[name], 60)}`);
    }
  }
  proofs.points.slice(1).forEach((two, at) => {
    const one = proofs.points[at]!;
    if (one.n >= two.n || one.size > two.size || one.treeSize >= two.treeSize) {
      wrong.push(`the points of ${one.n} and ${two.n} are not in order`);
    }
  });
  const last = proofs.points[proofs.points.length - 1]!;
  if (last.n !== statement.checkpoint || last.treeSize !== last.n + 1) {
    wrong.push(`its last point is not that of checkpoint ${statement.checkpoint}`);
  }
  if (last.size !== statement.records || hex(last.head) !== statement.head) {
    wrong.push("its last point does not have the size and head that are stated");
  }
  return wrong.map((text) => problem(PROOFS, text));
}

/** Check that the entry and note that are stated are the last point's: no log has two. */
async function checkStated(proofs: Proofs, given: Given, last: Note): Promise<Problem[]> {
  const problems: Problem[] = [];
  const { note, entry } = given.statement;
  if (!same(proofs.points[proofs.points.length - 1]!.leaf, logLeaf(encoded(entry)))) {
    problems.push(problem(PROOFS, "its last point has another entry than the one that is stated"));
  }
  const raw = await given.read(note);
  // A note that is missing, or is none, is told of with the statement.
  const stated = raw && noteOf(note, raw, proofs.origin);
  if (stated && !(stated instanceof CheckError) && !same(stated.text, last.text)) {
    problems.push(problem(note, "signs another log than the note of the last point"));
  }
  return problems;
}

function noteOf(subject: string, raw: Uint8Array, origin: string): Note | CheckError {
  try {
    return splitNote(subject, raw, origin);
  } catch (error) {
    if (error instanceof CheckError) return error;
    throw error;
  }
}

async function checkPoint(
  point: Point,
  proofs: Proofs,
  given: Given,
): Promise<{ note: Note | undefined; problems: Problem[] }> {
  const problems: Problem[] = [];
  const wrong = (text: string) => problems.push(problem(PROOFS, `point ${point.n}: ${text}`));
  if (point.n >= point.treeSize) wrong("its entry lies beyond the log of its note");
  const root = stateRootFromSiblings(keyOf(proofs), point.size, point.head, point.siblings);
  if (!same(root, point.entry.stateRoot)) {
    wrong("the account does not stand in the state of its entry with this size and head");
  }
  const raw = await given.read(point.note);
  if (!raw) return { note: undefined, problems: [...problems, problem(point.note, "is missing")] };
  const note = noteOf(point.note, raw, proofs.origin);
  if (note instanceof CheckError) {
    return { note: undefined, problems: [...problems, problem(point.note, note.text)] };
  }
  if (note.size !== point.treeSize) {
    const text = `is of tree size ${note.size}, its point says ${point.treeSize}`;
    problems.push(problem(point.note, text));
  } else if (!same(logRootFromInclusion(point.leaf, point.n, point.treeSize, point.inclusion), note.root)) {
    wrong("its entry does not stand in the log of its note");
  }
  problems.push(...(await checkLogKey(point, note, proofs, given)), ...(await checkStamp(point, raw, given)));
  return { note, problems };
}

/** Return the key of the proofs' chain, or of a later epoch of it. */
function keyOf(proofs: Proofs, later = 0): Bytes {
  return accountKey(proofs.station, proofs.acct, proofs.epoch + later);
}

async function checkLogKey(point: Point, note: Note, proofs: Proofs, given: Given): Promise<Problem[]> {
  const key = given.log.at(note.size);
  const signatures = ours(note, proofs.origin, key);
  if (signatures.length !== 1) {
    return [problem(point.note, `is not signed, once, with ${given.log.said(note.size)} given`)];
  }
  return checkSignature(point.note, note.text, signatures[0]!, key);
}

const shownTime = (micros: number) =>
  `${new Date(micros / 1000).toISOString().slice(0, 19).replace("T", " ")}Z`;

/** Check that an authority saw the note soon after the time its entry gives. */
async function checkStamp(point: Point, note: Bytes, given: Given): Promise<Problem[]> {
  const raw = await given.read(point.tsr);
  if (!raw) return [problem(point.tsr, "is missing")];
  try {
    const token = replyToken(raw);
    const answer = await stampHolds(token, note, given.tsa);
    if (answer.holds === undefined) return [problem(point.tsr, answer.reason, false)];
    if (!answer.holds) return [problem(point.tsr, `its stamp does not hold: ${answer.reason}`)];
    const after = token.time - point.entry.time;
    if (-TOLERANCE <= after && after <= AT_MOST) return [];
    const times = `${shownTime(point.entry.time)} was stamped at ${shownTime(token.time)}`;
    const said = after < 0 ? "before it was made" : "more than 26 hours later";
    return [problem(point.tsr, `the checkpoint of ${times}, ${said}: it is no point`)];
  } catch (error) {
    if (!(error instanceof DerError)) throw error;
    return [problem(point.tsr, `is no reply that can be read: ${error.message}`)];
  }
}

function checkConsistency(point: Point, note: Note | undefined, last: Note): Problem[] {
  if (!note) return [];
  const root = logRootFromConsistency(note.size, note.root, last.size, point.consistency);
  if (same(root, last.root)) return [];
  return [problem(PROOFS, `point ${point.n}: the log of the last point does not continue that of its note`)];
}

/** Check that the next epoch does not exist; `needed`: it must be shown. */
function checkAbsence(proofs: Proofs, statement: Statement, last: Note, needed: boolean): Problem[] {
  const { absent } = proofs;
  if (!absent) {
    const text = "does not show that there is no next epoch, which may hide what came later";
    return needed ? [problem(PROOFS, text)] : [];
  }
  let root = proofs.points[proofs.points.length - 1]!.entry.stateRoot;
  if (absent.at) {
    const { at } = absent;
    root = at.entry.stateRoot;
    if (!same(logRootFromInclusion(at.leaf, at.n, last.size, at.inclusion), last.root)) {
      return [problem(PROOFS, `the checkpoint of the close, ${at.n}, does not stand in the log`)];
    }
    const head = fromHex(statement.head) ?? new Uint8Array(0);
    if (!same(stateRootFromSiblings(keyOf(proofs), proofs.records, head, at.siblings), root)) {
      const text = `the account was not closed with these records at checkpoint ${at.n}`;
      return [problem(PROOFS, text)];
    }
  }
  if (same(stateRootFromAbsence(keyOf(proofs, 1), absent.siblings, absent.other), root)) return [];
  return [problem(PROOFS, "the proof that there is no next epoch does not hold")];
}

// --- Months ---

const monthOf = (micros: number): number => {
  const date = new Date(micros / 1000);
  return date.getUTCFullYear() * 12 + date.getUTCMonth();
};

/** Return the calendar months since an account was opened of which a point must be and is not. */
export function missingMonths(
  opened: number,
  points: readonly Point[],
  spans: readonly ClockStep[],
): string[] {
  const there = new Set(points.map((it) => monthOf(it.entry.time)));
  const missing: string[] = [];
  const begun = [...spans].sort((one, two) => one.first - two.first);
  // Of the spans that begin before a month, the one that reaches furthest decides.
  let [place, furthest] = [0, -Infinity];
  const last = monthOf(points[points.length - 1]!.entry.time);
  for (let month = monthOf(opened) + 1; month < last; month += 1) {
    const begins = Date.UTC(Math.floor(month / 12), month % 12, 1) * 1000;
    for (; place < begun.length && begun[place]!.first <= begins; place += 1) {
      furthest = Math.max(furthest, monthOf(begun[place]!.last));
    }
    if (!there.has(month) && furthest < month + 1) {
      missing.push(`${Math.floor(month / 12)}-${String((month % 12) + 1).padStart(2, "0")}`);
    }
  }
  return missing;
}
