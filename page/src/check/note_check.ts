/** What the ledger states, its checkpoint entries and notes (FORMAT.md, 6 and 7). */

import { type Bytes, encoded, fromBase64, fromHex, joined, same, shownText } from "./bytes.ts";
import { type JsonObject, countOf, isObject, jsonObject, textOf } from "./canonical.ts";
import { rows } from "./csv.ts";
import { accountKey, sha256 } from "./hashes.ts";
import { CheckError, type Problem, problem } from "./report.ts";
import { ed25519Holds } from "./signatures.ts";
import { hex } from "./bytes.ts";

export const TIME = /^[0-9]{4}-[01][0-9]-[0-3][0-9]T(?:[01][0-9]|2[0-3])(?::[0-5][0-9]){2}[.][0-9]{6}Z$/;
/** How far `t` may lie beyond the checkpoint that covers it, in microseconds. */
export const TOLERANCE = 120_000_000;
const HASH = /^[0-9a-f]{64}$/;
const LEDGER = "data/ledger.json";
const SPKI_ED25519 = fromHex("302a300506032b6570032100")!;

/** What `data/ledger.json` states: whose chain this is, how long, and under which head. */
export interface Statement {
  station: string;
  acct: string;
  epoch: number;
  records: number;
  head: string;
  accountKey: string;
  checkpoint: number;
  entry: string;
  note: string;
  origin: string;
}

/** A span that `line-status.csv` names, in microseconds since 1970. */
export interface ClockStep {
  first: number;
  last: number;
}

/** What a checkpoint's entry says: its number, its time, and the root over all chains. */
export interface Entry {
  n: number;
  time: number;
  stateRoot: Bytes;
}

/** A note's signed text, what it says, and key id and signature of each line. */
export interface Note {
  text: Bytes;
  size: number;
  root: Bytes;
  signatures: { id: Bytes; value: Bytes }[];
}

/** Return the moment that a time of the ledger names, in microseconds; undefined: it names none. */
export function moment(text: string): number | undefined {
  if (!TIME.test(text)) return undefined;
  const [whole, micros] = [text.slice(0, 19), Number(text.slice(20, 26))];
  const time = new Date(`${whole}Z`);
  const real = !Number.isNaN(time.getTime()) && time.toISOString().slice(0, 19) === whole;
  // There is no year 0, as Python has none.
  return real && !whole.startsWith("0000") ? time.getTime() * 1000 + micros : undefined;
}

/** Read `data/ledger.json`, or throw. */
export function readStatement(raw: Uint8Array): Statement {
  const value = jsonObject(LEDGER, raw);
  const point = value.checkpoint;
  if (value.v !== 1 || !isObject(point)) {
    throw new CheckError(LEDGER, "is not version 1 of this file, or names no checkpoint");
  }
  const statement: Statement = {
    station: textOf(LEDGER, value, "station"),
    acct: textOf(LEDGER, value, "acct"),
    epoch: countOf(LEDGER, value, "epoch", 1, 2 ** 32 - 1),
    records: countOf(LEDGER, value, "records", 1),
    head: textOf(LEDGER, value, "head"),
    accountKey: textOf(LEDGER, value, "account_key"),
    checkpoint: countOf(LEDGER, point, "n", 0),
    entry: textOf(LEDGER, point, "entry"),
    note: textOf(LEDGER, point, "note"),
    origin: textOf(LEDGER, point, "origin"),
  };
  const key = hex(accountKey(statement.station, statement.acct, statement.epoch));
  if (statement.accountKey !== key) {
    throw new CheckError(LEDGER, "names an account_key that is not of its station, acct, epoch");
  }
  if (statement.note !== `data/checkpoint/${statement.checkpoint}.note`) {
    throw new CheckError(LEDGER, "names a note that is not the one of its checkpoint");
  }
  return statement;
}

/** Return a test whether a `t` that went back, from one time to another, lies in a step. */
export function explained(steps: readonly ClockStep[]): (before: number, after: number) => boolean {
  const spans = steps.map(({ first, last }) => [
    Math.min(first, last) - TOLERANCE,
    Math.max(first, last) + TOLERANCE,
  ]);
  spans.sort((one, two) => one[0]! - two[0]!);
  // Of all spans that begin before `after`, the one that reaches furthest decides.
  return (before, after) => spans.some(([low, high]) => low! <= after && before <= high!);
}

/** Return the steps of the clock, or spans of another kind, that `line-status.csv` names. */
export function clockSteps(raw: Uint8Array, kind = "clock_step"): ClockStep[] {
  const steps: ClockStep[] = [];
  for (const row of rows("data/line-status.csv", raw)) {
    if (row.kind !== kind) continue;
    const [first, last] = [moment(row.from ?? ""), moment(row.to ?? "")];
    const either = first ?? last;
    if (either !== undefined) steps.push({ first: either, last: last ?? either });
  }
  return steps;
}

/** Return what the text of a checkpoint's entry says, or throw. */
export function readEntry(subject: string, text: string): Entry {
  const entry = jsonObject(subject, encoded(text));
  const time = moment(typeof entry.time === "string" ? entry.time : "");
  const sound =
    !text.endsWith("\n") &&
    entry.type === "stationd-checkpoint" &&
    entry.v === 1 &&
    typeof entry.n === "number" &&
    isHash(entry, "state_root") &&
    isHash(entry, "prev");
  if (!sound || time === undefined) {
    throw new CheckError(subject, "holds an entry that is none of a checkpoint");
  }
  return { n: entry.n as number, time, stateRoot: fromHex(entry.state_root as string)! };
}

function isHash(value: JsonObject, key: string): boolean {
  const text = value[key];
  return typeof text === "string" && HASH.test(text);
}

/** Return the time that the checkpoint's entry gives, empty where it gives none. */
export function entryTime(statement: Statement): string {
  try {
    const { time } = jsonObject(LEDGER, encoded(statement.entry));
    return typeof time === "string" ? time : "";
  } catch (error) {
    if (error instanceof CheckError) return "";
    throw error;
  }
}

/** Return a note's parts, or throw where it is no note of this log. */
export function splitNote(subject: string, raw: Uint8Array, origin: string): Note {
  const at = blankLine(raw);
  const text = raw.slice(0, at < 0 ? raw.length : at + 1) as Bytes;
  const lines = shownText(text).split("\n");
  const originBytes = encoded(`${origin}\n`);
  const ours = same(text.subarray(0, originBytes.length), originBytes);
  if (at < 0 || raw[raw.length - 1] !== 10 || raw.length === at + 2 || lines.length !== 4 || !ours) {
    throw new CheckError(subject, "is not a checkpoint note of this origin");
  }
  const root = fromBase64(lines[2]!);
  if (!/^(?:0|[1-9][0-9]{0,15})$/.test(lines[1]!) || root?.length !== 32) {
    throw new CheckError(subject, "holds no tree size and root");
  }
  const tail = shownText(raw.subarray(at + 2, raw.length - 1)).split("\n");
  const signatures = tail.map((line) => signatureLine(subject, line));
  return { text, size: Number(lines[1]), root, signatures };
}

function blankLine(raw: Uint8Array): number {
  return raw.findIndex((byte, at) => byte === 10 && raw[at + 1] === 10);
}

/** Return key id and signature of a note's signature line, or throw. */
export function signatureLine(subject: string, line: string): { id: Bytes; value: Bytes } {
  const parts = line.split(" ");
  const blob = fromBase64(parts[2] ?? "");
  if (parts.length !== 3 || parts[0] !== "—" || !parts[1] || !blob || blob.length < 5) {
    throw new CheckError(subject, "has a line that is not a signature");
  }
  return { id: blob.slice(0, 4), value: blob.slice(4) };
}

/** Return the 32 bytes of an Ed25519 public key in PEM. */
export function publicKey(pem: string): Bytes {
  const body = /-----BEGIN PUBLIC KEY-----([^]+?)-----END PUBLIC KEY-----/.exec(pem)?.[1];
  const der = fromBase64((body ?? "").replace(/\s+/g, ""));
  if (der?.length !== 44 || !same(der.subarray(0, 12), SPKI_ED25519)) {
    throw new CheckError("log public key", "is not an Ed25519 public key in PEM");
  }
  return der.slice(12);
}

/** Return the signatures that a note has of the key `key`. */
export function ours(note: Note, origin: string, key: Bytes): Bytes[] {
  const id = keyId(origin, key);
  return note.signatures.filter((it) => same(it.id, id)).map((it) => it.value);
}

/** Return what names a key in signature lines: the first four bytes of a hash. */
export function keyId(origin: string, key: Bytes): Bytes {
  return sha256(joined(encoded(`${origin}\n\u0001`), key)).slice(0, 4) as Bytes;
}

/** Check a signature of the log key over the text of a note. */
export async function checkSignature(
  subject: string,
  text: Bytes,
  signature: Bytes,
  key: Bytes,
): Promise<Problem[]> {
  if (await ed25519Holds(key, signature, text)) return [];
  return [problem(subject, "the signature of the log key does not hold")];
}
