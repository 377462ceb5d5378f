/** Bytes and their writings: hexadecimal, base64 in its one form, UTF-8 that is UTF-8. */

const STRICT = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const LENIENT = new TextDecoder("utf-8", { ignoreBOM: true });
const ENCODER = new TextEncoder();
const DIGITS = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

export type Bytes = Uint8Array<ArrayBuffer>;

/** Return the UTF-8 of a text. */
export function encoded(text: string): Bytes {
  return ENCODER.encode(text) as Bytes;
}

/** Return the text of UTF-8; undefined where it is none. */
export function decoded(data: Uint8Array): string | undefined {
  try {
    return STRICT.decode(data);
  } catch {
    return undefined;
  }
}

/** Return the text of UTF-8, with a mark for what is none. */
export function shownText(data: Uint8Array): string {
  return LENIENT.decode(data);
}

export function hex(data: Uint8Array): string {
  let text = "";
  for (const byte of data) text += DIGITS[byte];
  return text;
}

/** Return the bytes of lower-case hexadecimal digits; undefined where they are none. */
export function fromHex(text: string): Bytes | undefined {
  if (!/^(?:[0-9a-f]{2})*$/.test(text)) return undefined;
  const data = new Uint8Array(text.length / 2);
  for (let at = 0; at < data.length; at += 1) data[at] = Number.parseInt(text.slice(2 * at, 2 * at + 2), 16);
  return data;
}

export function base64(data: Uint8Array): string {
  let text = "";
  for (let at = 0; at < data.length; at += 0x8000) {
    text += String.fromCharCode(...data.subarray(at, at + 0x8000));
  }
  return btoa(text);
}

/** Return the bytes of base64 in its one form: padded, no other letters, no left-over bits. */
export function fromBase64(text: string): Bytes | undefined {
  if (text.length % 4 || !/^[A-Za-z0-9+/]*={0,2}$/.test(text)) return undefined;
  let binary: string;
  try {
    binary = atob(text);
  } catch {
    return undefined;
  }
  const data = Uint8Array.from(binary, (letter) => letter.charCodeAt(0));
  return base64(data) === text ? data : undefined;
}

export function same(one: Uint8Array | undefined, two: Uint8Array | undefined): boolean {
  if (!one || !two || one.length !== two.length) return false;
  return one.every((byte, at) => byte === two[at]);
}

export function joined(...parts: Uint8Array[]): Bytes {
  const whole = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** Tell whether `part` stands anywhere in `whole`. */
export function contains(whole: Uint8Array, part: Uint8Array): boolean {
  for (let at = whole.indexOf(part[0]!); at >= 0; at = whole.indexOf(part[0]!, at + 1)) {
    if (same(whole.subarray(at, at + part.length), part)) return true;
  }
  return false;
}

export function startsWith(whole: Uint8Array, part: Uint8Array): boolean {
  return same(whole.subarray(0, part.length), part);
}

/** Return a number as `width` bytes, the most significant first. */
export function bigEndian(number: number, width: 4 | 8): Bytes {
  const data = new Uint8Array(width);
  const view = new DataView(data.buffer);
  if (width === 4) view.setUint32(0, number);
  else view.setBigUint64(0, BigInt(number));
  return data;
}
