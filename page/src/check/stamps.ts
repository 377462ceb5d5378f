/** What was said of each time stamp under the authorities given, asked once. */

import { type Bytes, hex } from "./bytes.ts";
import type { Examination } from "./examination.ts";
import { sha256 } from "./hashes.ts";
import { type Answer, type StampToken, stampHolds } from "./signatures.ts";

/** Ask whether a stamp holds under the authorities given, once. */
export async function asked(work: Examination, token: StampToken, data: Bytes): Promise<Answer> {
  // The same token may stand in two places, and be over the bytes of one of them only.
  const digits = `${hex(token.der)} ${hex(sha256(data))}`;
  const known = work.stamps.get(digits) ?? (await stampHolds(token, data, work.trusted.tsa));
  work.stamps.set(digits, known);
  return known;
}

/**
 * Return the time at which what carries these stamps is judged: the earliest that is believed.
 *
 * One stamp is told of where it does not hold; of several, one of a stranger must not decide.
 */
export async function stampedAt(work: Examination, tokens: readonly StampToken[], data: Bytes): Promise<number> {
  const believed: number[] = [];
  for (const token of tokens.length > 1 ? tokens : []) {
    if ((await asked(work, token, data)).holds) believed.push(token.time);
  }
  return Math.min(...(believed.length ? believed : tokens.map((it) => it.time)));
}
