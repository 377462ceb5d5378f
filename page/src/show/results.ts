/** The result: verdict, facts, the steps one by one, and what was not checked. */

import type { Finding, Outcome } from "../check/report.ts";
import { counted, element, the } from "./elements.ts";
import { OUTCOMES, STEPS, VERDICTS } from "./words.ts";

/** What the worker reports: the members of `stationd-verify --json`. */
export interface Shown {
  bundle: string;
  outcome: Outcome;
  base: string;
  station: string;
  acct: string;
  epoch: number;
  records: number;
  checkpoint: number;
  points: number;
  content_id: string;
  sealed_at: string;
  redacted_copy: boolean;
  withheld: number;
  findings: Finding[];
  not_checked: string[];
}

const SIGNS: Record<Outcome | "none", string> = { passed: "✓", failed: "✕", undecided: "?", none: "–" };
// Findings told one by one in a step; of more the rest is folded away.
const MOST_TOLD = 12;

let saved = "";

/** Show a report. */
export function showReport(report: Shown): void {
  const words = VERDICTS[report.outcome];
  const banner = the("banner");
  banner.dataset.outcome = report.outcome;
  banner.querySelector(".sign")!.textContent = SIGNS[report.outcome];
  the("verdict").textContent = report.redacted_copy ? `${words.title} (a redacted copy)` : words.title;
  the("verdict-more").textContent = words.more;
  showFacts(report);
  the("steps").replaceChildren(...Object.keys(STEPS).map((name) => step(name, report)));
  the("not-checked").replaceChildren(...report.not_checked.map((it) => element("li", {}, sentence(it))));
  const json = `${JSON.stringify(report, null, 2)}\n`;
  the("json").textContent = json;
  URL.revokeObjectURL(saved);
  saved = URL.createObjectURL(new Blob([json], { type: "application/json" }));
  const save = the<HTMLAnchorElement>("save");
  save.href = saved;
  save.download = `${report.bundle}.report.json`;
  the("result").hidden = false;
  document.title = `${words.title}: ${report.bundle}`;
  banner.focus({ preventScroll: true });
}

const sentence = (text: string) => `${text[0]?.toUpperCase() ?? ""}${text.slice(1)}.`;

function showFacts(report: Shown): void {
  const facts: [string, string, string?][] = [
    ["File", report.bundle, "code"],
    ["Station", report.station || "–"],
    ["Account", report.acct ? `${report.acct}, epoch ${report.epoch}` : "–"],
    ["Records", recordsOf(report)],
    ["Reaches to", report.checkpoint >= 0 ? `checkpoint ${report.checkpoint}` : "–"],
    ["Sealed not later than", report.sealed_at ? report.sealed_at.replace("T", " ").replace("Z", " UTC") : "–"],
    ["Seen by others at", report.points ? `${report.points} points` : "no point: it has no proofs"],
    ["Content id", report.content_id || "–", "code"],
  ];
  the("facts").replaceChildren(
    ...facts.flatMap(([name, value, how]) => [
      element("dt", {}, name),
      element("dd", {}, how ? element(how, {}, value) : value),
    ]),
  );
}

function recordsOf(report: Shown): string {
  if (!report.records) return "–";
  const withheld = report.redacted_copy ? `; ${counted(report.withheld)} of them withheld: a redacted copy` : "";
  return counted(report.records) + withheld;
}

function worst(findings: readonly Finding[]): Outcome | "none" {
  if (!findings.length) return "none";
  return (["failed", "undecided"] as const).find((it) => findings.some((one) => one.outcome === it)) ?? "passed";
}

function step(name: string, report: Shown): HTMLElement {
  const findings = report.findings.filter((it) => it.step === name);
  const outcome = worst(findings);
  const { title, shows } = STEPS[name]!;
  const shown = findings.filter((it) => outcome === "passed" || it.outcome !== "passed");
  const told = outcome === "none" ? absent(name, report) : outcome === "passed" ? shows : "";
  return element(
    "li",
    { class: "step", "data-outcome": outcome, "data-step": name },
    element("span", { class: "sign", "aria-hidden": "true" }, SIGNS[outcome]),
    element(
      "div",
      {},
      element("h4", {}, `${title} `, element("span", { class: "word" }, OUTCOMES[outcome])),
      ...(told ? [element("p", {}, told)] : []),
      list(shown.slice(0, MOST_TOLD)),
      ...more(shown.slice(MOST_TOLD)),
    ),
  );
}

function absent(name: string, report: Shown): string {
  if (name === "proofs" && report.records) return "This bundle has no proofs; see below.";
  return "An earlier step found nothing to go on with.";
}

function list(findings: readonly Finding[]): HTMLElement {
  return element(
    "ul",
    { class: "findings" },
    ...findings.map((it) =>
      element("li", {}, ...(it.subject ? [element("code", {}, it.subject), " "] : []), it.text),
    ),
  );
}

function more(findings: readonly Finding[]): HTMLElement[] {
  if (!findings.length) return [];
  const summary = element("summary", {}, `${counted(findings.length)} more`);
  return [element("details", {}, summary, list(findings))];
}
