/** 6. `timestamp`: every stamp on the three parts of a seal, RFC 3161, each on its own. */

import { stampNames } from "./bag_check.ts";
import { type Bytes, hex } from "./bytes.ts";
import { DerError } from "./der.ts";
import type { Examination } from "./examination.ts";
import { TOLERANCE, entryTime, moment } from "./note_check.ts";
import { SIGNATURES } from "./opened.ts";
import { judged, ownIssuer } from "./revocation_check.ts";
import { form } from "./seal_step.ts";
import {
  type Answer,
  type StampToken,
  authorityName,
  certificates,
  replyToken,
  signatureStamps,
  stampHolds,
  tokenCertificates,
} from "./signatures.ts";
import { asked } from "./stamps.ts";
import { XadesError } from "./xades_check.ts";

const TAGS = "tagmanifest-sha256.txt";
const SEAL = `${TAGS}.p7s`;
const STAMP = `${TAGS}.tsr`;

/** A stamp that was read: the file it is told of, and what it must be over. */
interface Stamp {
  name: string;
  token: StampToken;
  data: Bytes;
}

/** 6. Every stamp holds under its authority, and follows the checkpoint. */
export async function timestamp(work: Examination): Promise<void> {
  const { report } = work;
  const listed = stampNames(work.opened.names());
  const [seal, list] = [await ofSeal(work), await ofList(work, listed)];
  const good: Stamp[] = [];
  for (const part of [seal, list, await ofContainer(work)]) {
    good.push(...(await believed(work, part, good.length > 0)));
  }
  if (seal.length && listed.length && listed.length !== seal.length) {
    report.failed("timestamp", STAMP, `carries ${listed.length} stamp(s), and the seal ${seal.length}`);
  }
  const ours = good.filter((it) => listed.includes(it.name));
  // Where a stranger alone stamped the list, the time is the one that the seal's own stamp gives.
  conclude(work, ours.length ? ours : good.filter((it) => it.name === SEAL));
}

function conclude(work: Examination, shown: readonly Stamp[]): void {
  const { report } = work;
  const iso = (micros: number) => `${new Date(micros / 1000).toISOString().slice(0, 19)}Z`;
  if (!shown.length) {
    const text = "carries no stamp that holds, so that nothing shows when it was sealed";
    if (!report.findings.some((it) => it.step === "timestamp")) report.failed("timestamp", STAMP, text);
    return;
  }
  report.sealedAt = iso(Math.min(...shown.map((it) => it.token.time)));
  const names = shown.map((it) => authorityName(it.token.der) || "unnamed");
  const by = names.length > 1 ? `, stamped by ${names.join(", ")}` : "";
  report.conclude("timestamp", STAMP, `sealed not later than ${report.sealedAt}${by}`);
}

async function ofSeal(work: Examination): Promise<Stamp[]> {
  const p7s = await work.read(SEAL);
  if (!p7s) return [];
  try {
    const { value, tokens } = signatureStamps(p7s);
    return tokens.map((token) => ({ name: SEAL, token, data: value }));
  } catch (error) {
    if (!(error instanceof DerError)) throw error;
    work.report.failed("timestamp", SEAL, `carries no stamp that can be read: ${error.message}`);
    return [];
  }
}

async function ofContainer(work: Examination): Promise<Stamp[]> {
  const read = await form(work);
  // Step 5 tells of a document that is not of the form.
  if (!read || read instanceof XadesError) return [];
  return read.tokens.map((token) => ({ name: SIGNATURES, token, data: read.stamped }));
}

async function ofList(work: Examination, names: readonly string[]): Promise<Stamp[]> {
  const data = await work.read(TAGS);
  const found: Stamp[] = [];
  for (const name of names) {
    const raw = await work.read(name);
    if (!raw || !data) continue;
    try {
      found.push({ name, token: replyToken(raw), data });
    } catch (error) {
      if (!(error instanceof DerError)) throw error;
      work.report.failed("timestamp", name, `is no reply that can be read: ${error.message}`);
    }
  }
  return found;
}

/**
 * Judge the stamps on one part; return those that hold under the authorities given.
 *
 * One of an authority that the bundle names and that was not given is not judged, as long as
 * another holds, on this part or (`beside`) on one before.
 */
async function believed(work: Examination, stamps: readonly Stamp[], beside: boolean): Promise<Stamp[]> {
  const { report } = work;
  const good: Stamp[] = [];
  const strangers: [Stamp, Answer][] = [];
  for (const stamp of stamps) {
    const answer = await asked(work, stamp.token, stamp.data);
    if (answer.holds === undefined) report.undecided("timestamp", stamp.name, answer.reason);
    else if (answer.holds) {
      good.push(stamp);
      checkAuthority(work, stamp);
    } else if (await namedInside(work, stamp)) strangers.push([stamp, answer]);
    else report.failed("timestamp", stamp.name, `its stamp does not hold: ${answer.reason}`);
    checkAfter(work, stamp);
  }
  for (const [stamp, answer] of strangers) {
    const name = authorityName(stamp.token.der) || "unnamed";
    if (good.length || beside) remark(work, `the stamps of ${name}: this authority is not among those given`);
    else report.failed("timestamp", stamp.name, `its stamp does not hold: ${answer.reason}`);
  }
  return good;
}

/** Tell whether a stamp holds under an authority of `trust/tsa.pem` that was not given. */
async function namedInside(work: Examination, { token, data }: Stamp): Promise<boolean> {
  let inside: Bytes[];
  try {
    inside = certificates(await work.text("trust/tsa.pem"));
  } catch (error) {
    if (error instanceof DerError) return false; // step 4 tells of it
    throw error;
  }
  const given = new Set(work.trusted.tsa.map(hex));
  const others = inside.filter((it) => !given.has(hex(it)));
  if (!others.length || others.length === inside.length) return false;
  return (await stampHolds(token, data, others)).holds ?? false;
}

function checkAfter(work: Examination, { name, token }: Stamp): void {
  const covered = work.statement && moment(entryTime(work.statement));
  if (covered !== undefined && covered - token.time > TOLERANCE) {
    const time = new Date(token.time / 1000).toISOString().slice(0, 19).replace("T", " ");
    work.report.failed("timestamp", name, `was stamped ${time}Z, before the checkpoint it covers`);
  }
}

/** Judge the certificates inside a stamp by the lists of their issuers. */
function checkAuthority(work: Examination, { name, token }: Stamp): void {
  for (const certificate of tokenCertificates(token.der)) {
    const { outcome, text } = judged(certificate, work.revoked, token.time, true);
    if (outcome === "failed") {
      work.report.failed("timestamp", name, `a certificate of its authority ${text}`);
      return;
    }
    if (outcome === undefined && !ownIssuer(certificate)) remark(work, `the authority's certificate: ${text}`);
  }
}

function remark(work: Examination, text: string): void {
  if (!work.report.notChecked.includes(text)) work.report.notChecked.push(text);
}
