/** 3. `digests`: lists and files agree, both ways; records are read on the same pass. */

import { SEGMENT_RECORDS, stampNames, tooLong } from "./bag_check.ts";
import { type Bytes, shownText } from "./bytes.ts";
import { saidToBeNamed } from "./document_step.ts";
import type { Examination } from "./examination.ts";
import { segmentNames } from "./ledger_check.ts";
import { readStatement } from "./note_check.ts";
import { CONTAINER_MANIFEST, MOST_SMALL, SIGNATURES, VOLUMES } from "./opened.ts";
import type { Place } from "./place.ts";
import { PROOFS, readProofs } from "./point_check.ts";
import { CheckError } from "./report.ts";
import type { SegmentJob } from "./segment_check.ts";

const MANIFEST = "manifest-sha256.txt";
const TAGS = "tagmanifest-sha256.txt";
const UNLISTED = new Set([TAGS, `${TAGS}.p7s`, `${TAGS}.tsr`, "mimetype", CONTAINER_MANIFEST, SIGNATURES]);
const LINE = /^([0-9a-f]{64})  ([A-Za-z0-9._/-]+)$/;

export async function digests(work: Examination): Promise<void> {
  const { report, opened, seen } = work;
  await see(work);
  for (const name of [...seen.keys()].sort()) {
    const { fault } = seen.get(name)!;
    if (fault) report.failed("digests", name, fault);
  }
  for (const name of tooLong(opened.places.values())) {
    report.failed("digests", name, `is longer than ${MOST_SMALL} bytes, which it cannot be`);
  }
  const names = opened.names();
  const payload = names.filter((it) => it.startsWith("data/"));
  const stamps = stampNames(names);
  const tags = names.filter((it) => !it.startsWith("data/") && !UNLISTED.has(it) && !stamps.includes(it));
  await compare(work, MANIFEST, payload);
  await compare(work, TAGS, tags);
  if (opened.volumes.size) await compare(work, VOLUMES, [...opened.volumes.keys()]);
  report.contentId = seen.get(MANIFEST)?.sha256 ?? "";
  const count = payload.length + tags.length;
  report.conclude("digests", "", `${count} files have the hashes the lists give`);
}

/** Read every file once: records with their rows, all others for their hash. */
async function see(work: Examination): Promise<void> {
  const { opened, labour, seen } = work;
  await readStated(work);
  const jobs = await segmentJobs(work);
  const taken = new Set(jobs.flatMap((it) => [it.records.name, it.rows.name]));
  const others = [...opened.places.values()].filter((it) => !taken.has(it.name));
  const volumes = [...opened.volumes.values()];
  const weigh = (places: Place[]) => places.reduce((sum, it) => sum + (it.member?.packed ?? it.size), 0);
  const all = weigh([...opened.places.values(), ...volumes]);
  let done = 0;
  const read = (places: Place[], part = 1) => {
    done += weigh(places) * part;
    work.progress("digests", done, all);
  };
  const segments = jobs.map((job) => {
    let told = 0;
    return labour.segment(job, (part) => {
      read([job.records, job.rows], part - told);
      told = part;
    });
  });
  const files = [...others, ...volumes].map(async (place) => {
    seen.set(place.name, await labour.digest(place));
    read([place]);
  });
  for (const found of await Promise.all(segments)) {
    work.segments.push(found);
    for (const file of found.files) seen.set(file.name, file);
  }
  await Promise.all(files);
}

/** Read what is stated of the ledger, and the proofs, so that records are read with them in mind. */
async function readStated(work: Examination): Promise<void> {
  const { report } = work;
  const raw = await work.read("data/ledger.json");
  await attempt(work, "ledger", () => {
    if (!raw) return;
    const statement = readStatement(raw);
    work.statement = statement;
    const { station, acct, epoch, records, checkpoint } = statement;
    Object.assign(report, { station, acct, epoch, records, checkpoint });
  });
  const proofs = await work.read(PROOFS);
  await attempt(work, "proofs", () => {
    if (!proofs) return;
    work.proofs = readProofs(proofs);
    report.points = work.proofs.points.length;
  });
}

/** Run what may find that a file is not what it must be, and report it. */
async function attempt(work: Examination, step: string, run: () => void): Promise<void> {
  try {
    run();
  } catch (error) {
    if (!(error instanceof CheckError)) throw error;
    work.report.failed(step, error.subject, error.text);
  }
}

async function segmentJobs(work: Examination): Promise<SegmentJob[]> {
  const { statement, opened, report } = work;
  if (!statement) return [];
  let names: string[];
  try {
    names = segmentNames(opened.names());
  } catch (error) {
    if (!(error instanceof CheckError)) throw error;
    if (!(await work.volumeAway())) report.failed("ledger", error.subject, error.text);
    return [];
  }
  const sizes = new Set(work.proofs?.points.map((it) => it.size));
  const bounds = [...sizes].sort((one, two) => one - two);
  const jobs: SegmentJob[] = [];
  const named = await saidToBeNamed(work);
  names.forEach((name, number) => {
    const [records, rows] = [opened.places.get(name)!, opened.places.get(name.replace(/jsonl$/, "csv"))];
    if (!rows) report.failed("rows", name, "has no CSV file beside it");
    else {
      const here = new Map([...named].filter(([seq]) => Math.floor((seq - 1) / SEGMENT_RECORDS) === number));
      jobs.push({ records, rows, first: number * SEGMENT_RECORDS + 1, statement, bounds, named: here });
    }
  });
  return jobs;
}

/** Compare a list with the files it must list, all of them and no others. */
async function compare(work: Examination, listing: string, there: string[]): Promise<void> {
  const { report } = work;
  const raw = await work.read(listing);
  const listed = raw && listedIn(work, listing, raw);
  if (!listed) return;
  for (const name of there.filter((it) => !listed.has(it)).sort()) {
    report.failed("digests", name, `is not in ${listing}`);
  }
  for (const name of [...listed.keys()].filter((it) => !there.includes(it)).sort()) {
    await missing(work, name, listing);
  }
  for (const name of there.filter((it) => listed.has(it)).sort()) {
    const file = work.seen.get(name)!;
    if (!file.fault && file.sha256 !== listed.get(name)) {
      report.failed("digests", name, `does not have the hash that ${listing} gives`);
    }
  }
}

/** Return name and hash of a list's lines; undefined, and a finding, where it is no list. */
function listedIn(work: Examination, listing: string, raw: Bytes): Map<string, string> | undefined {
  const lines = shownText(raw).split("\n");
  const rows = lines.slice(0, -1).map((line) => LINE.exec(line));
  if (lines[lines.length - 1] !== "" || !rows.every(Boolean)) {
    work.report.failed("digests", listing, "is not a list of hashes and names");
    return undefined;
  }
  const names = rows.map((row) => row![2]!);
  if (!names.every((name, at) => !at || names[at - 1]! < name)) {
    work.report.failed("digests", listing, "is not sorted, or names a file twice");
  }
  return new Map(rows.map((row) => [row![2]!, row![1]!]));
}

async function missing(work: Examination, name: string, listing: string): Promise<void> {
  if (listing === MANIFEST && name.startsWith("data/records/") && (await work.volumeAway())) {
    work.report.undecided("digests", name, "lies in a volume that is not here");
  } else if (listing !== VOLUMES) {
    work.report.failed("digests", name, `is in ${listing} and not in the bundle`);
  }
}
