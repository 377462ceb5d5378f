/** What the steps and their outcomes are called for whoever reads them. */

import type { Outcome } from "../check/report.ts";

/** A step: its name for people, and what it shows when it passes. */
export interface StepWords {
  title: string;
  shows: string;
}

export const STEPS: Record<string, StepWords> = {
  container: {
    title: "The container",
    shows: "The file is exactly one ZIP: nothing before, between or after its files, and no unsafe names.",
  },
  bag: { title: "The set of files", shows: "Every file that a bundle must have is there." },
  digests: {
    title: "The hashes",
    shows: "Every file is on a list with its SHA-256, and each file has the one that is listed.",
  },
  trust: {
    title: "The keys inside",
    shows: "The certificates and the key in trust/ are those that you gave from outside.",
  },
  signature: {
    title: "The signatures",
    shows: "The lists and the container are signed (CMS and XAdES) by a certificate under the root you gave.",
  },
  timestamp: {
    title: "The time of sealing",
    shows: "An authority stamped signature and list (RFC 3161), not before the checkpoint they cover.",
  },
  ledger: {
    title: "The chain of records",
    shows: "Every record is there, in order, and together they come to the head that the ledger states.",
  },
  proofs: {
    title: "What others saw",
    shows:
      "At each point an authority saw the station’s log with this account in it; the log only grew, " +
      "and no later epoch is hidden.",
  },
  rows: { title: "The spreadsheet", shows: "The CSV files say what the records say." },
  documents: { title: "The documents", shows: "Each document has the hash by which a record names it." },
};

export const VERDICTS: Record<Outcome, { title: string; more: string }> = {
  passed: {
    title: "Everything that was checked holds",
    more: "Files and records are those that were sealed, whole and in order. Read below what was not checked.",
  },
  failed: {
    title: "This bundle does not pass",
    more: "Keep the file as it is. Each finding below names a file and says what does not hold.",
  },
  undecided: {
    title: "Not everything could be decided",
    more: "Nothing was found that is wrong, but something that must be checked could not be. See below what is missing.",
  },
};

export const OUTCOMES: Record<Outcome | "none", string> = {
  passed: "holds",
  failed: "does not hold",
  undecided: "not decided",
  none: "not checked",
};

/** Kinds of records by how they are drawn: the classes of signals, and the rest. */
export const GROUPS: Record<string, string> = {
  alarm: "alarm",
  duress: "alarm",
  medical: "alarm",
  fire: "alarm",
  panic: "alarm",
  tamper: "trouble",
  trouble: "trouble",
  bypass: "trouble",
  opening: "arming",
  closing: "arming",
  arming: "arming",
  restore: "restore",
  test: "test",
  poll: "test",
  withheld: "withheld",
};

export const groupOf = (kind: string): string => GROUPS[kind] ?? "other";
