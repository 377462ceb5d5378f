/** The rows of a CSV file beside the records they stand for (FORMAT.md, 5). */

import { decoded, hex, shownText, startsWith } from "./bytes.ts";
import { type Json, type JsonObject, compact, isObject } from "./canonical.ts";
import { sha256 } from "./hashes.ts";
import { type Problem, problem } from "./report.ts";
import { WITHHELD, withheldLeaf } from "./withheld_check.ts";

const BOM = Uint8Array.of(0xef, 0xbb, 0xbf);
const HEADER =
  "seq,t,type,origin,rx,class,code,name,zone,user,area,text,new,marks,part,rcv,listener,group," +
  "number,proto,panel_time,sender_time,sequence,frame,plain,journal,position,doc,more," +
  "record_sha256";
const COLUMNS = HEADER.split(",");
const DIRECT = COLUMNS.slice(0, 25);
const ELSEWHERE = new Set([...DIRECT, "doc", "acct", "epoch", "salt", "entry"]);
const UNSHOWN = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\ufeff]/g;
const FORMULA = /^[=+\-@]/;
// Wrong rows told one by one; a file with more is wrong throughout.
const MOST_ROWS = 20;

/** Compares rows, one by one, with the records they are of. */
export class Rows {
  readonly problems: Problem[] = [];
  private begun = false;
  private ended = false;

  constructor(private readonly name: string) {}

  /** Take the next line of the file, without its line feed, as the row of a record. */
  compare(line: Uint8Array | undefined, raw: Uint8Array, fields: JsonObject): void {
    if (this.ended) return;
    if (line === undefined) {
      this.ended = true;
      this.wrong(`ends before record ${text(fields.seq)}`);
      return;
    }
    const row = this.text(line);
    const expected = expectedRow(raw, fields);
    if (row === expected.join(",") && !row.includes('"')) return;
    // One writing for one row: a reader of CSV may take a quote out of place in many ways.
    if (row !== expected.map(inCsv).join(",")) {
      this.wrong(`the row of record ${text(fields.seq)} does not agree with the record`);
    }
  }

  /** Take the first line, which names the columns. */
  begin(line: Uint8Array | undefined): void {
    if (line === undefined || this.text(line) !== HEADER) {
      this.wrong("its head is not the row of columns there must be");
    }
  }

  /** Tell of rows beyond the last record. */
  end(line: Uint8Array | undefined): void {
    if (!this.ended && line !== undefined) this.wrong("has more rows than there are records");
  }

  wrong(text: string): void {
    if (this.problems.length < MOST_ROWS) this.problems.push(problem(this.name, text));
  }

  private text(line: Uint8Array): string {
    let body = line;
    if (!this.begun) {
      this.begun = true;
      if (startsWith(line, BOM)) body = line.subarray(3);
      else this.wrong("does not begin with the mark of UTF-8");
    }
    if (body[body.length - 1] === 13) body = body.subarray(0, -1);
    else this.wrong("a line does not end in CR LF");
    const text = decoded(body);
    if (text === undefined) this.wrong("a line is not UTF-8");
    return text ?? shownText(body);
  }
}

/** Write a cell: in quotes where it has a comma or a quote, and only there. */
function inCsv(cell: string): string {
  return /[,"]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}

/** Return the cells that the row of a record must have. */
export function expectedRow(raw: Uint8Array, fields: JsonObject): string[] {
  const { seq } = fields;
  if (typeof seq === "number" && withheldLeaf(fields, seq) !== undefined) return withheldRow(fields);
  const row = DIRECT.map((key) => cell(key, fields[key]));
  row.push(...lastCells(fields), hex(sha256(raw)));
  return row.map(tame);
}

/** Return the row of a record that is withheld: its number, that it is, and its leaf. */
function withheldRow(fields: JsonObject): string[] {
  const said: Record<string, string> = {
    seq: text(fields.seq),
    type: WITHHELD,
    more: compact({ leaf: fields.leaf! }),
  };
  return COLUMNS.map((column) => said[column] ?? "");
}

/** Return journal, position, doc, and everything that has no column. */
function lastCells(fields: JsonObject): string[] {
  const { entry } = fields;
  const left: JsonObject = Object.create(null) as JsonObject;
  for (const key in fields) if (!ELSEWHERE.has(key)) left[key] = fields[key]!;
  let [journal, position] = ["", ""];
  if (isObject(entry)) [journal, position] = [text(entry.journal), text(entry.position)];
  else if (entry !== undefined && entry !== null) left.entry = entry;
  return [journal, position, text(fields.doc), Object.keys(left).length ? compact(left) : ""];
}

function cell(key: string, value: Json | undefined): string {
  if (typeof value === "string") return value;
  if (Array.isArray(value)) {
    if (key === "part" && value.length === 2) return `${text(value[0])}/${text(value[1])}`;
    if (key === "marks" && value.every((mark) => typeof mark === "string")) return value.join(" ");
  }
  return text(value);
}

function text(value: Json | undefined): string {
  if (typeof value === "string") return value;
  return value === undefined || value === null ? "" : compact(value);
}

function tame(value: string): string {
  const shown = value.replace(UNSHOWN, (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, "0")}`);
  return FORMULA.test(shown) ? `'${shown}` : shown;
}
