/** Which files a bundle has, under which names, and what its container's manifest must be. */

import { encoded } from "./bytes.ts";
import type { JsonObject } from "./canonical.ts";
import type { Statement } from "./note_check.ts";
import { CONTAINER_MANIFEST, MOST_SMALL, SIGNATURES } from "./opened.ts";
import type { Place } from "./place.ts";
import { COPY } from "./withheld_check.ts";

export const SEGMENT_RECORDS = 100_000;
export const KINDS = ["primary", "closing", "on_request", COPY];
export const REQUIRED = [
  ...["README.txt", "alarm-history.pdf", "custodian-certification.txt", "bagit.txt"],
  ...["bag-info.txt", "manifest-sha256.txt", "tagmanifest-sha256.txt"],
  ...["tagmanifest-sha256.txt.p7s", "tagmanifest-sha256.txt.tsr", "mimetype", CONTAINER_MANIFEST],
  ...["trust/root.pem", "trust/signer.pem", "trust/tsa.pem", "trust/log.pub.pem"],
  ...["verify/ledger.py", "verify/verify.sh", "data/index.json", "data/ledger.json"],
  ...["data/account.json", "data/contract/contract.json", "data/notices/notices.json"],
  ...["data/custody/custody.csv", "data/line-status.csv", "data/dictionary.csv"],
  "data/documents/index.json",
];
const OPTIONAL = new RegExp(
  "^(?:volumes-sha256\\.txt|trust/(?:crls|ocsp)\\.pem|trust/log-keys\\.txt|custodian-certification\\.pdf" +
    "|tagmanifest-sha256\\.txt\\.(?:[2-9]|[1-9][0-9])\\.tsr|data/case\\.json|data/proofs/proofs\\.json" +
    "|verify/(?:log_key_check|note_check|openssl|point_check|proof_check|withheld_check)\\.py|verify/verify\\.html" +
    "|data/(?:documents|notices)/[0-9a-f]{16}-[A-Za-z0-9._-]+)$",
);
// These are read in pieces, and may be of any length; every other file is read whole.
const LONG = /^(?:alarm-history\.pdf|data\/records\/.*|data\/(?:documents|notices)\/[0-9a-f]{16}-.*)$/;
/** What the seal covers, and no check compares with the records. */
export const PROSE =
  "what alarm-history.pdf, the forms and the frozen facts say (account, contract, case, notices, " +
  "custody, line status)";
const TAGS = "tagmanifest-sha256.txt";
const FURTHER_STAMP = /^tagmanifest-sha256\.txt\.(?:[2-9]|[1-9][0-9])\.tsr$/;
const MOST_SEGMENTS = 32_767;
const MEDIA_TYPES: Record<string, string> = {
  csv: "text/csv",
  html: "text/html",
  json: "application/json",
  jsonl: "application/jsonl",
  md: "text/plain",
  note: "text/plain",
  p7s: "application/pkcs7-signature",
  pdf: "application/pdf",
  pem: "application/x-pem-file",
  py: "text/x-python",
  sh: "application/x-sh",
  tsr: "application/timestamp-reply",
  txt: "text/plain",
};

/** Return the media type of a file, by its ending. */
export function mediaType(name: string): string {
  const ending = name.slice(name.lastIndexOf(".") + 1);
  return Object.hasOwn(MEDIA_TYPES, ending) ? MEDIA_TYPES[ending]! : "application/octet-stream";
}

/** Return the rows by which the index must name the files of records. */
export function segmentRows(statement: Statement): JsonObject[] {
  // What is stated may be any number; no ZIP holds more files of records than this.
  const most = Math.min(statement.records, SEGMENT_RECORDS * MOST_SEGMENTS);
  const found: JsonObject[] = [];
  for (let first = 1; first <= most; first += SEGMENT_RECORDS) {
    const name = `data/records/seg-${String(found.length + 1).padStart(6, "0")}`;
    const last = Math.min(first + SEGMENT_RECORDS - 1, statement.records);
    found.push({ csv: `${name}.csv`, file: `${name}.jsonl`, first, last });
  }
  return found;
}

/** Return the names that no file has of a bundle which states this, with these points' files. */
export function unknown(names: Iterable<string>, statement: Statement, points: readonly string[]): string[] {
  const point = `data/checkpoint/${statement.checkpoint}`;
  const known = new Set([`${point}.json`, `${point}.note`, ...REQUIRED, ...points]);
  for (const row of segmentRows(statement)) known.add(row.csv as string).add(row.file as string);
  // Files in META-INF were judged when the container was opened.
  return [...names]
    .filter((it) => !known.has(it) && !it.startsWith("META-INF/") && !OPTIONAL.test(it))
    .sort();
}

/** Return the names of files that must be read whole, and are too long for it. */
export function tooLong(places: Iterable<Place>): string[] {
  const long = [...places].filter((it) => it.size > MOST_SMALL && !LONG.test(it.name));
  return long.map((it) => it.name).sort();
}

/** Return names that a disk without upper and lower case would take for another's. */
export function sameButForCase(names: readonly string[]): string[] {
  const first = new Map<string, string>();
  return [...names].sort().filter((name) => {
    const lower = name.toLowerCase();
    if (!first.has(lower)) first.set(lower, name);
    return first.get(lower) !== name;
  });
}

/** Return the name that the files of a bundle must bear (FORMAT.md, 1); a copy's has its order. */
export function baseName(statement: Statement, kind: string, order = ""): string {
  const [station, acct] = [safe(statement.station), safe(statement.acct)];
  return `${station}-${acct}-e${statement.epoch}-c${statement.checkpoint}-${kind === COPY ? `${kind}-${safe(order)}` : kind}`;
}

function safe(text: string): string {
  return Array.from(text, (sign) =>
    /^[A-Za-z0-9.-]$/.test(sign)
      ? sign
      : Array.from(encoded(sign), (byte) => `_${byte.toString(16).padStart(2, "0")}`).join(""),
  ).join("");
}

/** Return what `META-INF/manifest.xml` must be for these files (FORMAT.md, 2). */
export function containerManifest(names: Iterable<string>, hashes: Record<string, string> = {}): string {
  const row = (name: string, type: string) =>
    `<manifest:file-entry manifest:full-path="${name}" manifest:media-type="${type}"/>`;
  const rows = [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0" ' +
      'manifest:version="1.2">',
    row("/", "application/vnd.etsi.asic-e+zip"),
    ...[...names].sort().map((name) => row(name, mediaType(name))),
    "</manifest:manifest>",
  ];
  const sealed = Object.keys(hashes).sort();
  // The first form of a bundle had no signature that covers these (FORMAT.md, 11).
  if (sealed.length) rows.push("<!-- sha256", ...sealed.map((name) => `${hashes[name]}  ${name}`), "-->");
  return [...rows, ""].join("\n");
}

/** Return the files among `names` that are replies over the list of lists, in order. */
export function stampNames(names: readonly string[]): string[] {
  const found = names.filter((it) => it === `${TAGS}.tsr` || FURTHER_STAMP.test(it));
  return found.sort((one, two) => one.length - two.length || (one < two ? -1 : 1));
}

/** Return the files that the container's own signature covers, of all that are in it. */
export function signedNames(names: readonly string[]): string[] {
  return names.filter((it) => it !== "mimetype" && it !== CONTAINER_MANIFEST && it !== SIGNATURES);
}
