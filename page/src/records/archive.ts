/**
 * The records of a checked bundle, for whoever wants to read them.
 *
 * Of each record its time and kind are kept in memory.  Its line is unpacked again when it is
 * wanted, a whole file of records at a time; the last few files are kept.
 */

import { type Bytes, decoded } from "../check/bytes.ts";
import { type Json, type JsonObject, isObject, recordFields } from "../check/canonical.ts";
import { rows } from "../check/csv.ts";
import type { Examination } from "../check/examination.ts";
import { type Place, pieces } from "../check/place.ts";
import type { Answer, Bars, Filter, Gap, Overview, Question } from "./questions.ts";

const MOST_KEPT = 3;

/** A file of records: where it lies, which it holds. */
interface Part {
  place: Place;
  first: number;
  count: number;
}

/** The lines of one file of records, and where each begins. */
interface Unpacked {
  raw: Bytes;
  starts: Uint32Array;
}

export class Archive {
  private readonly kept = new Map<number, Unpacked>();
  private found: Uint32Array | undefined;
  private search = 0;

  private constructor(
    private readonly parts: Part[],
    private readonly times: Float64Array,
    private readonly kinds: Uint16Array,
    private readonly names: string[],
    private readonly overview: Overview,
  ) {}

  /** Return the archive of what a check has read. */
  static async of(work: Examination): Promise<Archive> {
    const parts: Part[] = [];
    const names: string[] = [];
    const size = work.segments.reduce((sum, it) => sum + it.catalogue.times.length, 0);
    const [times, kinds] = [new Float64Array(size), new Uint16Array(size)];
    let at = 0;
    for (const { segment, catalogue } of work.segments) {
      const place = work.opened.places.get(segment.file)!;
      parts.push({ place, first: at, count: catalogue.times.length });
      times.set(catalogue.times, at);
      const known = catalogue.names.map((name) => {
        if (!names.includes(name)) names.push(name);
        return names.indexOf(name);
      });
      catalogue.kinds.forEach((kind, place_) => (kinds[at + place_] = known[kind] ?? 0));
      at += catalogue.times.length;
    }
    return new Archive(parts, times, kinds, names, await overviewOf(work, times, kinds, names));
  }

  /** Answer a question of the page. */
  async answer(question: Question): Promise<Answer> {
    switch (question.about) {
      case "overview":
        return { about: "overview", overview: this.overview };
      case "find":
        await this.find(question.filter);
        return { about: "find", count: this.count(), whole: this.times.length };
      case "lines":
        return { about: "lines", from: question.from, records: await this.lines(question.from, question.to) };
      case "bars":
        return { about: "bars", bars: this.bars(question.from, question.until, question.count) };
    }
  }

  private count(): number {
    return this.found?.length ?? this.times.length;
  }

  private async find(filter: Filter): Promise<void> {
    this.search += 1;
    const search = this.search;
    const words = filter.text.trim().toLowerCase();
    const wanted = new Set(filter.kinds.map((name) => this.names.indexOf(name)));
    const [from, until] = [filter.from ?? -Infinity, filter.until ?? Infinity];
    const fits = (at: number) =>
      (!wanted.size || wanted.has(this.kinds[at]!)) && !(this.times[at]! < from) && !(this.times[at]! >= until);
    if (!words && !filter.zone && !wanted.size && filter.from === undefined && filter.until === undefined) {
      this.found = undefined;
      return;
    }
    const hits: number[] = [];
    for (const [number, part] of this.parts.entries()) {
      const within = Array.from({ length: part.count }, (_, at) => part.first + at).filter(fits);
      if (!words && !filter.zone) hits.push(...spread(within));
      else if (within.length) {
        const lines = await this.unpacked(number);
        // Another search was begun meanwhile: its answer is the one that is waited for.
        if (search !== this.search) return;
        for (const at of within) if (this.says(lines, at - part.first, words, filter.zone)) hits.push(at);
      }
    }
    this.found = Uint32Array.from(hits);
  }

  private says(lines: Unpacked, at: number, words: string, zone: string): boolean {
    const text = lineOf(lines, at);
    if (words && !text.toLowerCase().includes(words)) return false;
    if (!zone) return true;
    const value = recordFields(text)?.zone;
    return typeof value === "string" && value.replace(/^0+(?=.)/, "") === zone.replace(/^0+(?=.)/, "");
  }

  private async lines(from: number, to: number): Promise<{ seq: number; fields: JsonObject }[]> {
    const records: { seq: number; fields: JsonObject }[] = [];
    for (let place = from; place < Math.min(to, this.count()); place += 1) {
      const at = this.found ? this.found[place]! : place;
      const number = this.parts.findIndex((it) => at < it.first + it.count);
      const lines = await this.unpacked(number);
      const fields = recordFields(lineOf(lines, at - this.parts[number]!.first));
      records.push({ seq: at + 1, fields: plain(fields ?? {}) });
    }
    return records;
  }

  private bars(from: number, until: number, count: number): Bars {
    const counts = this.names.map(() => new Array<number>(count).fill(0));
    const width = (until - from) / count;
    const each = (at: number) => {
      const time = this.times[at]!;
      if (!(time >= from && time < until)) return;
      counts[this.kinds[at]!]![Math.floor((time - from) / width)]! += 1;
    };
    if (this.found) this.found.forEach(each);
    else for (let at = 0; at < this.times.length; at += 1) each(at);
    const sums = Array.from({ length: count }, (_, at) => counts.reduce((sum, it) => sum + it[at]!, 0));
    return { kinds: this.names, counts, most: Math.max(1, ...sums) };
  }

  private async unpacked(number: number): Promise<Unpacked> {
    const kept = this.kept.get(number);
    if (kept) {
      this.kept.delete(number);
      this.kept.set(number, kept);
      return kept;
    }
    const { place } = this.parts[number]!;
    const raw = new Uint8Array(place.size);
    let at = 0;
    for await (const piece of pieces({ ...place, again: false })) {
      raw.set(piece.subarray(0, raw.length - at), at);
      at += piece.length;
    }
    const starts = new Uint32Array(this.parts[number]!.count + 1);
    for (let line = 1; line < starts.length; line += 1) starts[line] = raw.indexOf(10, starts[line - 1]!) + 1;
    const lines = { raw, starts };
    this.kept.set(number, lines);
    for (const oldest of this.kept.keys()) if (this.kept.size > MOST_KEPT) this.kept.delete(oldest);
    return lines;
  }
}

function* spread(items: readonly number[]): Generator<number> {
  yield* items;
}

function lineOf({ raw, starts }: Unpacked, at: number): string {
  return decoded(raw.subarray(starts[at]!, starts[at + 1]! - 1)) ?? "";
}

/** Return fields that may be handed to the page. */
function plain(fields: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(fields));
}

async function overviewOf(
  work: Examination,
  times: Float64Array,
  kinds: Uint16Array,
  names: readonly string[],
): Promise<Overview> {
  const counts = names.map(() => 0);
  let [first, last] = [Infinity, -Infinity];
  for (let at = 0; at < times.length; at += 1) {
    counts[kinds[at]!]! += 1;
    const time = times[at]!;
    if (time < first) first = time;
    if (time > last) last = time;
  }
  const [index, account] = [await jsonOf(work, "data/index.json"), await jsonOf(work, "data/account.json")];
  const texts = (value: Json | undefined, keys: string[]) =>
    isObject(value) ? keys.map((key) => value[key]).filter((it) => typeof it === "string" && it).join(", ") : "";
  return {
    records: times.length,
    ...{ first, last },
    kinds: names.map((name, at) => ({ name, count: counts[at]! })),
    gaps: await gapsOf(work),
    zone: typeof index.site_zone === "string" ? index.site_zone : "UTC",
    site: texts(account.site, ["name", "address"]),
    customer: texts(account.customer, ["name"]),
    documents: [],
  };
}

async function jsonOf(work: Examination, name: string): Promise<JsonObject> {
  const raw = await work.read(name);
  const fields = raw && recordFields((decoded(raw) ?? "").trimEnd());
  return fields ?? {};
}

async function gapsOf(work: Examination): Promise<Gap[]> {
  const raw = await work.read("data/line-status.csv");
  if (!raw) return [];
  try {
    return rows("data/line-status.csv", raw).map((row) => {
      const { kind = "", listener = "", cause = "" } = row;
      const [from, until] = [Date.parse(row.from ?? ""), Date.parse(row.to ?? "")];
      return { kind, listener, cause, from: from || until, until: until || from };
    });
  } catch {
    return [];
  }
}
