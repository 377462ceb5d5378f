/** One file of records with its rows, read side by side: the heavy part of a check. */

import { SEGMENT_RECORDS } from "./bag_check.ts";
import { type Bytes, decoded, fromHex, hex } from "./bytes.ts";
import { type JsonObject, recordFields, shown } from "./canonical.ts";
import { hasher, recordLeaf } from "./hashes.ts";
import { Lines } from "./lines.ts";
import { type Statement, TIME, moment } from "./note_check.ts";
import { BrokenFileError, type Place, pieces } from "./place.ts";
import { CheckError, type Problem, problem } from "./report.ts";
import { Rows } from "./rows_check.ts";
import { type Run, WITHHELD, addTo, withheldLeaf } from "./withheld_check.ts";

// Backward steps of `t`, and problems, told one by one for each segment.
const MOST_STEPS = 1000;
const MOST_PROBLEMS = 1000;

/** What a file was found to be; `fault` says why it could not be read whole. */
export interface Seen {
  name: string;
  sha256: string;
  size: number;
  fault: string;
}

/** A file of records with its rows, to be read from record `first` on. */
export interface SegmentJob {
  records: Place;
  rows: Place;
  first: number;
  statement: Statement;
  bounds: number[];
  /** The documents that its records are said to name, by the record's number. */
  named: ReadonlyMap<number, readonly string[]>;
}

/** The earliest and the latest `t` between two points, by the place of the later one. */
export type Spans = Map<number, [string, string]>;

/** What one file of records gave: its leaves, its ends, and what was wrong inside. */
export interface Segment {
  file: string;
  first: number;
  count: number;
  leaves: Bytes;
  firstT: string;
  lastT: string;
  latestT: string;
  firstType: string;
  lastType: string;
  spans: Spans;
  stepsBack: [number, string, string][];
  withheld: Run[];
  problems: Problem[];
}

/** What reading a file of records with its rows gave; `unnamed`: what no record names, as `seq doc`. */
export interface SegmentSeen {
  segment: Segment;
  files: [Seen, Seen];
  rows: Problem[];
  unnamed: string[];
  catalogue: Catalogue;
}

/** What is kept of each record to find it again: its time, its kind, where its line begins. */
export interface Catalogue {
  times: Float64Array<ArrayBuffer>;
  kinds: Uint16Array<ArrayBuffer>;
  names: string[];
}

/** Told which part of a file of records has been read. */
export type Tick = (part: number) => void;

// A file is told of in so many parts.
const TICKS = 20;

/** Hash one file. */
export async function digest(place: Place): Promise<Seen> {
  const hash = hasher();
  let size = 0;
  try {
    for await (const piece of pieces(place)) {
      hash.update(piece);
      size += piece.length;
    }
    return { name: place.name, sha256: hex(hash.digest()), size, fault: "" };
  } catch (error) {
    return { name: place.name, sha256: "", size: 0, fault: faultOf(error) };
  }
}

function faultOf(error: unknown): string {
  const { message } = error as Error;
  return error instanceof BrokenFileError ? message : `cannot be read: ${message}`;
}

/** Hash a file of records and its rows, check the records, and the rows against them. */
export async function readSegment(job: SegmentJob, tick: Tick): Promise<SegmentSeen> {
  const reading = new Reading(job, tick);
  try {
    const [records, rows] = await reading.read();
    const { segment, rows: against, unnamed } = reading;
    return { segment, files: [records, rows], rows: against.problems, unnamed, catalogue: reading.catalogue() };
  } catch (error) {
    if (!(error instanceof BrokenFileError || error instanceof CheckError)) throw error;
    const text = `could not be read to its end: ${error.message}`;
    reading.segment.problems.push(problem(job.records.name, text));
    const files: [Seen, Seen] = [await digest(job.records), await digest(job.rows)];
    return { segment: reading.segment, files, rows: [], unnamed: [], catalogue: reading.catalogue() };
  }
}

/** The state of reading one file of records. */
class Reading {
  readonly segment: Segment;
  readonly rows: Rows;
  readonly unnamed: string[] = [];
  private leaves: Uint8Array<ArrayBuffer> = new Uint8Array(1 << 12);
  private readonly times: number[] = [];
  private readonly kinds: number[] = [];
  private readonly names = new Map<string, number>();
  private before = "";
  private day = "";
  private bound = 0;
  private part = 0;

  constructor(
    private readonly job: SegmentJob,
    private readonly tick: Tick,
  ) {
    const text = { firstT: "", lastT: "", latestT: "", firstType: "", lastType: "" };
    const lists = { leaves: new Uint8Array(0), spans: new Map(), stepsBack: [], withheld: [], problems: [] };
    this.segment = { file: job.records.name, first: job.first, count: 0, ...text, ...lists };
    this.rows = new Rows(job.rows.name);
  }

  async read(): Promise<[Seen, Seen]> {
    const { job, segment } = this;
    const records = new Lines(pieces(job.records), job.records.name);
    const rows = new Lines(pieces(job.rows), job.rows.name);
    this.rows.begin(await this.row(rows));
    for (let raw = await records.next(); raw; raw = records.here() ?? (await records.next())) {
      const fields = this.take(raw);
      this.told(records.size);
      this.rows.compare(rows.here() ?? (await this.row(rows)), raw, fields);
    }
    this.rows.end(await this.row(rows));
    segment.lastT = this.before;
    segment.leaves = this.leaves.slice(0, 32 * segment.count);
    return [
      { name: job.records.name, sha256: hex(await records.drain()), size: records.size, fault: "" },
      { name: job.rows.name, sha256: hex(await rows.drain()), size: rows.size, fault: "" },
    ];
  }

  /** Tell how far the file has been read, when there is something to tell. */
  private told(size: number): void {
    const part = Math.floor((TICKS * size) / Math.max(1, this.job.records.size)) / TICKS;
    if (part <= this.part) return;
    this.part = part;
    this.tick(part);
  }

  catalogue(): Catalogue {
    const [times, kinds] = [Float64Array.from(this.times), Uint16Array.from(this.kinds)];
    return { times, kinds, names: [...this.names.keys()] };
  }

  /** Return the next row; a file that is none ends there. */
  private async row(rows: Lines): Promise<Uint8Array | undefined> {
    try {
      return await rows.next();
    } catch (error) {
      if (!(error instanceof CheckError)) throw error;
      this.rows.wrong(`is not CSV: ${error.message}`);
      return undefined;
    }
  }

  private take(raw: Uint8Array): JsonObject {
    const { segment } = this;
    const seq = segment.first + segment.count;
    const text = decoded(raw);
    const read = text === undefined ? undefined : recordFields(text);
    for (const doc of this.job.named.get(seq) ?? []) {
      // However deep it stands; in a text the quotation marks would be escaped.
      if (!text?.includes(`"doc":"${doc}"`)) this.unnamed.push(`${seq} ${doc}`);
    }
    const leaf = withheldLeaf(read, seq);
    if (read && leaf !== undefined) return this.withheld(read, leaf, seq);
    this.addLeaf(recordLeaf(raw));
    segment.count += 1;
    const fields = this.record(read, seq);
    const [t, kind] = [fields.t as string, fields.type as string];
    this.dated(seq, t);
    segment.firstT ||= t;
    if (seq === segment.first) segment.firstType = kind;
    else if (kind === "open") this.wrong(`record ${seq} is a second open`);
    if (segment.lastType === "close") this.wrong(`record ${seq} stands after close`);
    segment.lastType = kind;
    this.keep(fields, t, kind);
    return fields;
  }

  /** Take in the line of a withheld record: its leaf, and that it is one. */
  private withheld(fields: JsonObject, leaf: string, seq: number): JsonObject {
    const { segment } = this;
    this.addLeaf(fromHex(leaf)!);
    segment.count += 1;
    addTo(segment.withheld, seq);
    if (seq === segment.first) segment.firstType = WITHHELD;
    if (segment.lastType === "close") this.wrong(`record ${seq} stands after close`);
    segment.lastType = WITHHELD;
    this.keep(fields, this.before, WITHHELD);
    return fields;
  }

  private dated(seq: number, t: string): void {
    const { segment, before } = this;
    if (t < before && segment.stepsBack.length < MOST_STEPS) segment.stepsBack.push([seq, before, t]);
    else if (t < before) this.wrong(`record ${seq}: t goes back, more than ${MOST_STEPS} times in this file`);
    else if (t > segment.latestT) segment.latestT = t;
    this.before = t;
    while (this.bound < this.job.bounds.length && seq > this.job.bounds[this.bound]!) this.bound += 1;
    const span = segment.spans.get(this.bound);
    if (!span) segment.spans.set(this.bound, [t, t]);
    else if (t < span[0]) span[0] = t;
    else if (t > span[1]) span[1] = t;
  }

  private keep(fields: JsonObject, t: string, kind: string): void {
    const name = typeof fields.class === "string" && fields.class ? fields.class : kind;
    const known = this.names.get(name) ?? this.names.size;
    // More kinds than there are words for one are told apart no more.
    if (known === this.names.size && known < 0xffff) this.names.set(name, known);
    this.kinds.push(Math.min(known, 0xffff - 1));
    this.times.push(Date.parse(t));
  }

  private addLeaf(leaf: Bytes): void {
    const at = 32 * this.segment.count;
    if (at === this.leaves.length) {
      const grown = new Uint8Array(Math.min(2 * at, 32 * SEGMENT_RECORDS) || 32);
      const wider = grown.length > at ? grown : new Uint8Array(2 * at);
      wider.set(this.leaves);
      this.leaves = wider;
    }
    this.leaves.set(leaf, at);
  }

  /** Return the fields of record `seq`; what is wrong with it goes to the problems. */
  private record(fields: JsonObject | undefined, seq: number): JsonObject {
    if (!fields) {
      this.wrong(`line of record ${seq} is not a JSON object in canonical form`);
      return { t: "", type: "" };
    }
    const { statement } = this.job;
    if (fields.seq !== seq) {
      this.wrong(`record ${seq} is missing or out of place: seq says ${shown(fields.seq, 40)}`);
    }
    if (fields.acct !== statement.acct || fields.epoch !== statement.epoch) {
      this.wrong(`record ${seq} is of another account or epoch`);
    }
    if (typeof fields.t !== "string" || !this.isTime(fields.t)) {
      this.wrong(`record ${seq} has no time t of the known form`);
      fields.t = "";
    }
    if (typeof fields.type !== "string" || fields.type === WITHHELD) {
      const said = fields.type === WITHHELD ? "calls itself withheld, and is here" : "has no type";
      this.wrong(`record ${seq} ${said}`);
      fields.type = "";
    }
    return fields;
  }

  /** Tell whether a time is one; its day is looked at where it is another than the one before. */
  private isTime(t: string): boolean {
    if (!TIME.test(t)) return false;
    const day = t.slice(0, 10);
    if (day !== this.day && moment(t) === undefined) return false;
    this.day = day;
    return true;
  }

  /** Add a problem; beyond so many there is no use in reading on. */
  private wrong(text: string): void {
    this.segment.problems.push(problem(this.segment.file, text));
    if (this.segment.problems.length >= MOST_PROBLEMS) {
      throw new CheckError(this.segment.file, `has ${MOST_PROBLEMS} faults; the rest was not read`);
    }
  }
}
