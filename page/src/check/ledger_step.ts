/** 7. `ledger`, 8. `proofs`, 9. `rows`: the chain, what others saw of it, and the rows. */

import { KINDS, baseName, segmentRows, unknown } from "./bag_check.ts";
import { encoded, same } from "./bytes.ts";
import { type Json, compact, isObject, shown } from "./canonical.ts";
import type { Examination } from "./examination.ts";
import { checkCheckpoint, checkPoints, join } from "./ledger_check.ts";
import { type ClockStep, type Statement, clockSteps, entryTime } from "./note_check.ts";
import { PROOFS } from "./point_check.ts";
import { CheckError } from "./report.ts";
import { COPY, WITHHELD, checkCopy, count, namesCompartments, orderOf } from "./withheld_check.ts";

const INDEX = "data/index.json";

/** 7. The chain from the first record to the head, and the checkpoint's note. */
export async function ledger(work: Examination): Promise<void> {
  const { statement, report } = work;
  if (!statement) return;
  const index = await work.json("ledger", INDEX);
  const kind = isObject(index) && typeof index.kind === "string" ? index.kind : "";
  checkIndex(work, statement, index);
  if (await work.volumeAway()) {
    report.undecided("ledger", "data/records", "a volume is not here");
    return;
  }
  const steps = await stepsOf(work);
  await checkFiles(work, statement);
  await checkWithheld(work, statement, index);
  const segments = work.segments.map((it) => it.segment);
  const { problems, remarks } = join(statement, kind, segments, steps, work.proofs?.points ?? []);
  report.tell("ledger", problems);
  for (const remark of remarks) report.add("ledger", "passed", "data/records", remark);
  await checkNote(work, statement);
  if (!report.findings.some((it) => it.step === "ledger" && it.outcome !== "passed")) {
    const text = `${statement.records} records, none missing, come to the head stated`;
    report.add("ledger", "passed", "data/ledger.json", text);
  }
}

/** Check that what is withheld is what the index lists, and say that it is a copy. */
async function checkWithheld(work: Examination, statement: Statement, index: Json | undefined): Promise<void> {
  if (!isObject(index)) return;
  const runs = work.segments.map((it) => it.segment.withheld);
  const info = (await work.read("bag-info.txt")) ?? new Uint8Array(0);
  const { report } = work;
  report.tell("ledger", checkCopy(index, runs, statement.records, info));
  report.withheld = count(runs.flat());
  report.copy = index.kind === COPY;
  if (report.copy || report.withheld) {
    report.notChecked.push(
      `what ${report.withheld} of ${statement.records} records say: this is a redacted copy`,
    );
  }
}

async function stepsOf(work: Examination): Promise<ClockStep[]> {
  try {
    return clockSteps((await work.read("data/line-status.csv")) ?? new Uint8Array(0));
  } catch (error) {
    if (!(error instanceof CheckError)) throw error;
    work.report.failed("ledger", error.subject, error.text);
    return [];
  }
}

function checkIndex(work: Examination, statement: Statement, index: Json | undefined): void {
  if (!isObject(index)) return;
  const wrong = (text: string) => work.report.failed("ledger", INDEX, text);
  const kind = typeof index.kind === "string" ? index.kind : shown(index.kind);
  if (!KINDS.includes(kind)) wrong(`kind is none of ${KINDS.join(", ")}`);
  const same: Record<string, Json> = {
    acct: statement.acct,
    base: work.report.base,
    checkpoint: statement.checkpoint,
    checkpoint_time: entryTime(statement),
    epoch: statement.epoch,
    format: "stationd-evidence/1",
    segments: segmentRows(statement),
    station: statement.station,
  };
  if (index.base !== baseName(statement, kind, orderOf(index))) {
    wrong(`base is not the name of a bundle of '${statement.acct}', kind '${kind}'`);
  }
  for (const [key, value] of Object.entries(same)) {
    if (index[key] === undefined || compact(index[key]) !== compact(value)) {
      wrong(`${key} is ${shown(index[key])}, the rest of the bundle says ${shown(value)}`);
    }
  }
  if (index.compartments !== undefined && !namesCompartments(index.compartments)) {
    wrong("names compartments in another form");
  }
  const { counts } = index;
  if (!isObject(counts) || counts.records !== statement.records) wrong("its count of records is another");
}

/** Check that under `data/` lies what belongs to this checkpoint, in its form, only that. */
async function checkFiles(work: Examination, statement: Statement): Promise<void> {
  const points = work.proofs?.points.flatMap((it) => [it.note, it.tsr]) ?? [];
  for (const name of unknown(work.opened.names(), statement, points)) {
    work.report.failed("ledger", name, "is none of the files that a bundle of this form has");
  }
  const copy = `data/checkpoint/${statement.checkpoint}.json`;
  if (!same(await work.read(copy), encoded(statement.entry))) {
    work.report.failed("ledger", copy, "is not the entry that data/ledger.json states");
  }
  for (const name of ["data/account.json", "data/contract/contract.json", "data/case.json"]) {
    await work.json("ledger", name);
  }
  await work.json("ledger", "data/notices/notices.json");
}

async function checkNote(work: Examination, statement: Statement): Promise<void> {
  const { report } = work;
  const note = await work.read(statement.note);
  if (!note || !work.trusted.log) {
    report.failed("ledger", statement.note, "is missing");
    return;
  }
  try {
    report.tell("ledger", await checkCheckpoint(statement, note, work.trusted.log));
  } catch (error) {
    if (!(error instanceof CheckError)) throw error;
    report.failed("ledger", error.subject, error.text);
  }
}

/** 8. What others saw of the log, and what stood in it then. */
export async function proofs(work: Examination): Promise<void> {
  const { statement, proofs: found, report } = work;
  const { log, tsa } = work.trusted;
  if (!statement || !found || !log) return;
  const kind = await work.kind("proofs");
  const given = {
    statement,
    read: (name: string) => work.read(name),
    ...{ log, tsa },
  };
  const status = (await work.read("data/line-status.csv")) ?? new Uint8Array(0);
  const segments = work.segments.map((it) => it.segment);
  try {
    report.tell("proofs", await checkPoints(found, given, kind, segments, status));
  } catch (error) {
    if (!(error instanceof CheckError)) throw error;
    report.failed("proofs", error.subject, error.text);
  }
  if (!found.absent) {
    const hidden = segments[segments.length - 1]?.lastType === WITHHELD;
    const why = hidden ? "the last record is withheld" : "it was closed";
    report.notChecked.push(`whether the account has a later epoch: ${why}`);
  }
  const text = `${found.points.length} points, each stamped, from checkpoint ${found.points[0]!.n} on`;
  report.conclude("proofs", PROOFS, text);
}

/** Say what a bundle without proofs does not show. */
export function noteAbsence(work: Examination, demanded: boolean): void {
  if (work.opened.has(PROOFS)) return;
  if (demanded) work.report.failed("proofs", PROOFS, "is not there, and proofs were demanded");
  else {
    work.report.notChecked.push(
      "the checkpoint's entry in the log, the head in its state, anchors: no proofs inside",
    );
  }
}

/** 9. The CSV files, read beside the records in step 3, say the same. */
export async function rows(work: Examination): Promise<void> {
  for (const seen of work.segments) work.report.tell("rows", seen.rows);
  if (!work.segments.length || (await work.volumeAway())) return;
  work.report.conclude("rows", "data/records", "every row says what its record says");
}
