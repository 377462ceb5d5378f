/** What the steps of a check hand on to each other. */

import { type Bytes, shownText } from "./bytes.ts";
import { type Json, canonicalValue, isObject } from "./canonical.ts";
import type { LogKeys } from "./log_key_check.ts";
import type { Statement } from "./note_check.ts";
import { type Opened, VOLUMES } from "./opened.ts";
import type { Proofs } from "./point_check.ts";
import type { CrlList } from "./revocation_check.ts";
import { CheckError, type Report } from "./report.ts";
import type { Answer } from "./signatures.ts";
import type { Seen, SegmentJob, SegmentSeen, Tick } from "./segment_check.ts";
import type { Place } from "./place.ts";

/** The heavy work, done here or by other workers. */
export interface Labour {
  segment(job: SegmentJob, tick: Tick): Promise<SegmentSeen>;
  digest(place: Place): Promise<Seen>;
}

/** Whom to trust, as it was found: certificates in DER, the log's keys. */
export interface Trusted {
  root: Bytes[];
  tsa: Bytes[];
  log: LogKeys | undefined;
  /** Lists of revoked certificates that are newer than the bundle's, as PEM. */
  crls: string;
}

/** How far the check is: of all bytes that are to be read. */
export type Progress = (step: string, done: number, all: number) => void;

/** The bundle, what it is checked against, and what has been found so far. */
export class Examination {
  readonly seen = new Map<string, Seen>();
  readonly segments: SegmentSeen[] = [];
  trusted: Trusted = { root: [], tsa: [], log: undefined, crls: "" };
  readonly revoked: CrlList[] = [];
  /** What was said of each stamp, by the digits of its token and of the hash of what it is on. */
  readonly stamps = new Map<string, Answer>();
  statement: Statement | undefined;
  proofs: Proofs | undefined;

  constructor(
    readonly opened: Opened,
    readonly report: Report,
    readonly labour: Labour,
    readonly progress: Progress,
  ) {}

  read(name: string): Promise<Bytes | undefined> {
    return this.opened.read(name);
  }

  async text(name: string): Promise<string> {
    return shownText((await this.read(name)) ?? new Uint8Array(0));
  }

  /** Return a JSON file's value; undefined, and a finding, where it is none. */
  async json(step: string, name: string): Promise<Json | undefined> {
    const raw = await this.read(name);
    try {
      return raw && canonicalValue(name, raw);
    } catch (error) {
      if (!(error instanceof CheckError)) throw error;
      this.report.failed(step, name, error.text);
      return undefined;
    }
  }

  /** Return the kind that the bundle says to be. */
  async kind(step: string): Promise<string> {
    const index = await this.json(step, "data/index.json");
    return isObject(index) && typeof index.kind === "string" ? index.kind : "";
  }

  /** Tell whether a volume that is named is not here. */
  async volumeAway(): Promise<boolean> {
    const listed = await this.read(VOLUMES);
    const lines = listed ? shownText(listed).split("\n").filter(Boolean).length : 0;
    return lines > this.opened.volumes.size;
  }
}
