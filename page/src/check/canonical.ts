/**
 * JSON in the ledger's canonical form: one value, one writing (FORMAT.md, 1).
 *
 * The browser's own reader keeps the last of two keys, rounds large numbers and puts keys that look
 * like numbers first; so where its value does not write the same text again, this reader decides.
 */

import { CheckError } from "./report.ts";
import { decoded } from "./bytes.ts";

export type Json = null | boolean | number | bigint | string | Json[] | { [key: string]: Json };
export type JsonObject = { [key: string]: Json };

const DEEPEST = 900;
const NUMBER = /-?(?:0|[1-9][0-9]*)/y;
const TEXT = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\bnfrt]|u00[01][0-9a-f]))*"/y;
// A number that may be beyond what the browser's own reader keeps.
const LARGE = /[:,[]-?[0-9]{16}/;
const SURROGATE = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/;
const ESCAPES = /\\(?:u.{4}|.)/g;
// Control characters that have a short form are written in it.
const LONG = /^\\u000[89acd]$/;

class NotCanonicalError extends Error {}

/** Compare two texts by their code points, as keys are sorted. */
export function byCodePoint(one: string, two: string): number {
  const [left, right] = [Array.from(one), Array.from(two)];
  for (let at = 0; at < Math.min(left.length, right.length); at += 1) {
    const gap = left[at]!.codePointAt(0)! - right[at]!.codePointAt(0)!;
    if (gap) return gap;
  }
  return left.length - right.length;
}

class Reader {
  private at = 0;

  constructor(
    private readonly text: string,
    private readonly sorted: boolean,
  ) {}

  whole(): Json {
    const value = this.value(0);
    if (this.at !== this.text.length) throw new NotCanonicalError();
    return value;
  }

  private value(depth: number): Json {
    if (depth > DEEPEST) throw new NotCanonicalError();
    switch (this.text[this.at]) {
      case "{":
        return this.object(depth);
      case "[":
        return this.list(depth);
      case '"':
        return this.string();
      case "t":
        return this.word("true", true);
      case "f":
        return this.word("false", false);
      case "n":
        return this.word("null", null);
      default:
        return this.number();
    }
  }

  private word(text: string, value: Json): Json {
    if (!this.text.startsWith(text, this.at)) throw new NotCanonicalError();
    this.at += text.length;
    return value;
  }

  private number(): Json {
    NUMBER.lastIndex = this.at;
    const found = NUMBER.exec(this.text)?.[0];
    if (!found || found === "-0") throw new NotCanonicalError();
    this.at += found.length;
    const number = Number(found);
    return Number.isSafeInteger(number) ? number : BigInt(found);
  }

  private string(): string {
    TEXT.lastIndex = this.at;
    const found = TEXT.exec(this.text)?.[0];
    if (!found || found.match(ESCAPES)?.some((it) => LONG.test(it))) throw new NotCanonicalError();
    this.at += found.length;
    const value = found.includes("\\") ? (JSON.parse(found) as string) : found.slice(1, -1);
    if (SURROGATE.test(value)) throw new NotCanonicalError();
    return value;
  }

  private list(depth: number): Json[] {
    const items: Json[] = [];
    this.at += 1;
    if (this.text[this.at] === "]") this.at += 1;
    else
      do items.push(this.value(depth + 1));
      while (this.more("]"));
    return items;
  }

  private object(depth: number): JsonObject {
    const fields: JsonObject = Object.create(null) as JsonObject;
    let before: string | undefined;
    this.at += 1;
    if (this.text[this.at] === "}") {
      this.at += 1;
      return fields;
    }
    do {
      const key = this.string();
      if (this.text[this.at] !== ":" || Object.hasOwn(fields, key)) throw new NotCanonicalError();
      if (this.sorted && before !== undefined && byCodePoint(before, key) >= 0) throw new NotCanonicalError();
      this.at += 1;
      fields[key] = this.value(depth + 1);
      before = key;
    } while (this.more("}"));
    return fields;
  }

  /** Go over a comma, or over the end. */
  private more(end: string): boolean {
    const sign = this.text[this.at];
    this.at += 1;
    if (sign !== "," && sign !== end) throw new NotCanonicalError();
    return sign === ",";
  }
}

/** Return the value of a text in canonical form; undefined where it is in none. */
export function canonicalText(text: string, sorted = true): Json | undefined {
  try {
    return new Reader(text, sorted).whole();
  } catch (error) {
    if (error instanceof NotCanonicalError || error instanceof RangeError) return undefined;
    throw error;
  }
}

/** Return the value of a JSON file in canonical form, or throw `CheckError`. */
export function canonicalValue(subject: string, raw: Uint8Array): Json {
  const text = decoded(raw);
  if (text === undefined) throw new CheckError(subject, "is not JSON: it is not UTF-8");
  const value = canonicalText(text.endsWith("\n") ? text.slice(0, -1) : text);
  if (value !== undefined) return value;
  try {
    JSON.parse(text);
  } catch (error) {
    throw new CheckError(subject, `is not JSON: ${(error as Error).message}`);
  }
  throw new CheckError(subject, "is not canonical JSON; is a key there twice?");
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Return the object of a canonical JSON file, or throw `CheckError`. */
export function jsonObject(subject: string, raw: Uint8Array): JsonObject {
  const value = canonicalValue(subject, raw);
  if (!isObject(value)) throw new CheckError(subject, "is not a JSON object");
  return value;
}

/** Return the fields of a record's line; undefined where a reader could be misled by it. */
export function recordFields(text: string): JsonObject | undefined {
  let fields: unknown;
  try {
    fields = JSON.parse(text);
    // Most records are what the browser itself writes again, letter by letter.
    const plain = !text.includes("\\u") && !LARGE.test(text) && JSON.stringify(fields) === text;
    if (!plain) fields = canonicalText(text, false);
  } catch {
    return undefined;
  }
  return isObject(fields) ? fields : undefined;
}

/** Return the text of a value with sorted keys and no white space. */
export function compact(value: Json): string {
  if (typeof value === "bigint") return value.toString();
  if (Array.isArray(value)) return `[${value.map(compact).join(",")}]`;
  if (isObject(value)) {
    const keys = Object.keys(value).sort(byCodePoint);
    return `{${keys.map((key) => `${JSON.stringify(key)}:${compact(value[key]!)}`).join(",")}}`;
  }
  return JSON.stringify(value);
}

/** Return a member that must be text. */
export function textOf(subject: string, value: JsonObject, key: string): string {
  const text = value[key];
  if (typeof text !== "string") throw new CheckError(subject, `has no text '${key}'`);
  return text;
}

/** Return a member that must be a whole number from `least` to `most`. */
export function countOf(
  subject: string,
  value: JsonObject,
  key: string,
  least: number,
  most = Number.MAX_SAFE_INTEGER,
): number {
  const count = value[key];
  if (typeof count === "number" && count >= least && count <= most) return count;
  throw new CheckError(subject, `has no whole number '${key}' from ${least} to ${most}`);
}

/** Return a value as the findings show it. */
export function shown(value: Json | undefined, most = 80): string {
  if (value === undefined || value === null) return "None";
  const text = typeof value === "string" ? `'${value}'` : compact(value);
  return text.slice(0, most);
}
