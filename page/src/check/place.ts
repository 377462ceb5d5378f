/** The files of a bundle, read in pieces and in bounded memory, and held to what the ZIP states. */

import { Deflate } from "pako";

import { type Bytes, hex, joined, same } from "./bytes.ts";
import { type Hasher, hasher } from "./hashes.ts";
import type { Member } from "./zip_layout.ts";

/** Where a file of the bundle is; `again`: it is to be compressed again and compared. */
export interface Place {
  name: string;
  file: Blob;
  size: number;
  member?: Member;
  again?: boolean;
}

// DEFLATE as zlib has it: the library's own, newer hash would give other bytes.
const FORM = { level: 6, windowBits: 15, memLevel: 8, raw: true, legacyHash: true } as const;

/** The content of a file cannot be read whole; the text says why. */
export class BrokenFileError extends Error {}

const CRC = Int32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value;
});

/** Return the CRC-32 that `before` comes to with more data (begin with 0). */
export function crc32(data: Uint8Array, before: number): number {
  let value = ~before;
  for (let at = 0; at < data.length; at += 1) value = CRC[(value ^ data[at]!) & 255]! ^ (value >>> 8);
  return ~value >>> 0;
}

/** Compresses again what was unpacked, to compare it with the compressed form that was there. */
class Again {
  private readonly seen: Hasher = hasher();
  private readonly made: Hasher = hasher();
  private readonly deflate = new Deflate({ ...FORM, chunkSize: 1 << 16 });

  constructor() {
    this.deflate.onData = (data: Uint8Array) => void this.made.update(data);
  }

  packed(data: Uint8Array): void {
    this.seen.update(data);
  }

  plain(data: Uint8Array): void {
    this.deflate.push(data, false);
  }

  same(): boolean {
    this.deflate.push(new Uint8Array(0), true);
    return same(this.seen.digest() as Bytes, this.made.digest() as Bytes);
  }
}

/** Return the sign of this page's DEFLATE, which `bag-info.txt` states of the writer's. */
export function deflateSign(): string {
  const numbers = Array.from({ length: 20_000 }, (_, number) => `${number * number}`).join(",");
  const made = hasher();
  const deflate = new Deflate(FORM);
  deflate.onData = (data: Uint8Array) => void made.update(data);
  deflate.push(new TextEncoder().encode(numbers), true);
  return hex(made.digest()).slice(0, 16);
}

async function* rawPieces(place: Place, again: Again | undefined): AsyncGenerator<Uint8Array> {
  const { member, file } = place;
  const part = member ? file.slice(member.offset, member.offset + member.packed) : file;
  const reader = part.stream().getReader();
  for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
    again?.packed(piece.value);
    yield piece.value;
  }
}

async function* inflated(place: Place, again: Again | undefined): AsyncGenerator<Uint8Array> {
  const source = new ReadableStream<Uint8Array<ArrayBuffer>>(
    pulling(rawPieces(place, again)),
  ).pipeThrough(new DecompressionStream("deflate-raw"));
  const reader = source.getReader();
  try {
    for (let piece = await reader.read(); !piece.done; piece = await reader.read()) yield piece.value;
  } catch (error) {
    throw new BrokenFileError(`cannot be unpacked: ${(error as Error).message}`);
  } finally {
    reader.releaseLock();
    await source.cancel().catch(() => undefined);
  }
}

function pulling(pieces: AsyncGenerator<Uint8Array>): UnderlyingDefaultSource<Uint8Array<ArrayBuffer>> {
  return {
    async pull(controller) {
      const next = await pieces.next();
      if (next.done) controller.close();
      else controller.enqueue(next.value as Uint8Array<ArrayBuffer>);
    },
  };
}

/** Yield the content of a file in pieces; throw `BrokenFileError` where it is not what is stated. */
export async function* pieces(place: Place): AsyncGenerator<Uint8Array> {
  const { member } = place;
  if (!member) {
    yield* rawPieces(place, undefined);
    return;
  }
  const again = place.again && !member.stored ? new Again() : undefined;
  let [size, crc] = [0, 0];
  for await (const piece of member.stored ? rawPieces(place, undefined) : inflated(place, again)) {
    size += piece.length;
    if (size > member.size) throw new BrokenFileError("unpacks to more than the ZIP states");
    crc = crc32(piece, crc);
    again?.plain(piece);
    yield piece;
  }
  if (size !== member.size || crc !== member.crc) {
    throw new BrokenFileError("does not unpack to the size and CRC that the ZIP states");
  }
  if (again && !again.same()) {
    throw new BrokenFileError("its compressed form is not the one DEFLATE level 6 gives");
  }
}

/** Return a whole file, or throw where it is longer than `most`. */
export async function whole(place: Place, most: number): Promise<Bytes> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const piece of pieces(place)) {
    parts.push(piece);
    size += piece.length;
    if (size > most) throw new BrokenFileError(`is longer than ${most} bytes, which it cannot be`);
  }
  return joined(...parts);
}
