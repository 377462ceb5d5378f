/**
 * Which log key counts for a note: follow the changes of it, each signed off by the key before.
 *
 * A change says up to which tree size the old key signs, and is signed by both keys (FORMAT.md, 4).
 */

import { type Bytes, encoded, fromBase64, fromHex, hex, joined, same, shownText, startsWith } from "./bytes.ts";
import { sha256 } from "./hashes.ts";
import { keyId, publicKey, signatureLine } from "./note_check.ts";
import { CheckError, type Problem, problem } from "./report.ts";
import { ed25519Holds, fingerprintOf } from "./signatures.ts";

export const LOG_KEYS = "trust/log-keys.txt";
const LOG = "trust/log.pub.pem";
const HEAD = "stationd-log-key/1";
const LINES = 8;
const SPKI = fromHex("302a300506032b6570032100")!;

/** A change of the log key: `before` signs trees up to `size`, `after` all larger ones. */
export interface Change {
  origin: string;
  size: number;
  before: Bytes;
  after: Bytes;
  text: Bytes;
  signatures: { id: Bytes; value: Bytes }[];
}

/** The log key given, and the changes that lead from it to others; they were checked. */
export class LogKeys {
  constructor(
    readonly pem: string,
    readonly changes: readonly Change[] = [],
  ) {}

  /** Every key of the log that is known, the oldest first; throws where none is given. */
  get keys(): Bytes[] {
    const [first] = this.changes;
    return first ? [first.before, ...this.changes.map((it) => it.after)] : [publicKey(this.pem)];
  }

  /** Return the key that signs a tree of `size` entries; throws where there is none. */
  at(size: number): Bytes {
    return this.keys[this.changes.filter((it) => it.size < size).length]!;
  }

  /** Say which key is meant for a tree of `size` entries. */
  said(size: number): string {
    return this.changes.length ? `the log key that counts for tree size ${size}` : "the log key";
  }
}

/** The keys that count, and what is wrong with the changes or the bundle's own key. */
interface Settled {
  keys: LogKeys;
  problems: Problem[];
}

/** Settle which keys count, from the key given (PEM, a fingerprint, or nothing) and the bundle's. */
export async function logKeys(
  given: string,
  inside: Bytes | undefined,
  changes: Bytes | undefined,
  origin: string,
): Promise<Settled> {
  const copy = shownText(inside ?? new Uint8Array(0));
  const wanted = fingerprintOf(given);
  const at = given.indexOf(HEAD);
  const outside = encoded(at < 0 ? "" : given.slice(at));
  const pem = !given.trim() ? copy : wanted ? "" : at < 0 ? given : given.slice(0, at);
  const listed = changes ?? encoded("");
  if (!outside.length && !listed.length) return alone(wanted ? ofPrint(copy, wanted) : pem, inside);
  let found: Change[];
  let own: Change[];
  try {
    found = readChanges(longer(outside, listed), origin);
    own = listed.length ? readChanges(listed, origin) : [];
  } catch (error) {
    if (!(error instanceof CheckError)) throw error;
    return { keys: new LogKeys(pem), problems: [problem(error.subject, error.text)] };
  }
  const problems = await unsigned(found);
  if (problems.length) return { keys: new LogKeys(pem), problems };
  const keys = new LogKeys(pem, found);
  const key = wanted ? keys.keys.find((it) => hex(sha256(joined(SPKI, it))) === wanted) : keyOf(pem);
  // What is no key is told of by whoever needs one.
  if (!key && !wanted) return { keys: new LogKeys(pem), problems: [] };
  if (!key || !keys.keys.some((it) => same(it, key))) {
    const text = "is not the log key given, nor leads to it";
    return { keys: new LogKeys(pem), problems: [problem(LOG, text)] };
  }
  return { keys, problems: compared(keys, inside, own) };
}

function alone(pem: string, inside: Bytes | undefined): Settled {
  const keys = new LogKeys(pem);
  return { keys, problems: compared(keys, inside, []) };
}

function ofPrint(copy: string, wanted: string): string {
  const key = keyDer(copy);
  return key && hex(sha256(key)) === wanted ? copy : "";
}

function keyOf(pem: string): Bytes | undefined {
  try {
    return publicKey(pem);
  } catch (error) {
    if (error instanceof CheckError) return undefined;
    throw error;
  }
}

/** Return the longer of two lists of changes, of which one must begin with the other. */
function longer(one: Bytes, two: Bytes): Bytes {
  const [short, long] = one.length <= two.length ? [one, two] : [two, one];
  if (startsWith(long, short)) return long;
  throw new CheckError(LOG_KEYS, "is not the list of changes that was given from outside");
}

/** Check that `trust/log.pub.pem` is the key that the bundle's changes end in. */
function compared(keys: LogKeys, inside: Bytes | undefined, own: readonly Change[]): Problem[] {
  if (!inside) return [];
  const copy = shownText(inside);
  const there = keyOf(copy);
  const known = keys.changes.length || keyOf(keys.pem) ? keys.keys : [];
  if (!there || !known.length) {
    const words = (text: string) => text.split(/\s+/).filter(Boolean).join(" ");
    return words(copy) === words(keys.pem) ? [] : [problem(LOG, "is not the log key given")];
  }
  const last = own[own.length - 1];
  if (last && !same(there, last.after)) return [problem(LOG, `is not the key that ${LOG_KEYS} ends in`)];
  return known.some((it) => same(it, there)) ? [] : [problem(LOG, "is not the log key given")];
}

/** Return a log's changes of key in order, signatures unchecked; throws where it is no such list. */
export function readChanges(raw: Uint8Array, origin: string): Change[] {
  const rows = shownText(raw).split("\n");
  if (rows.pop() !== "" || rows.length % LINES || !rows.length) {
    throw new CheckError(LOG_KEYS, "does not hold changes of a log key, of eight lines each");
  }
  const changes: Change[] = [];
  for (let at = 0; at < rows.length; at += LINES) changes.push(changeOf(rows.slice(at, at + LINES)));
  if (changes.some((it) => it.origin !== origin)) {
    throw new CheckError(LOG_KEYS, "has a change of another log's key");
  }
  const befores = new Set<string>();
  for (const { before, after } of changes) {
    if (befores.has(hex(before))) throw new CheckError(LOG_KEYS, "gives one key two successors");
    befores.add(hex(before));
    if (befores.has(hex(after))) throw new CheckError(LOG_KEYS, "goes back to a key of before");
  }
  changes.slice(1).forEach((two, at) => {
    const one = changes[at]!;
    if (!same(two.before, one.after)) {
      throw new CheckError(LOG_KEYS, "has a change that does not follow the one before it");
    }
    if (two.size <= one.size) throw new CheckError(LOG_KEYS, "has changes whose tree sizes do not grow");
  });
  return changes;
}

function changeOf(rows: readonly string[]): Change {
  const [head, origin, size, one, two, blank, ...lines] = rows as [string, ...string[]];
  const [before, after] = [fromBase64(one!), fromBase64(two!)];
  const form = head === HEAD && origin && !blank && before?.length === 32 && after?.length === 32;
  if (!form || !/^[1-9][0-9]{0,15}$/.test(size!)) {
    throw new CheckError(LOG_KEYS, "has a change that is not of the known form");
  }
  return {
    ...{ origin: origin!, size: Number(size), before, after },
    text: encoded(rows.slice(0, 5).map((row) => `${row}\n`).join("")),
    signatures: lines.map((line) => signatureLine(LOG_KEYS, line)),
  };
}

/** Check that each change is signed by the key before and by the one after, in this order. */
async function unsigned(changes: readonly Change[]): Promise<Problem[]> {
  for (const change of changes) {
    const named = [
      { key: change.before, said: "signed off by the key before" },
      { key: change.after, said: "signed by it" },
    ];
    for (const [at, { key, said }] of named.entries()) {
      const { id, value } = change.signatures[at]!;
      if (!same(id, keyId(change.origin, key)) || !(await ed25519Holds(key, value, change.text))) {
        return [problem(LOG_KEYS, `the change at tree size ${change.size} to a new key is not ${said}`)];
      }
    }
  }
  return [];
}

/** Return the DER of a public key in PEM. */
function keyDer(pem: string): Bytes | undefined {
  const body = /-----BEGIN PUBLIC KEY-----([^]+?)-----END PUBLIC KEY-----/.exec(pem)?.[1];
  return body === undefined ? undefined : fromBase64(body.replace(/\s+/g, ""));
}
