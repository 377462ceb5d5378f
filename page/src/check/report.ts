/** What the check says: findings, the report of all of them, and whom it was told to trust. */

export type Outcome = "passed" | "failed" | "undecided";

/** One check's end: its step, its outcome, the file it is about, and a sentence. */
export interface Finding {
  step: string;
  outcome: Outcome;
  subject: string;
  text: string;
}

/** What does not hold, or could not be decided, before it is known of which step it is. */
export interface Problem {
  subject: string;
  text: string;
  decided: boolean;
}

export function problem(subject: string, text: string, decided = true): Problem {
  return { subject, text, decided };
}

/** A file cannot be read as what it must be. */
export class CheckError extends Error {
  constructor(
    readonly subject: string,
    readonly text: string,
  ) {
    super(`${subject}: ${text}`);
  }
}

/** Whom to trust: each as PEM, or as the SHA-256 of one certificate or key; empty: not given. */
export interface Anchors {
  root: string;
  tsa: string;
  log: string;
  /** Newer lists of revoked certificates, as PEM. */
  crls: string;
}

/** All findings, in the order of the steps, and what was not checked at all. */
export class Report {
  readonly findings: Finding[] = [];
  readonly notChecked: string[] = [];
  contentId = "";
  base = "";
  station = "";
  acct = "";
  epoch = 0;
  records = 0;
  checkpoint = -1;
  points = 0;
  sealedAt = "";
  /** It is a redacted copy, which lacks `withheld` records; never a whole bundle. */
  copy = false;
  withheld = 0;

  constructor(readonly bundle: string) {}

  /** The worst outcome of all; a report without findings is undecided. */
  get outcome(): Outcome {
    const outcomes = new Set(this.findings.map((it) => it.outcome));
    if (outcomes.has("failed")) return "failed";
    return outcomes.has("undecided") || !outcomes.size ? "undecided" : "passed";
  }

  add(step: string, outcome: Outcome, subject: string, text: string): void {
    this.findings.push({ step, outcome, subject, text });
  }

  failed(step: string, subject: string, text: string): void {
    this.add(step, "failed", subject, text);
  }

  undecided(step: string, subject: string, text: string): void {
    this.add(step, "undecided", subject, text);
  }

  /** Add what was found wrong in a step. */
  tell(step: string, problems: Iterable<Problem>): void {
    for (const it of problems) this.add(step, it.decided ? "failed" : "undecided", it.subject, it.text);
  }

  /** Add that `step` passed, unless it has found something already. */
  conclude(step: string, subject: string, text: string): void {
    if (!this.findings.some((it) => it.step === step)) this.add(step, "passed", subject, text);
  }

  /** Return what `stationd-verify --json` prints. */
  asJson(): Record<string, unknown> {
    return {
      bundle: this.bundle,
      outcome: this.outcome,
      base: this.base,
      station: this.station,
      acct: this.acct,
      epoch: this.epoch,
      records: this.records,
      checkpoint: this.checkpoint,
      points: this.points,
      content_id: this.contentId,
      sealed_at: this.sealedAt,
      redacted_copy: this.copy,
      withheld: this.withheld,
      findings: this.findings,
      not_checked: this.notChecked,
    };
  }
}
