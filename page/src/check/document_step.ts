/** 10. `documents`: each document has the hash by which records name it. */

import { fromHex, hex } from "./bytes.ts";
import { type Json, canonicalValue, isObject } from "./canonical.ts";
import type { Examination } from "./examination.ts";
import { documentHasher } from "./hashes.ts";
import { type Place, pieces } from "./place.ts";
import { CheckError } from "./report.ts";

const INDEX = "data/documents/index.json";
const LISTS = [INDEX, "data/notices/notices.json"];
const HASH = /^[0-9a-f]{64}$/;

export async function documents(work: Examination): Promise<void> {
  const index = await work.json("documents", INDEX);
  if (index === undefined) return;
  const named = new Set<string>();
  const unnamed = new Set(work.segments.flatMap((it) => it.unnamed));
  const away = await work.volumeAway();
  for (const row of Array.isArray(index) ? index : [null]) {
    await document(work, row, named);
    if (work.statement && !away) checkNamed(work, row, unnamed);
  }
  for (const name of work.opened.names()) {
    const one = name.startsWith("data/documents/") || name.startsWith("data/notices/");
    if (one && !LISTS.includes(name) && !named.has(name)) {
      work.report.failed("documents", name, "is in no list of documents");
    }
  }
  work.report.conclude("documents", "data/documents", `${named.size} are what the records name`);
}

/** Check one document of the index and add its file to those `named`. */
async function document(work: Examination, row: Json, named: Set<string>): Promise<void> {
  const { report, opened } = work;
  const value = isObject(row) ? row : {};
  const place = typeof value.file === "string" ? opened.places.get(value.file) : undefined;
  if (!place || typeof value.doc !== "string" || !HASH.test(value.doc)) {
    report.failed("documents", INDEX, "names a file that is not here");
  } else if (named.has(place.name)) {
    report.failed("documents", INDEX, `names ${place.name} twice`);
  } else {
    named.add(place.name);
    const fault = await faultOf(place, value.salt, value.doc);
    if (fault) report.failed("documents", place.name, fault);
  }
}

/** Return the documents that records are said to name, by the record's number. */
export async function saidToBeNamed(work: Examination): Promise<Map<number, string[]>> {
  const found = new Map<number, string[]>();
  let rows: Json;
  try {
    rows = canonicalValue(INDEX, (await work.read(INDEX)) ?? new Uint8Array(0));
  } catch (error) {
    if (error instanceof CheckError) return found; // step 10 tells of it
    throw error;
  }
  for (const row of Array.isArray(rows) ? rows : []) {
    for (const seq of recordsOf(row)) found.set(seq, [...(found.get(seq) ?? []), docOf(row)]);
  }
  return found;
}

/** Return the numbers of the records that a row of the index says to name its document. */
function recordsOf(row: Json): number[] {
  const numbers = isObject(row) && Array.isArray(row.records) ? row.records : [];
  return numbers.every((it) => typeof it === "number") ? numbers : [];
}

function docOf(row: Json): string {
  return isObject(row) && typeof row.doc === "string" ? row.doc : "";
}

/** Check that of the records which the index gives for a document one names it. */
function checkNamed(work: Examination, row: Json, unnamed: ReadonlySet<string>): void {
  const name = isObject(row) && typeof row.file === "string" ? row.file : undefined;
  const records = recordsOf(row);
  const last = work.statement!.records;
  if (records.some((seq) => seq >= 1 && seq <= last && !unnamed.has(`${seq} ${docOf(row)}`))) return;
  const shown = records.slice(0, 5).join(", ") || "none";
  const text = `is not named by the records that ${INDEX} gives: ${shown}`;
  work.report.failed("documents", name ?? "None", text);
}

async function faultOf(place: Place, salt: Json | undefined, doc: string): Promise<string> {
  const bytes = typeof salt === "string" ? fromHex(salt) : undefined;
  if (!bytes) return "cannot be checked: its salt is not hexadecimal";
  const hash = documentHasher(bytes);
  try {
    for await (const piece of pieces(place)) hash.update(piece);
  } catch (error) {
    return `cannot be checked: ${(error as Error).message}`;
  }
  return hex(hash.digest()) === doc ? "" : "is not the document that the record names";
}
