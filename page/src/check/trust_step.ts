/** 4. `trust`: the copies inside are those we were given; they prove nothing themselves. */

import { type Bytes, contains, hex, shownText } from "./bytes.ts";
import type { Examination } from "./examination.ts";
import { sha256 } from "./hashes.ts";
import { LOG_KEYS, logKeys } from "./log_key_check.ts";
import type { Anchors } from "./report.ts";
import { DerError } from "./der.ts";
import { certificates, fingerprintOf } from "./signatures.ts";

const TSA = "trust/tsa.pem";
const SIGNER = "trust/signer.pem";
const LOG = "trust/log.pub.pem";

/** Check what lies in `trust/`, and settle whom the later steps trust. */
export async function trust(work: Examination, anchors: Anchors): Promise<void> {
  const { report } = work;
  work.trusted.crls = anchors.crls;
  work.trusted.root = await certificatesOf(work, "trust/root.pem", anchors.root);
  if (anchors.tsa) {
    work.trusted.tsa = await certificatesOf(work, TSA, anchors.tsa);
  } else {
    work.trusted.tsa = await inside(work, TSA);
    report.notChecked.push(
      "the time-stamp authority against one from outside: the bundle's own word is taken for it",
    );
  }
  await checkSigner(work);
  await checkLogKey(work, anchors.log);
  report.conclude("trust", "trust/", "agrees with what was given from outside");
  const changes = work.trusted.log?.changes.length;
  if (changes) {
    const text = `${changes} change(s) of the log key, each signed off by the key before`;
    report.add("trust", "passed", LOG_KEYS, text);
  }
}

async function inside(work: Examination, name: string): Promise<Bytes[]> {
  try {
    return certificates(await work.text(name));
  } catch (error) {
    if (!(error instanceof DerError)) throw error;
    work.report.failed("trust", name, `holds ${error.message}`);
    return [];
  }
}

/** Return the certificates that were given for a file of `trust/`, after comparing the two. */
async function certificatesOf(work: Examination, name: string, given: string): Promise<Bytes[]> {
  const { report, opened } = work;
  const wanted = fingerprintOf(given);
  if (!given.trim()) {
    report.undecided("trust", name, "was not compared: none was given from outside the bundle");
    return [];
  }
  if (wanted) {
    const found = await inside(work, name);
    const mine = found.filter((it) => hex(sha256(it)) === wanted);
    if (opened.has(name) && (!mine.length || (name !== TSA && mine.length < found.length))) {
      report.failed("trust", name, "is not what was given from outside the bundle");
    }
    return mine;
  }
  try {
    const known = certificates(given);
    const text = await work.read(name);
    if (!text) return known;
    const prints = new Set(known.map(hex));
    const found = certificates(shownText(text));
    if (!known.length) report.undecided("trust", name, "the file given for it holds no certificate");
    // Stamps of other authorities are not judged; those of one that was given are enough.
    else if (name === TSA && found.some((it) => prints.has(hex(it)))) return known;
    else if (!found.length || !found.every((it) => prints.has(hex(it)))) {
      report.failed("trust", name, "is not what was given from outside the bundle");
    }
    return known;
  } catch (error) {
    if (!(error instanceof DerError)) throw error;
    report.failed("trust", name, `holds ${error.message}`);
    return [];
  }
}

async function checkSigner(work: Examination): Promise<void> {
  const [signer, p7s] = [await work.read(SIGNER), await work.read("tagmanifest-sha256.txt.p7s")];
  if (!signer || !p7s) return;
  try {
    const found = certificates(shownText(signer));
    // Inside are the signer's and its chain, and in what is signed the hash of the signer's own.
    const named = found.some((it) => contains(p7s, sha256(it)));
    if (!named || found.some((it) => !contains(p7s, it))) {
      work.report.failed("trust", SIGNER, "is not the certificate the seal was made with");
    }
  } catch (error) {
    if (!(error instanceof DerError)) throw error;
    work.report.failed("trust", SIGNER, `holds ${error.message}`);
  }
}

/** Settle which log key counts for a note: the one given, or one that it leads to. */
async function checkLogKey(work: Examination, given: string): Promise<void> {
  const [there, statement] = [await work.read(LOG), work.statement];
  if (!given.trim()) {
    work.report.notChecked.push(
      "the log key against one from outside: the bundle's own word is taken for it",
    );
  }
  if (!statement || (!given.trim() && !there)) return;
  const settled = await logKeys(given, there, await work.read(LOG_KEYS), statement.origin);
  work.trusted.log = settled.keys;
  work.report.tell("trust", settled.problems);
}
