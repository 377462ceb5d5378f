/** What the page may ask of the records, and what it is told. */

import type { JsonObject } from "../check/canonical.ts";

/** Which records are wanted; what is empty or undefined does not narrow. */
export interface Filter {
  text: string;
  kinds: string[];
  zone: string;
  from: number | undefined;
  until: number | undefined;
}

export type Question =
  | { about: "overview" }
  | { about: "find"; filter: Filter }
  | { about: "lines"; from: number; to: number }
  | { about: "bars"; from: number; until: number; count: number };

/** A span that `line-status.csv` names. */
export interface Gap {
  kind: string;
  listener: string;
  cause: string;
  from: number;
  until: number;
}

/** What a bundle is about, for the head of the history. */
export interface Overview {
  records: number;
  first: number;
  last: number;
  kinds: { name: string; count: number }[];
  gaps: Gap[];
  zone: string;
  site: string;
  customer: string;
  documents: { name: string; file: string; size: number }[];
}

/** How many records of each kind fall into each of several equal spans of time. */
export interface Bars {
  kinds: string[];
  counts: number[][];
  most: number;
}

export type Answer =
  | { about: "overview"; overview: Overview }
  | { about: "find"; count: number; whole: number }
  | { about: "lines"; from: number; records: { seq: number; fields: JsonObject }[] }
  | { about: "bars"; bars: Bars };
