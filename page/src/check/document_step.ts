/** 10. `documents`: each document has the hash by which records name it. */

import { fromHex, hex } from "./bytes.ts";
import { type Json, isObject } from "./canonical.ts";
import type { Examination } from "./examination.ts";
import { documentHasher } from "./hashes.ts";
import { type Place, pieces } from "./place.ts";

const INDEX = "data/documents/index.json";
const LISTS = [INDEX, "data/notices/notices.json"];
const HASH = /^[0-9a-f]{64}$/;

export async function documents(work: Examination): Promise<void> {
  const index = await work.json("documents", INDEX);
  if (index === undefined) return;
  const named = new Set<string>();
  for (const row of Array.isArray(index) ? index : [null]) await document(work, row, named);
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
