/** 5. `signature` and 6. `timestamp`: CMS and XAdES under the root, RFC 3161 under the authority. */

import { signedNames } from "./bag_check.ts";
import { type Bytes, hex, shownText } from "./bytes.ts";
import type { Examination } from "./examination.ts";
import { TOLERANCE, entryTime, moment } from "./note_check.ts";
import { SIGNATURES } from "./opened.ts";
import {
  type Answer,
  DerError,
  type StampToken,
  bareHolds,
  certificateHolds,
  certificates,
  replyToken,
  signatureHolds,
  signatureStamp,
  stampHolds,
} from "./signatures.ts";
import { type SignatureForm, XadesError, problems, readForm } from "./xades_check.ts";

const TAGS = "tagmanifest-sha256.txt";
const SEAL = `${TAGS}.p7s`;
const STAMP = `${TAGS}.tsr`;

/** 5. The list of lists is signed under the root, judged when it was stamped. */
export async function signature(work: Examination): Promise<void> {
  const [p7s, data] = [await work.read(SEAL), await work.read(TAGS)];
  if (!p7s || !data) return;
  const { root } = work.trusted;
  const at = stampOf(p7s)?.token.time;
  judged(work, "signature", SEAL, noRoot(work) ?? (await signatureHolds(p7s, data, root, at)));
  await checkContainer(work);
  work.report.conclude("signature", SEAL, "holds under the root given");
}

/** Return what to say where there is no root to check anything under. */
function noRoot(work: Examination): Answer | undefined {
  const undecided = work.report.findings.some((it) => it.subject === "trust/root.pem" && it.outcome === "undecided");
  if (work.trusted.root.length || !undecided) return undefined;
  return { holds: undefined, reason: "no root was given from outside to check it under" };
}

function judged(work: Examination, step: string, subject: string, answer: Answer): void {
  if (answer.holds === undefined) work.report.undecided(step, subject, answer.reason);
  else if (!answer.holds) {
    const what = step === "signature" ? "does not hold under the root" : "its stamp does not hold";
    work.report.failed(step, subject, `${what}: ${answer.reason}`);
  }
}

function stampOf(p7s: Bytes): { value: Bytes; token: StampToken } | undefined {
  try {
    return signatureStamp(p7s);
  } catch (error) {
    if (error instanceof DerError) return undefined;
    throw error;
  }
}

async function form(work: Examination): Promise<SignatureForm | XadesError | undefined> {
  const document = await work.read(SIGNATURES);
  if (!document) return undefined;
  try {
    return readForm(document);
  } catch (error) {
    if (error instanceof XadesError) return error;
    throw error;
  }
}

/** Check the signature over the files of the container, by the same certificate. */
async function checkContainer(work: Examination): Promise<void> {
  const { report } = work;
  const read = await form(work);
  if (!read) return;
  if (read instanceof XadesError) {
    report.failed("signature", SIGNATURES, read.message);
    return;
  }
  for (const [name, fault] of problems(read, signedFiles(work, read))) report.failed("signature", name, fault);
  // Nothing signs the list of certificates in it; what it must be is known.
  if (read.chain.map(hex).join() !== (await chain(work)).join()) {
    const text = "does not have the certificates of trust/signer.pem and trust/root.pem, as they stand";
    report.failed("signature", SIGNATURES, text);
  }
  const { root } = work.trusted;
  const leads = noRoot(work) ?? (await certificateHolds(read.chain, root, read.token.time));
  judged(work, "signature", SIGNATURES, leads);
  const { value, signed, algorithm } = read;
  judged(work, "signature", SIGNATURES, await bareHolds(value, signed, read.chain[0]!, algorithm));
}

/** Return the hashes of the files that the container's signature must cover. */
function signedFiles(work: Examination, read: SignatureForm): Map<string, string> {
  let names = signedNames(work.opened.names());
  if (work.opened.volumes.size) {
    // What came from volumes lies beside the container, and not in it.
    names = names.filter((it) => read.references.has(it) || !it.startsWith("data/records/"));
  }
  const seen = names.filter((it) => work.seen.has(it));
  return new Map(seen.map((it) => [it, work.seen.get(it)!.sha256]));
}

/** Return the certificates from the signer's to the root's, as the bundle has them. */
async function chain(work: Examination): Promise<string[]> {
  try {
    const pems = [await work.read("trust/signer.pem"), await work.read("trust/root.pem")];
    const found = pems.flatMap((it) => certificates(shownText(it ?? new Uint8Array(0))));
    // A chain that was given up to the root has the root twice.
    return [...new Set(found.map(hex))];
  } catch (error) {
    if (error instanceof DerError) return [];
    throw error;
  }
}

/** 6. All stamps hold under the authority, and follow the checkpoint. */
export async function timestamp(work: Examination): Promise<void> {
  const { report } = work;
  const [p7s, data, tsr] = [await work.read(SEAL), await work.read(TAGS), await work.read(STAMP)];
  if (p7s) {
    try {
      const { value, token } = signatureStamp(p7s);
      await checkStamp(work, SEAL, token, value);
    } catch (error) {
      if (!(error instanceof DerError)) throw error;
      report.failed("timestamp", SEAL, `carries no stamp that can be read: ${error.message}`);
    }
  }
  const read = await form(work);
  // Step 5 tells of a document that is not of the form.
  if (read && !(read instanceof XadesError)) await checkStamp(work, SIGNATURES, read.token, read.stamped);
  if (tsr && data) {
    try {
      const token = replyToken(tsr);
      await checkStamp(work, STAMP, token, data);
      report.sealedAt = `${new Date(token.time / 1000).toISOString().slice(0, 19)}Z`;
    } catch (error) {
      if (!(error instanceof DerError)) throw error;
      report.failed("timestamp", STAMP, `is no reply that can be read: ${error.message}`);
    }
  }
  report.conclude("timestamp", STAMP, `sealed not later than ${report.sealedAt}`);
}

async function checkStamp(work: Examination, name: string, token: StampToken, data: Bytes): Promise<void> {
  judged(work, "timestamp", name, await stampHolds(token, data, work.trusted.tsa));
  const covered = work.statement && moment(entryTime(work.statement));
  if (covered !== undefined && covered - token.time > TOLERANCE) {
    const time = new Date(token.time / 1000).toISOString().slice(0, 19).replace("T", " ");
    work.report.failed("timestamp", name, `was stamped ${time}Z, before the checkpoint it covers`);
  }
}
