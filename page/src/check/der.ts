/** DER, where its bytes matter and not only what they mean: values one after the other. */

import { type Bytes, hex } from "./bytes.ts";

/** The bytes are not the DER structure they must be; the text says why. */
export class DerError extends Error {}

/** A value: its tag, all its bytes, and those behind tag and length. */
export interface Node {
  tag: number;
  raw: Bytes;
  body: Bytes;
}

const CONSTRUCTED = 0x20;
const UTC_TIME = 0x17;
const TIME = 0x18;
// Two-digit years of certificates begin with 1950 (RFC 5280, 4.1.2.5.1).
const CENTURY_TURNS = 50;

/** Yield the values that stand one after the other in `data`. */
export function* nodes(data: Bytes): Generator<Node> {
  let at = 0;
  while (at < data.length) {
    const begin = at;
    const [tag, first] = [data[at]!, data[at + 1]];
    if (first === undefined) throw new DerError("a value is cut short");
    at += 2;
    let length = first;
    if (first & 0x80) {
      const wide = first & 0x7f;
      if (wide < 1 || wide > 4) throw new DerError("a length is not in definite form");
      length = data.subarray(at, at + wide).reduce((sum, byte) => sum * 256 + byte, 0);
      at += wide;
    }
    if (at + length > data.length) throw new DerError("a value is cut short");
    yield { tag, raw: data.subarray(begin, at + length), body: data.subarray(at, at + length) };
    at += length;
  }
}

/** Return the one value that `data` is. */
export function only(data: Bytes, tag: number): Node {
  const found = [...nodes(data)];
  if (found.length !== 1 || found[0]!.tag !== tag) {
    throw new DerError("another structure than the one expected");
  }
  return found[0]!;
}

/** Return the values in `data`, of which there must be so many. */
export function several(data: Bytes, count: number): Node[] {
  const found = [...nodes(data)];
  if (found.length !== count) throw new DerError("another structure than the one expected");
  return found;
}

/** Tell whether every length in `der` is written in the one way that DER has. */
export function strict(der: Bytes): boolean {
  return [...nodes(der)].every(
    ({ tag, raw, body }) =>
      hex(raw.subarray(1, raw.length - body.length)) === hex(lengthOf(body.length)) &&
      (!(tag & CONSTRUCTED) || strict(body)),
  );
}

function lengthOf(length: number): Uint8Array {
  if (length < 0x80) return Uint8Array.of(length);
  const digits: number[] = [];
  for (let rest = length; rest; rest = Math.floor(rest / 256)) digits.unshift(rest % 256);
  return Uint8Array.of(0x80 | digits.length, ...digits);
}

/** Return a time in either of its forms (RFC 5280, 4.1.2.5), in microseconds since 1970. */
export function momentOf({ tag, body }: Node): number {
  let digits = String.fromCharCode(...body);
  if (tag === UTC_TIME) digits = (Number(digits.slice(0, 2)) >= CENTURY_TURNS ? "19" : "20") + digits;
  else if (tag !== TIME) throw new DerError("a time is not where one must be");
  const parts = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/.exec(digits)?.slice(1);
  const text = parts && `${parts.slice(0, 3).join("-")}T${parts.slice(3).join(":")}Z`;
  const time = text === undefined ? Number.NaN : Date.parse(text);
  if (Number.isNaN(time)) throw new DerError("a time cannot be read");
  return time * 1000;
}
