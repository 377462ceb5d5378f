/** CSV as the bundle's files have it: RFC 4180, UTF-8 with its mark. */

import { decoded } from "./bytes.ts";
import { CheckError } from "./report.ts";

/** Return the cells of each line of a CSV text. */
export function table(text: string): string[][] {
  const lines: string[][] = [];
  let cells: string[] = [];
  let at = 0;
  while (at < text.length) {
    const [cell, next] = cellAt(text, at);
    cells.push(cell);
    at = next;
    if (text[at] === ",") {
      at += 1;
      if (at < text.length) continue;
      cells.push("");
    }
    if (text[at] === "\r") at += 1;
    if (text[at] === "\n") at += 1;
    lines.push(cells);
    cells = [];
  }
  return lines;
}

function cellAt(text: string, begin: number): [string, number] {
  if (text[begin] !== '"') return plain(text, begin);
  let [cell, at] = ["", begin + 1];
  for (;;) {
    const quote = text.indexOf('"', at);
    if (quote < 0) return [cell + text.slice(at), text.length];
    cell += text.slice(at, quote);
    at = quote + 1;
    if (text[at] !== '"') break;
    cell += '"';
    at += 1;
  }
  const [rest, end] = plain(text, at);
  return [cell + rest, end];
}

function plain(text: string, begin: number): [string, number] {
  let end = begin;
  while (end < text.length && text[end] !== "," && text[end] !== "\n" && text[end] !== "\r") end += 1;
  return [text.slice(begin, end), end];
}

/** Return the rows of a CSV file, each by the names in its first line. */
export function rows(subject: string, raw: Uint8Array): Record<string, string>[] {
  const text = decoded(raw);
  if (text === undefined) throw new CheckError(subject, "is not CSV in UTF-8");
  const [head, ...lines] = table(text.replace(/^\ufeff/, "")).filter((it) => it.length > 1 || it[0]);
  return lines.map((line) => Object.fromEntries((head ?? []).map((name, at) => [name, line[at] ?? ""])));
}
