/** What a redacted copy withholds: its index names exactly the lines that are withheld (FORMAT.md, 13). */

import { type Json, type JsonObject, isObject } from "./canonical.ts";
import { TIME } from "./note_check.ts";
import { labels } from "./opened.ts";
import { type Problem, problem } from "./report.ts";

export const COPY = "redacted";
/** The type that stands for that of a withheld record. */
export const WITHHELD = "withheld";

/** First and last number of records that follow each other. */
export type Run = [number, number];

const LABEL = "Redacted-Copy";
const INDEX = "data/index.json";
const PROFILES = ["customer", "incident", "producible"];
const SOURCES = ["primary", "closing", "on_request"];
const HEX = /^[0-9a-f]{64}$/;
const ORDER = /^[A-Za-z0-9.-]{1,40}$/;
const MEMBERS = ["documents", "masks", "of", "order", "profile", "reason", "withheld"];
const MOST = 20;

function hasOnly(value: JsonObject, members: readonly string[]): boolean {
  return Object.keys(value).sort().join() === [...members].sort().join();
}

/** Return the leaf of a line that stands for record `seq`, withheld; undefined: it does not. */
export function withheldLeaf(fields: JsonObject | undefined, seq: number): string | undefined {
  if (!fields || fields.redacted !== true || !hasOnly(fields, ["leaf", "redacted", "seq"])) return undefined;
  const { leaf } = fields;
  return fields.seq === seq && typeof leaf === "string" && HEX.test(leaf) ? leaf : undefined;
}

/** Take the next number into runs; they come in order. */
export function addTo(runs: Run[], seq: number): void {
  const last = runs[runs.length - 1];
  if (last && last[1] === seq - 1) last[1] = seq;
  else runs.push([seq, seq]);
}

export function count(runs: readonly Run[]): number {
  return runs.reduce((sum, [first, last]) => sum + last - first + 1, 0);
}

/** Return the order of a redacted copy, which is part of its name; empty: it states none. */
export function orderOf(index: JsonObject): string {
  const order = isObject(index.redaction) ? index.redaction.order : undefined;
  return typeof order === "string" && ORDER.test(order) ? order : "";
}

/** Tell whether this is how an index names what lies beside a bundle (FORMAT.md, 14). */
export function namesCompartments(value: Json): boolean {
  if (!Array.isArray(value)) return false;
  const names = value.map((row) =>
    isObject(row) &&
    hasOnly(row, ["content_id", "name"]) &&
    typeof row.content_id === "string" &&
    HEX.test(row.content_id)
      ? row.name
      : "",
  );
  return ["internal", "privileged", "internal,privileged"].includes(names.join());
}

/** Check the index of a bundle against the runs of withheld lines of its files of records. */
export function checkCopy(index: JsonObject, runs: readonly Run[][], records: number, info: Uint8Array): Problem[] {
  const there = merged(runs.flat());
  if (index.kind !== COPY) return checkWhole(index, there, info);
  const problems = faults(index).map((text) => problem(INDEX, text));
  const listed = listedRuns(index.redactions, records);
  if (!listed) return [...problems, problem(INDEX, "redactions is no list of runs, in order, with a reason")];
  const silent = beyond(there, listed).map((run) =>
    problem("data/records", `${named(run)} withheld, and ${INDEX} does not list it`),
  );
  const claimed = beyond(listed, there).map((run) =>
    problem(INDEX, `lists as withheld what is here: ${named(run)} not withheld`),
  );
  problems.push(...silent.slice(0, MOST), ...claimed.slice(0, MOST));
  return [...problems, ...checkCounts(index, count(there), records, info)];
}

function checkWhole(index: JsonObject, there: readonly Run[], info: Uint8Array): Problem[] {
  const problems: Problem[] = [];
  const { redactions } = index;
  if (!Array.isArray(redactions) || redactions.length || "redaction" in index) {
    problems.push(problem(INDEX, "speaks of redactions, and its kind is not redacted"));
  }
  if (labels(info, LABEL).join("; ")) problems.push(problem("bag-info.txt", `says ${LABEL}, and the kind is not redacted`));
  if (there[0]) {
    const text = `record ${there[0][0]} is withheld, and the bundle says that it is whole`;
    problems.push(problem("data/records", text));
  }
  return problems;
}

/** Return what is wrong with what the index says of the redaction. */
function faults(index: JsonObject): string[] {
  const told = index.redaction;
  const members = isObject(told) && "span" in told ? [...MEMBERS, "span"] : MEMBERS;
  if (!isObject(told) || !hasOnly(told, members)) {
    return ["redaction does not have the members that it must have"];
  }
  const found = faultsOfSource(told.of);
  if (!PROFILES.includes(String(told.profile))) found.push(`profile is none of ${PROFILES.join(", ")}`);
  if (typeof told.reason !== "string" || !told.reason.trim()) found.push("gives no reason for the copy");
  if (!orderOf(index)) found.push("names no order of the copy");
  const spanned = "span" in told;
  if (spanned !== (told.profile === "incident") || (spanned && !isSpan(told.span))) {
    found.push("the span is not that of an extract");
  }
  return found;
}

function faultsOfSource(of: Json | undefined): string[] {
  const keys = ["base", "content_id", "kind", "order"];
  if (!isObject(of) || !hasOnly(of, keys) || keys.some((key) => typeof of[key] !== "string")) {
    return ["does not name the whole bundle that the copy is of"];
  }
  return SOURCES.includes(of.kind as string) && HEX.test(of.content_id as string)
    ? []
    : ["names as the whole bundle what cannot be one"];
}

function isSpan(span: Json | undefined): boolean {
  if (!isObject(span) || !hasOnly(span, ["from", "to"])) return false;
  const { from, to } = span;
  return typeof from === "string" && typeof to === "string" && TIME.test(from) && TIME.test(to) && from <= to;
}

/** Return the runs that the index lists; undefined where they are none, or not in order. */
function listedRuns(rows: Json | undefined, records: number): Run[] | undefined {
  if (!Array.isArray(rows)) return undefined;
  const found: Run[] = [];
  let end = 0;
  for (const row of rows) {
    if (!isObject(row) || !hasOnly(row, ["first", "last", "why"])) return undefined;
    const { first, last, why } = row;
    if (typeof first !== "number" || typeof last !== "number" || typeof why !== "string" || !why) return undefined;
    if (!(end < first && first <= last && last <= records)) return undefined;
    end = last;
    found.push([first, last]);
  }
  return merged(found);
}

/** Return runs joined where one ends beside the next. */
function merged(runs: readonly Run[]): Run[] {
  const found: Run[] = [];
  for (const [first, last] of runs) {
    const before = found[found.length - 1];
    if (before && before[1] === first - 1) before[1] = last;
    else found.push([first, last]);
  }
  return found;
}

/** Return the parts of `ours` that are not in `theirs`; both are in order. */
function beyond(ours: readonly Run[], theirs: readonly Run[]): Run[] {
  const found: Run[] = [];
  let at = 0;
  for (const [first, last] of ours) {
    let begin = first;
    while (at < theirs.length && theirs[at]![1] < begin) at += 1;
    for (let place = at; place < theirs.length && theirs[place]![0] <= last; place += 1) {
      if (theirs[place]![0] > begin) found.push([begin, theirs[place]![0] - 1]);
      begin = theirs[place]![1] + 1;
    }
    if (begin <= last) found.push([begin, last]);
  }
  return found;
}

function named([first, last]: Run): string {
  return first === last ? `record ${first} is` : `records ${first} to ${last} are`;
}

function checkCounts(index: JsonObject, withheld: number, records: number, info: Uint8Array): Problem[] {
  const told = index.redaction;
  if (!isObject(told)) return [];
  const problems: Problem[] = [];
  if (!isObject(told.withheld) || told.withheld.records !== withheld) {
    problems.push(problem(INDEX, `its count of withheld records is another; ${withheld} are withheld`));
  }
  const said = labels(info, LABEL).join("; ");
  if (said !== `${String(told.profile)}; ${withheld} of ${records} records withheld`) {
    problems.push(problem("bag-info.txt", `${LABEL} is not what the index and the records say: '${said}'`));
  }
  return problems;
}
