/** Lines of a file that comes in pieces. */

import { type Bytes, joined } from "./bytes.ts";
import type { Hasher } from "./hashes.ts";
import { hasher } from "./hashes.ts";
import { CheckError } from "./report.ts";

/** No record comes near; it bounds what one line may cost. */
export const LONGEST_RECORD = 4 << 20;

/** Gives the lines of a file without their ends, and its hash and size at the end. */
export class Lines {
  private readonly hash: Hasher = hasher();
  private buffer: Uint8Array = new Uint8Array(0);
  private at = 0;
  size = 0;

  constructor(
    private readonly source: AsyncGenerator<Uint8Array>,
    private readonly subject: string,
  ) {}

  /** Return the next line where it is here already; undefined: read more. */
  here(): Uint8Array | undefined {
    const end = this.buffer.indexOf(10, this.at);
    if (end < 0) return undefined;
    const line = this.buffer.subarray(this.at, end);
    this.at = end + 1;
    return line;
  }

  /** Read on until a line is here; false at the end of the file. */
  async more(): Promise<boolean> {
    for (;;) {
      const rest = this.buffer.subarray(this.at);
      if (rest.indexOf(10) >= 0) return true;
      if (rest.length > LONGEST_RECORD) {
        throw new CheckError(this.subject, `has a line longer than ${LONGEST_RECORD} bytes`);
      }
      const piece = await this.source.next();
      if (piece.done) {
        if (rest.length) throw new CheckError(this.subject, "ends in the middle of a line");
        return false;
      }
      this.take(piece.value);
      this.buffer = rest.length ? joined(rest, piece.value) : piece.value;
      this.at = 0;
    }
  }

  /** Return the next line; undefined at the end. */
  async next(): Promise<Uint8Array | undefined> {
    const line = this.here();
    if (line) return line;
    return (await this.more()) ? this.here() : undefined;
  }

  /** Read the rest of the file and return the SHA-256 of the whole. */
  async drain(): Promise<Bytes> {
    for await (const piece of this.source) this.take(piece);
    return this.hash.digest() as Bytes;
  }

  private take(piece: Uint8Array): void {
    this.hash.update(piece);
    this.size += piece.length;
  }
}
