/**
 * Proofs against the state tree and the checkpoint log (FORMAT.md, 7).
 *
 * Each function gives the root that a proof leads to, or undefined where it is no proof at all; the
 * caller compares the root with the one that is signed.
 */

import { type Bytes, same } from "./bytes.ts";
import { logNode, stateLeaf, stateNode } from "./hashes.ts";

/** The chain that stands in another's place. */
export interface Occupant {
  key: Bytes;
  size: number;
  head: Bytes;
}

function bit(key: Uint8Array, depth: number): number {
  return (key[depth >> 3]! >> (7 - (depth & 7))) & 1;
}

function climb(key: Uint8Array, start: Bytes, siblings: readonly Bytes[]): Bytes {
  let node = start;
  for (let depth = siblings.length - 1; depth >= 0; depth -= 1) {
    const sibling = siblings[depth]!;
    node = bit(key, depth) ? stateNode(sibling, node) : stateNode(node, sibling);
  }
  return node;
}

function isPath(siblings: readonly Bytes[]): boolean {
  return siblings.length >= 16 && siblings.length <= 256 && siblings.every((it) => it.length === 32);
}

/** Return the state root in which `key` has `n` and `head`; siblings run from the root downwards. */
export function stateRootFromSiblings(
  key: Bytes,
  n: number,
  head: Bytes,
  siblings: readonly Bytes[],
): Bytes | undefined {
  return isPath(siblings) ? climb(key, stateLeaf(key, n, head), siblings) : undefined;
}

/** Return the state root in which `key` is absent: its place is empty, or another's. */
export function stateRootFromAbsence(
  key: Bytes,
  siblings: readonly Bytes[],
  other: Occupant | undefined,
): Bytes | undefined {
  if (!isPath(siblings)) return undefined;
  if (!other) return climb(key, new Uint8Array(32), siblings);
  const shared = siblings.every((_, depth) => bit(key, depth) === bit(other.key, depth));
  if (!shared || same(key, other.key)) return undefined;
  return climb(key, stateLeaf(other.key, other.size, other.head), siblings);
}

// Sizes of logs are below 2^53: halving is exact, bit operations would cut them at 2^32.
const half = (number: number) => Math.floor(number / 2);
const odd = (number: number) => number % 2 === 1;

function toARightChild(fn: number, sn: number): [number, number] {
  let [one, two] = [fn, sn];
  while (!odd(one) && one) [one, two] = [half(one), half(two)];
  return [one, two];
}

/** Return the log root of `size` in which `leaf` is entry `index` (RFC 9162, 2.1.3.2). */
export function logRootFromInclusion(
  leaf: Bytes,
  index: number,
  size: number,
  proof: readonly Bytes[],
): Bytes | undefined {
  if (index < 0 || index >= size) return undefined;
  let [fn, sn, root] = [index, size - 1, leaf];
  for (const step of proof) {
    if (sn === 0) return undefined;
    if (odd(fn) || fn === sn) {
      root = logNode(step, root);
      [fn, sn] = toARightChild(fn, sn);
    } else {
      root = logNode(root, step);
    }
    [fn, sn] = [half(fn), half(sn)];
  }
  return sn === 0 ? root : undefined;
}

/** Return the root of `newSize` that only appends to `oldRoot` (RFC 9162, 2.1.4.2). */
export function logRootFromConsistency(
  oldSize: number,
  oldRoot: Bytes,
  newSize: number,
  proof: readonly Bytes[],
): Bytes | undefined {
  if (oldSize === newSize) return proof.length ? undefined : oldRoot;
  if (oldSize <= 0 || oldSize > newSize || !proof.length) return undefined;
  let [fn, sn] = [oldSize - 1, newSize - 1];
  while (odd(fn)) [fn, sn] = [half(fn), half(sn)];
  // Where the old log is a whole subtree, its root is not repeated in the proof.
  const path = fn === 0 ? [oldRoot, ...proof] : [...proof];
  let first = path[0]!;
  let second = path[0]!;
  for (const step of path.slice(1)) {
    if (sn === 0) return undefined;
    if (odd(fn) || fn === sn) {
      first = logNode(step, first);
      second = logNode(step, second);
      [fn, sn] = toARightChild(fn, sn);
    } else {
      second = logNode(second, step);
    }
    [fn, sn] = [half(fn), half(sn)];
  }
  return sn === 0 && same(first, oldRoot) ? second : undefined;
}
