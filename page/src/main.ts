/** The page: choose a bundle and whom to trust, see what holds, read the history. */

import type { Order } from "./check/verify.ts";
import { Check } from "./show/asking.ts";
import { sizeOf, the } from "./show/elements.ts";
import { History } from "./show/history.ts";
import { forget, watchInputs } from "./show/inputs.ts";
import { type Shown, showReport } from "./show/results.ts";
import { STEPS } from "./show/words.ts";

let check: Check | undefined;

const state = (name: string) => (document.documentElement.dataset.state = name);

function begin(order: Order): void {
  check?.end();
  for (const id of ["order", "result", "history"]) the(id).hidden = true;
  the("progress").hidden = false;
  state("checking");
  scrollTo(0, 0);
  const all = [order.bundle, ...order.beside].reduce((sum, it) => sum + it.file.size, 0);
  const started = new Check(order, {
    progress: (step, done, whole) => showProgress(step, whole ? done / whole : 0, all),
    report: (report) => void ended(started, report),
    broken: (text) => broken(order, text),
  });
  check = started;
}

function showProgress(step: string, part: number, all: number): void {
  const names = Object.keys(STEPS);
  const place = names.indexOf(step);
  // Reading every file once is nearly all of the work.
  const done = step === "digests" ? 5 + 80 * part : place < 2 ? 2 : 85 + place;
  the<HTMLProgressElement>("bar").value = done;
  the("doing").textContent = `${STEPS[step]?.title ?? step} (${sizeOf(all)})`;
}

async function ended(from: Check, report: Shown): Promise<void> {
  the("progress").hidden = true;
  showReport(report);
  state(report.outcome);
  await History.show(from, report.outcome === "passed");
}

/** A check that broke off decides nothing. */
function broken(order: Order, text: string): void {
  const nothing = { base: "", station: "", acct: "", epoch: 0, records: 0, checkpoint: -1, points: 0 };
  the("progress").hidden = true;
  showReport({
    ...{ bundle: order.bundle.name, outcome: "undecided", ...nothing, content_id: "", sealed_at: "" },
    ...{ redacted_copy: false, withheld: 0 },
    findings: [{ step: "container", outcome: "undecided", subject: order.bundle.name, text: `the check broke off: ${text}` }],
    not_checked: ["anything after the place where the check broke off"],
  });
  state("undecided");
}

function again(): void {
  check?.end();
  check = undefined;
  for (const id of ["result", "history", "progress"]) the(id).hidden = true;
  the("order").hidden = false;
  forget();
  state("waiting");
  scrollTo(0, 0);
}

watchInputs(begin);
the("print").onclick = () => print();
the("again").onclick = again;
