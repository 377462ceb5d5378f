/**
 * A container's ZIP, read so that every byte of it is accounted for (FORMAT.md, 2).
 *
 * The local headers follow each other from byte 0, each agrees with its directory entry field by
 * field, the directory follows at once, and the file ends with it.
 */

import { decoded, same, shownText } from "./bytes.ts";
import { CheckError } from "./report.ts";

const LOCAL = 30;
const CENTRAL = 46;
const END = 22;
const DATE = 0x0021;
const MADE_BY = (3 << 8) | 20;
const NEEDED = 20;
const MODE = 0o100644 * 2 ** 16;
const MOST_DIRECTORY = 64 << 20;
const ZIP64 = 0xffff;
const MOST_RATIO = 200;
const RATIO_FREE = 64 << 20;
const PART = /^[A-Za-z0-9._-]+$/;
// Local headers are checked in runs that lie close together, to read a file in few pieces.
const WINDOW = 1 << 20;

/** An entry of the ZIP: where its data lies, and what it must unpack to. */
export interface Member {
  name: string;
  stored: boolean;
  crc: number;
  packed: number;
  size: number;
  offset: number;
}

interface Row {
  name: string;
  raw: Uint8Array;
  head: Uint8Array;
  where: number;
  form: boolean;
  member: Member;
}

/** Tell whether `name` is anything but parts of [A-Za-z0-9._-] joined by /. */
export function unsafePart(name: string): boolean {
  return name.split("/").some((part) => part === "." || part === ".." || !PART.test(part));
}

async function bytesAt(file: Blob, start: number, end: number): Promise<Uint8Array> {
  return new Uint8Array(await file.slice(start, end).arrayBuffer());
}

/** Return the entries of a ZIP, or throw `CheckError`; with `stored` the first is that one, stored. */
export async function readLayout(file: Blob, subject: string, stored?: string): Promise<Member[]> {
  const { start, count } = await endRecord(file, subject);
  const directory = await bytesAt(file, start, file.size - END);
  const headers = new Headers(file);
  const members: Member[] = [];
  let [at, offset] = [0, 0];
  for (let number = 0; number < count; number += 1) {
    const row = centralRow(subject, directory, at);
    at += CENTRAL + row.raw.length;
    await checkMember(headers, row, offset);
    members.push(row.member);
    offset = row.member.offset + row.member.packed;
  }
  if (at !== directory.length || offset !== start) {
    throw new CheckError(subject, "has bytes between its entries that belong to none");
  }
  checkNames(subject, members, stored);
  checkBomb(subject, members, file.size);
  return members;
}

async function endRecord(file: Blob, subject: string): Promise<{ start: number; count: number }> {
  if (file.size < END) throw new CheckError(subject, "is too short for a ZIP");
  const view = new DataView((await bytesAt(file, file.size - END, file.size)).buffer as ArrayBuffer);
  const short = (at: number) => view.getUint16(at, true);
  const long = (at: number) => view.getUint32(at, true);
  if (long(0) !== 0x06054b50) {
    throw new CheckError(subject, "does not end as a ZIP: it is cut short, or has something after");
  }
  const count = short(10);
  if (short(4) || short(6) || short(20) || short(8) !== count || count === ZIP64) {
    throw new CheckError(subject, "its end record holds what it must not");
  }
  const [length, start] = [long(12), long(16)];
  if (start + length + END !== file.size || length > MOST_DIRECTORY) {
    throw new CheckError(subject, "its directory is not where it must be; has it junk before it?");
  }
  return { start, count };
}

function centralRow(subject: string, directory: Uint8Array, at: number): Row {
  if (at + CENTRAL > directory.length) throw new CheckError(subject, "its directory is cut short");
  const view = new DataView(directory.buffer as ArrayBuffer, directory.byteOffset + at, CENTRAL);
  const short = (place: number) => view.getUint16(place, true);
  const long = (place: number) => view.getUint32(place, true);
  const length = short(28);
  const raw = directory.subarray(at + CENTRAL, at + CENTRAL + length);
  const ascii = raw.every((byte) => byte < 0x80);
  if (long(0) !== 0x02014b50 || raw.length !== length || !ascii) {
    throw new CheckError(subject, "its directory holds what is no entry");
  }
  const name = decoded(raw) ?? shownText(raw);
  const [method, packed, size] = [short(10), long(20), long(24)];
  const form =
    [short(4), short(6), short(8), short(12), short(14)].join() === [MADE_BY, NEEDED, 0, 0, DATE].join() &&
    ![short(30), short(32), short(34), short(36)].some(Boolean) &&
    long(38) === MODE;
  // What the local header must be: signature, then the fields from `version needed` on, no extra.
  const head = new Uint8Array(LOCAL + length);
  head.set([0x50, 0x4b, 3, 4]);
  head.set(directory.subarray(at + 6, at + 32), 4);
  head.set(raw, LOCAL);
  const member = { name, stored: method === 0, crc: long(16), packed, size, offset: 0 };
  return { name, raw, head, where: long(42), form: form && (method === 0 || method === 8), member };
}

async function checkMember(headers: Headers, row: Row, offset: number): Promise<void> {
  if (!row.form) {
    throw new CheckError(row.name, "its directory entry differs from the one form there is");
  }
  if (row.where !== offset) {
    throw new CheckError(row.name, "does not follow the entry before it; junk, a gap or an overlap");
  }
  if (!same(await headers.at(offset, row.head.length), row.head)) {
    throw new CheckError(row.name, "its local header differs from its directory entry");
  }
  if (row.member.stored && row.member.packed !== row.member.size) {
    throw new CheckError(row.name, "is packed in a way that is not used here");
  }
  row.member.offset = offset + row.head.length;
}

/** Reads small pieces of a file, keeping the run they lie in. */
class Headers {
  private begin = 0;
  private window: Uint8Array = new Uint8Array(0);

  constructor(private readonly file: Blob) {}

  async at(offset: number, length: number): Promise<Uint8Array> {
    if (offset < this.begin || offset + length > this.begin + this.window.length) {
      this.begin = offset;
      this.window = await bytesAt(this.file, offset, offset + Math.max(length, WINDOW));
    }
    return this.window.subarray(offset - this.begin, offset - this.begin + length);
  }
}

function checkNames(subject: string, members: Member[], stored: string | undefined): void {
  for (const { name } of members) {
    if (unsafePart(name)) throw new CheckError(name, "is not a safe name for a file");
  }
  let rest = members;
  if (stored !== undefined) {
    const first = members[0];
    if (first?.name !== stored || !first.stored) {
      throw new CheckError(subject, `its first entry is not ${stored}, stored`);
    }
    rest = members.slice(1);
  }
  const sorted = rest.every((it, at) => !at || rest[at - 1]!.name < it.name);
  if (!sorted || rest.some((it) => it.name === stored)) {
    throw new CheckError(subject, "its entries are not sorted by name, or one is there twice");
  }
  for (const { name, stored: plain } of rest) {
    if (plain) throw new CheckError(name, "is not compressed as it must be");
  }
}

function checkBomb(subject: string, members: Member[], size: number): void {
  const whole = members.reduce((sum, it) => sum + it.size, 0);
  if (whole > Math.max(RATIO_FREE, MOST_RATIO * size)) {
    const text = `would unpack to ${whole} bytes from ${size}; nothing of it was unpacked`;
    throw new CheckError(subject, text);
  }
}
