/**
 * Certificates judged by lists of revoked ones, at the time that a stamp proves (FORMAT.md, 10).
 *
 * A seal of before the revocation still holds; what a list says at a time is read here.
 */

import { type Bytes, fromBase64, fromHex, hex, same } from "./bytes.ts";
import { DerError, type Node, momentOf, nodes, only, several, strict } from "./der.ts";
import { sha256 } from "./hashes.ts";
import { TOLERANCE } from "./note_check.ts";
import type { Outcome } from "./report.ts";
import { type Answer, answeredBy, listHolds } from "./signatures.ts";

const [SEQUENCE, INTEGER, OCTETS, BITS, ENUMERATED] = [0x30, 0x02, 0x04, 0x03, 0x0a];
const [UTC_TIME, TIME, CONTEXT_0] = [0x17, 0x18, 0xa0];
const TRUE = 0x01; // a boolean that says no is left out
const REASON = "0603551d15";
const INVALID_SINCE = "0603551d18";
// RFC 3161, 4: with one of these reasons, given, stamps of before go on to count; else none does.
const STAMPS_REMAIN = new Set([0, 3, 4, 5]);
const REASONS: Record<number, string> = {
  0: "no reason given",
  1: "the key was lost to somebody",
  2: "the issuer's key was lost to somebody",
  3: "names in it changed",
  4: "replaced by another",
  5: "no longer used",
  6: "on hold",
  9: "a right was withdrawn",
  10: "a key above it was lost to somebody",
};
const ECDSA_SHA256 = "300a06082a8648ce3d040302";
const BASIC = "06092b0601050507300101";
const SUCCESSFUL = "0a0100";
const SHA256 = "0609608648016503040201";

/** A revoked certificate of a list: from when on, and the reason code, if one was given. */
interface Entry {
  since: number;
  reason: number | undefined;
}

/** A list of revoked certificates (RFC 5280, 5). */
export interface CrlList {
  der: Bytes;
  issuer: string;
  made: number;
  until: number | undefined;
  entries: Map<string, Entry>;
  /** Whether it speaks of every certificate of its issuer: one with a critical extension does not. */
  whole: boolean;
}

// --- Reading ---

/** Return the lists of a PEM file, in DER, in their order. */
export function listPems(text: string): Bytes[] {
  const found = text.matchAll(/-----BEGIN X509 CRL-----([^]+?)-----END X509 CRL-----/g);
  return [...found].map(([, body]) => {
    const der = fromBase64(body!.replace(/\s+/g, ""));
    if (!der) throw new DerError("a list that is not base64");
    return der;
  });
}

/** Return what a list says. */
export function readList(der: Bytes): CrlList {
  const parts = [...nodes(only(der, SEQUENCE).body)];
  const members = parts.length === 3 ? [...nodes(parts[0]!.body)] : [];
  if (members[0]?.tag === INTEGER) members.shift();
  const [, issuer, made, ...rest] = members;
  if (!issuer || !made) throw new DerError("not a list of revoked certificates");
  const dated = rest[0] && [UTC_TIME, TIME].includes(rest[0].tag);
  const until = dated ? momentOf(rest.shift()!) : undefined;
  const entries = new Map<string, Entry>();
  for (const one of rest[0]?.tag === SEQUENCE ? nodes(rest[0].body) : []) {
    const [serial, entry] = readEntry(one);
    if (!(entries.get(serial)?.since! <= entry.since)) entries.set(serial, entry);
  }
  const whole = !rest.some((it) => it.tag === CONTEXT_0 && hasCritical(it.body));
  return { der, issuer: hex(issuer.raw), made: momentOf(made), until, entries, whole };
}

/** Tell whether one of a list's extensions is critical (RFC 5280, 4.1: a third member). */
function hasCritical(extensions: Bytes): boolean {
  const all = [...nodes(only(extensions, SEQUENCE).body)];
  return all.some((it) => [...nodes(it.body)].some((part) => part.tag === TRUE));
}

function readEntry(one: Node): [string, Entry] {
  const [serial, date, extensions] = [...nodes(one.body)];
  if (!serial || !date) throw new DerError("an entry of a list is cut short");
  const entry: Entry = { since: momentOf(date), reason: undefined };
  for (const extension of extensions ? nodes(extensions.body) : []) {
    const parts = [...nodes(extension.body)];
    const [name, value] = [parts[0], parts[parts.length - 1]];
    if (!name || value?.tag !== OCTETS) throw new DerError("an entry of a list is not of its form");
    if (hex(name.raw) === REASON) {
      entry.reason = only(value.body, ENUMERATED).body.reduce((sum, byte) => sum * 256 + byte, 0);
    }
    if (hex(name.raw) === INVALID_SINCE) {
      entry.since = Math.min(entry.since, momentOf(only(value.body, TIME)));
    }
  }
  return [hex(serial.body), entry];
}

interface Facts {
  serial: string;
  issuer: string;
  subject: string;
  ends: number;
}

function factsOf(der: Bytes): Facts {
  const parts = [...nodes(only(der, SEQUENCE).body)];
  const members = parts[0] ? [...nodes(parts[0].body)].filter((it) => it.tag !== CONTEXT_0) : [];
  const [serial, , issuer, dates, subject] = members;
  if (!serial || !issuer || !dates || !subject) throw new DerError("not a certificate");
  const [, ends] = several(dates.body, 2);
  return {
    ...{ serial: hex(serial.body), issuer: hex(issuer.raw), subject: hex(subject.raw) },
    ends: momentOf(ends!),
  };
}

/** Tell whether a certificate is its own issuer: nobody's list can have it. */
export function ownIssuer(der: Bytes): boolean {
  const facts = factsOf(der);
  return facts.issuer === facts.subject;
}

// --- Judging ---

/** Return each list that one of `issuers` has signed; of any other, what is wrong with it. */
export async function believed(lists: readonly Bytes[], issuers: readonly Bytes[]): Promise<(CrlList | Answer)[]> {
  const found: (CrlList | Answer)[] = [];
  for (const der of lists) {
    try {
      const read = readList(der);
      const theirs = issuers.filter((it) => factsOf(it).subject === read.issuer);
      const answers = await Promise.all(theirs.map((it) => listHolds(der, it)));
      // A list of somebody else's is left out: it speaks of no certificate here.
      if (answers.some((it) => it.holds)) found.push(read);
      else if (answers[0]) found.push(answers[0]);
    } catch (error) {
      if (!(error instanceof DerError)) throw error;
      found.push({ holds: false, reason: `cannot be read: ${error.message}` });
    }
  }
  return found;
}

const shownDay = (micros: number) => new Date(micros / 1000).toISOString().slice(0, 10);
const shownTime = (micros: number) =>
  `${new Date(micros / 1000).toISOString().slice(0, 19).replace("T", " ")}Z`;

/** Return whether `certificate` counted at `at`, and why; undefined: nobody knows. */
export function judged(
  certificate: Bytes,
  lists: readonly CrlList[],
  at: number,
  stamps: boolean,
): { outcome: Outcome | undefined; text: string } {
  const facts = factsOf(certificate);
  const mine = lists.filter((it) => it.issuer === facts.issuer);
  const found = mine.flatMap((it) => it.entries.get(facts.serial) ?? []);
  if (found.length) {
    return revoked(found.reduce((one, two) => (two.since < one.since ? two : one)), at, stamps);
  }
  // After its end a certificate may be left out of a list.
  const known = mine.filter((it) => it.whole && it.made <= facts.ends && (it.until ?? at) >= at);
  if (!known.length) {
    const text = "whether it was revoked by then: no list of its issuer covers that time";
    return { outcome: undefined, text };
  }
  const newest = Math.max(...known.map((it) => it.made));
  return { outcome: "passed", text: `was not revoked, as its issuer's list of ${shownDay(newest)} has it` };
}

function revoked(entry: Entry, at: number, stamps: boolean): { outcome: Outcome; text: string } {
  const reason = REASONS[entry.reason ?? 0] ?? `reason ${entry.reason}`;
  const text = `was revoked on ${shownTime(entry.since)} (${reason})`;
  if (stamps && (entry.reason === undefined || !STAMPS_REMAIN.has(entry.reason))) {
    return { outcome: "failed", text: `${text}, so that no stamp of it counts` };
  }
  if (at >= entry.since) return { outcome: "failed", text: `${text}, before this of ${shownTime(at)}` };
  return { outcome: "passed", text: `${text}, after this of ${shownTime(at)}, which still counts` };
}

// --- The answer in a container's signature ---

/** Say whether `answer` (OCSPResponse) is the responder's, that the signer was good. */
export async function answerFault(
  answer: Bytes,
  responder: Bytes,
  chain: readonly Bytes[],
  root: readonly Bytes[],
  stamped: number,
): Promise<Answer> {
  try {
    const { produced, data, value } = readAnswer(answer, responder);
    if (stamped - produced > TOLERANCE) {
      return { holds: false, reason: "its answer on the certificate is of before the stamp" };
    }
    if (!saysGood(data, chain[0]!, chain[1]!)) {
      return { holds: false, reason: "its answer does not say that the certificate was good" };
    }
    return await answeredBy({ responder, data: data.raw, value, issuer: chain[1]!, root, at: stamped });
  } catch (error) {
    if (!(error instanceof DerError)) throw error;
    return { holds: false, reason: `its answer on the certificate is no such: ${error.message}` };
  }
}

/** Return what is signed in an answer of the one form, its signature, and when it was made. */
function readAnswer(answer: Bytes, responder: Bytes): { produced: number; data: Node; value: Bytes } {
  if (!strict(answer)) throw new DerError("a length is not in its one form");
  const [status, content] = several(only(answer, SEQUENCE).body, 2);
  const [kind, octets] = several(only(content!.body, SEQUENCE).body, 2);
  const [data, algorithm, signature, inside] = several(only(octets!.body, SEQUENCE).body, 4);
  const tags = [content, octets, data, signature, inside].map((it) => it!.tag).join();
  const fixed = [status!, kind!, algorithm!].map((it) => hex(it.raw)).join();
  const whole =
    tags === [CONTEXT_0, OCTETS, SEQUENCE, BITS, CONTEXT_0].join() &&
    fixed === [SUCCESSFUL, BASIC, ECDSA_SHA256].join() &&
    signature!.body[0] === 0 &&
    same(only(inside!.body, SEQUENCE).body, responder);
  if (!whole) throw new DerError("another structure than the one expected");
  const times = [...nodes(data!.body)].filter((it) => it.tag === TIME);
  if (times.length !== 1) throw new DerError("it gives no time");
  return { produced: momentOf(times[0]!), data: data!, value: signature!.body.slice(1) };
}

/** Tell whether what is signed says that `certificate`, of `issuer`, is good. */
function saysGood(data: Node, certificate: Bytes, issuer: Bytes): boolean {
  const responses = [...nodes(data.body)].find((it) => it.tag === SEQUENCE);
  const serial = factsOf(certificate).serial;
  const name = hex(sha256(fromHex(factsOf(issuer).subject)!));
  const key = hex(sha256(keyOf(issuer)));
  return [...nodes(responses?.body ?? new Uint8Array(0))].some((one) => {
    const [id, status] = [...nodes(one.body)];
    const [algorithm, names, keys, number] = several(id!.body, 4);
    const by = [...nodes(algorithm!.body)][0];
    return (
      by && hex(by.raw) === SHA256 && hex(names!.body) === name && hex(keys!.body) === key &&
      hex(number!.body) === serial && status !== undefined && hex(status.raw) === "8000"
    );
  });
}

/** Return the bits of a certificate's public key. */
function keyOf(der: Bytes): Bytes {
  const [tbs] = [...nodes(only(der, SEQUENCE).body)];
  const members = [...nodes(tbs!.body)].filter((it) => it.tag !== CONTEXT_0);
  const [, bits] = members[5] ? several(members[5].body, 2) : [];
  if (!bits) throw new DerError("not a certificate");
  return bits.body.slice(1);
}
