/**
 * Check a bundle against trust anchors: no network, no clock but that of its stamps.
 *
 * The steps are those of FORMAT.md, 10, in its order, and their findings those of `stationd-verify`.
 */

import { PROSE } from "./bag_check.ts";
import { bag } from "./bag_step.ts";
import { digests } from "./digest_step.ts";
import { documents } from "./document_step.ts";
import { Examination, type Labour, type Progress } from "./examination.ts";
import { ledger, noteAbsence, proofs, rows } from "./ledger_step.ts";
import { type Named, openBundle } from "./opened.ts";
import { type Anchors, Report } from "./report.ts";
import { signature } from "./seal_step.ts";
import { timestamp } from "./stamp_step.ts";
import { trust } from "./trust_step.ts";

/** What is to be checked, and how. */
export interface Order {
  bundle: Named;
  beside: readonly Named[];
  anchors: Anchors;
  demandProofs: boolean;
}

/** What a check gives: the report, and what was read, for whoever wants to look into it. */
export interface Checked {
  report: Report;
  work: Examination | undefined;
}

/** Run every check and report all that was found. */
export async function examine(order: Order, labour: Labour, progress: Progress): Promise<Checked> {
  const report = new Report(order.bundle.name);
  progress("container", 0, 0);
  const opened = await openBundle(order.bundle, order.beside, report);
  if (!opened) return { report, work: undefined };
  const work = new Examination(opened, report, labour, progress);
  const steps: [string, () => Promise<void> | void][] = [
    ["bag", () => bag(work)],
    ["digests", () => digests(work)],
    ["trust", () => trust(work, order.anchors)],
    ["signature", () => signature(work)],
    ["timestamp", () => timestamp(work)],
    ["ledger", () => ledger(work)],
    ["proofs", () => proofs(work)],
    ["rows", () => rows(work)],
    ["documents", () => documents(work)],
    ["proofs", () => noteAbsence(work, order.demandProofs)],
  ];
  for (const [name, run] of steps) {
    progress(name, 0, 0);
    await run();
  }
  tellUnread(work);
  report.notChecked.push("the signature inside alarm-history.pdf: a PDF reader shows it");
  report.notChecked.push(`${PROSE}: it is the sealer's word`);
  return { report, work };
}

/** What could not be read was not checked: no step passes over it in silence. */
function tellUnread({ opened, report }: Examination): void {
  const told = new Set(report.findings.filter((it) => it.outcome !== "passed").map((it) => it.subject));
  for (const name of [...opened.unread].filter((it) => !told.has(it)).sort()) {
    report.undecided("digests", name, "could not be read when it was needed; check again");
  }
}
