/** What only all files of records together show: the chain, the ends, the times (FORMAT.md, 10.7). */

import { SEGMENT_RECORDS } from "./bag_check.ts";
import { type Bytes, hex, same } from "./bytes.ts";
import { accountKey, genesis, nextHead } from "./hashes.ts";
import type { LogKeys } from "./log_key_check.ts";
import {
  type ClockStep,
  type Statement,
  TOLERANCE,
  checkSignature,
  clockSteps,
  entryTime,
  explained,
  moment,
  ours,
  readEntry,
  splitNote,
} from "./note_check.ts";
import { type Given, type Point, type Proofs, PROOFS, checkProofs, missingMonths } from "./point_check.ts";
import { CheckError, type Problem, problem } from "./report.ts";
import type { Segment } from "./segment_check.ts";
import { WITHHELD } from "./withheld_check.ts";

const LEDGER = "data/ledger.json";
const RECORDS = "data/records";
const SEGMENT = /^data\/records\/seg-[0-9]{6,}\.jsonl$/;

/** What does not hold, and what is to be remarked on. */
interface Found {
  problems: Problem[];
  remarks: string[];
}

/** Return the last head of a chain over the leaves of all segments, and its heads at `sizes`. */
export function chainHeads(
  key: Bytes,
  segments: readonly Segment[],
  sizes: ReadonlySet<number>,
): { head: Bytes; heads: Map<number, Bytes> } {
  const heads = new Map<number, Bytes>();
  let [head, n] = [genesis(key), 0];
  for (const { leaves } of segments) {
    for (let at = 0; at < leaves.length; at += 32) {
      n += 1;
      head = nextHead(head, n, leaves.subarray(at, at + 32));
      if (sizes.has(n)) heads.set(n, head);
    }
  }
  return { head, heads };
}

/** Check the chain of all records, its ends, and their times. */
export function join(
  statement: Statement,
  kind: string,
  segments: readonly Segment[],
  steps: readonly ClockStep[],
  points: readonly Point[],
): Found {
  const problems = segments.flatMap((it) => it.problems);
  problems.push(...checkEnds(statement, kind, segments));
  const key = accountKey(statement.station, statement.acct, statement.epoch);
  const { head, heads } = chainHeads(key, segments, new Set(points.map((it) => it.size)));
  if (hex(head) !== statement.head) {
    const text = "the records do not hash to the head that data/ledger.json states";
    problems.push(problem(RECORDS, text));
  }
  for (const point of points) {
    if (!same(heads.get(point.size), point.head)) {
      const text = `the first ${point.size} records do not come to the head of point ${point.n}`;
      problems.push(problem(RECORDS, text));
    }
  }
  const times = checkTimes(statement, segments, steps);
  const spans = checkSpans(segments, points, steps);
  return {
    problems: [...problems, ...times.problems, ...spans.problems],
    remarks: [...times.remarks, ...spans.remarks],
  };
}

/**
 * The last point that lacks the records of a span, and the first that covers them.  The span is told
 * by its place among the points' sizes: while nothing of an account came, several have the same.
 */
function around(points: readonly Point[], place: number): [Point | undefined, Point | undefined] {
  const sizes = [...new Set(points.map((it) => it.size))].sort((one, two) => one - two);
  const lacking = points.filter((it) => it.size === sizes[place - 1]);
  return [lacking[lacking.length - 1], points.find((it) => it.size === sizes[place])];
}

/** Check that the records between two points are dated between the times of the two. */
function checkSpans(segments: readonly Segment[], points: readonly Point[], steps: readonly ClockStep[]): Found {
  const found: Found = { problems: [], remarks: [] };
  const named = explained(steps);
  const tell = (before: number, after: number, text: string) => {
    if (named(before, after)) {
      found.remarks.push(`${text}; data/line-status.csv names a step of the clock there`);
    } else {
      found.problems.push(problem(RECORDS, text));
    }
  };
  for (const { spans } of points.length ? segments : []) {
    for (const [place, [first, last]] of spans) {
      const [before, after] = around(points, place);
      const [early, late] = [moment(first), moment(last)];
      if (before && early !== undefined && before.entry.time - early > TOLERANCE) {
        const text = `a record is dated ${first}, before point ${before.n}, which lacks it`;
        tell(before.entry.time, early, text);
      }
      if (after && late !== undefined && late - after.entry.time > TOLERANCE) {
        const text = `a record is dated ${last}, after point ${after.n}, which covers it`;
        tell(late, after.entry.time, text);
      }
    }
  }
  return found;
}

function checkEnds(statement: Statement, kind: string, segments: readonly Segment[]): Problem[] {
  const problems: Problem[] = [];
  const count = segments.reduce((sum, it) => sum + it.count, 0);
  if (count !== statement.records) {
    const text = `${count} records are here, data/ledger.json states ${statement.records}`;
    problems.push(problem(RECORDS, text));
  }
  segments.slice(1).forEach((two, at) => problems.push(...checkSeam(segments[at]!, two)));
  const [first, last] = [segments[0], segments[segments.length - 1]];
  if (first && first.firstType !== "open" && first.firstType !== WITHHELD) {
    problems.push(problem(first.file, "the first record is not open"));
  }
  if (kind === "closing" && last && last.lastType !== "close") {
    problems.push(problem(last.file, "a closing bundle, and its last is not close"));
  }
  return problems;
}

/** Check what must hold where one file of records ends and the next begins. */
function checkSeam(one: Segment, two: Segment): Problem[] {
  const problems: Problem[] = [];
  if (one.count !== SEGMENT_RECORDS) {
    problems.push(problem(one.file, `holds ${one.count} records and is not the last file`));
  }
  if (one.lastType === "close") problems.push(problem(one.file, "ends in close, and records follow"));
  if (two.firstType === "open") problems.push(problem(two.file, `record ${two.first} is a second open`));
  return problems;
}

function checkTimes(statement: Statement, segments: readonly Segment[], steps: readonly ClockStep[]): Found {
  const found: Found = { problems: [], remarks: [] };
  const named = explained(steps);
  for (const [file, seq, before, after] of stepsBack(segments)) {
    const [first, second] = [moment(before), moment(after)];
    const text = `record ${seq}: t goes back from ${before} to ${after}`;
    if (first !== undefined && second !== undefined && named(first, second)) {
      found.remarks.push(`${text}; data/line-status.csv names a step of the clock there`);
    } else {
      found.problems.push(problem(file, `${text}, and no step of the clock is named there`));
    }
  }
  checkLast(statement, segments, named, found);
  return found;
}

function checkLast(
  statement: Statement,
  segments: readonly Segment[],
  named: (before: number, after: number) => boolean,
  found: Found,
): void {
  const last = segments.reduce((most, it) => (it.latestT > most ? it.latestT : most), "");
  const covered = entryTime(statement);
  const [latest, until] = [moment(last), moment(covered)];
  if (latest !== undefined && until !== undefined && latest - until > TOLERANCE) {
    if (named(latest, until)) {
      found.remarks.push("records are dated after the checkpoint; a step of the clock is named");
    } else {
      const text = `a record is dated ${last}, after its checkpoint of ${covered}`;
      found.problems.push(problem(RECORDS, text));
    }
  }
}

function* stepsBack(segments: readonly Segment[]): Generator<[string, number, string, string]> {
  for (const it of segments) for (const step of it.stepsBack) yield [it.file, ...step];
  const shown = segments.filter((it) => it.lastT);
  for (const [at, two] of shown.slice(1).entries()) {
    const one = shown[at]!;
    if (two.firstT < one.lastT) yield [two.file, two.first, one.lastT, two.firstT];
  }
}

/** Check the checkpoint's entry and its note, signature included. */
export async function checkCheckpoint(statement: Statement, raw: Bytes, log: LogKeys): Promise<Problem[]> {
  const problems = checkEntry(statement);
  let note;
  try {
    note = splitNote(statement.note, raw, statement.origin);
  } catch (error) {
    if (!(error instanceof CheckError)) throw error;
    return [...problems, problem(statement.note, error.text)];
  }
  if (note.size !== statement.checkpoint + 1) {
    const needed = `checkpoint ${statement.checkpoint} needs n + 1`;
    problems.push(problem(statement.note, `is of tree size ${note.size}, ${needed}`));
  }
  const key = log.at(note.size);
  const signatures = ours(note, statement.origin, key);
  if (!signatures.length) {
    problems.push(problem(statement.note, `is not signed with ${log.said(note.size)} given`));
  } else if (signatures.length > 1) {
    const text = "the signature of the log key does not hold: it stands there twice";
    problems.push(problem(statement.note, text));
  } else {
    problems.push(...(await checkSignature(statement.note, note.text, signatures[0]!, key)));
  }
  return problems;
}

function checkEntry(statement: Statement): Problem[] {
  try {
    if (readEntry(LEDGER, statement.entry).n === statement.checkpoint) return [];
  } catch (error) {
    if (!(error instanceof CheckError)) throw error;
    return [problem(LEDGER, `its checkpoint entry ${error.text}`)];
  }
  return [problem(LEDGER, "its checkpoint entry is not one of that number")];
}

/** Return the files of records among `names`, in order; throw where one is missing. */
export function segmentNames(names: readonly string[]): string[] {
  const found = names.filter((it) => SEGMENT.test(it)).sort();
  const wanted = found.map((_, at) => `data/records/seg-${String(at + 1).padStart(6, "0")}.jsonl`);
  if (found.join() !== wanted.join() || !found.length) {
    throw new CheckError(RECORDS, "a file of records is missing, or there is none");
  }
  return found;
}

/** Check proofs by themselves, and that no month's point was left out. */
export async function checkPoints(
  proofs: Proofs,
  given: Given,
  kind: string,
  segments: readonly Segment[],
  lineStatus: Uint8Array,
): Promise<Problem[]> {
  const last = segments[segments.length - 1];
  const problems = await checkProofs(proofs, given, {
    closing: kind === "closing",
    // Whether an epoch was closed whose last record is withheld is not to be seen.
    closed: last?.lastType === "close" || last?.lastType === WITHHELD,
  });
  let opened = segments[0] && moment(segments[0].firstT);
  const point = proofs.points[0]?.entry.time;
  if (segments[0]?.firstType === WITHHELD && point !== undefined) opened = Math.min(opened ?? point, point);
  if (opened === undefined) return problems;
  for (const month of missingMonths(opened, proofs.points, clockSteps(lineStatus, "unstamped"))) {
    problems.push(problem(PROOFS, `has no point in ${month}: the last of each month must be there`));
  }
  return problems;
}
