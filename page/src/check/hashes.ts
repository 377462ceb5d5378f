/** SHA-256 and what of the ledger is hashed with it (FORMAT.md, 5 and 7). */

import { sha256 as hashed } from "@noble/hashes/sha2.js";

import { type Bytes, bigEndian, encoded, joined } from "./bytes.ts";

/** A hash that is made piece by piece. */
export interface Hasher {
  update(data: Uint8Array): Hasher;
  digest(): Uint8Array;
}

const ACCOUNT = encoded("stationd:acctkey:v1\0");
const GENESIS = encoded("stationd:genesis:v1\0");
const RECORD = encoded("stationd:record:v1\0");
const CHAIN = encoded("stationd:chain:v1\0");
const STATE_LEAF = encoded("stationd:state-leaf:v1\0");
const STATE_NODE = encoded("stationd:state-node:v1\0");
const DOCUMENT = encoded("stationd:doc:v1\0");
const LEAF = Uint8Array.of(0);
const NODE = Uint8Array.of(1);

export function hasher(): Hasher {
  return hashed.create() as Hasher;
}

export function sha256(data: Uint8Array): Bytes {
  return hashed(data) as Bytes;
}

function lengthAnd(text: string): Bytes {
  const data = encoded(text);
  return joined(bigEndian(data.length, 4), data);
}

/** Return the name of a chain as the state tree knows it. */
export function accountKey(station: string, acct: string, epoch: number): Bytes {
  return sha256(joined(ACCOUNT, lengthAnd(station), lengthAnd(acct), bigEndian(epoch, 4)));
}

export function genesis(key: Uint8Array): Bytes {
  return sha256(joined(GENESIS, key));
}

const recordStart = hashed.create().update(RECORD);

/** Return the leaf of a record's bytes. */
export function recordLeaf(record: Uint8Array): Bytes {
  return recordStart.clone().update(record).digest() as Bytes;
}

const link = new Uint8Array(CHAIN.length + 32 + 8 + 32);
link.set(CHAIN);
const linkView = new DataView(link.buffer);

/** Return the head of a chain after its n-th leaf. */
export function nextHead(head: Uint8Array, n: number, leaf: Uint8Array): Bytes {
  link.set(head, CHAIN.length);
  linkView.setUint32(CHAIN.length + 32, Math.floor(n / 2 ** 32));
  linkView.setUint32(CHAIN.length + 36, n % 2 ** 32);
  link.set(leaf, CHAIN.length + 40);
  return sha256(link);
}

/** Return the leaf of one chain in the state tree. */
export function stateLeaf(key: Uint8Array, n: number, head: Uint8Array): Bytes {
  return sha256(joined(STATE_LEAF, key, bigEndian(n, 8), head));
}

export function stateNode(left: Uint8Array, right: Uint8Array): Bytes {
  return sha256(joined(STATE_NODE, left, right));
}

export function logLeaf(entry: Uint8Array): Bytes {
  return sha256(joined(LEAF, entry));
}

export function logNode(left: Uint8Array, right: Uint8Array): Bytes {
  return sha256(joined(NODE, left, right));
}

/** Return a hash over a document, begun with the salt that its record has. */
export function documentHasher(salt: Uint8Array): Hasher {
  return hasher().update(DOCUMENT).update(salt);
}
