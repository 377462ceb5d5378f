/** 5. `signature` and 6. `timestamp`: CMS and XAdES under the root, RFC 3161 under the authority. */

import { signedNames } from "./bag_check.ts";
import { type Bytes, hex } from "./bytes.ts";
import { DerError } from "./der.ts";
import type { Examination } from "./examination.ts";
import { TOLERANCE, entryTime, moment } from "./note_check.ts";
import { SIGNATURES } from "./opened.ts";
import {
  type Answer,
  type StampToken,
  bareHolds,
  certificateHolds,
  certificates,
  replyToken,
  signatureHolds,
  signatureStamp,
  stampHolds,
  tokenCertificates,
} from "./signatures.ts";
import { answerFault, believed, judged as judgedBy, listPems, ownIssuer } from "./revocation_check.ts";
import { type SignatureForm, type Values, XadesError, problems, readForm } from "./xades_check.ts";

const TAGS = "tagmanifest-sha256.txt";
const SEAL = `${TAGS}.p7s`;
const STAMP = `${TAGS}.tsr`;
const LISTS = "trust/crls.pem";

/** 5. The list of lists is signed under the root, judged when it was stamped. */
export async function signature(work: Examination): Promise<void> {
  const [p7s, data] = [await work.read(SEAL), await work.read(TAGS)];
  if (!p7s || !data) return;
  const { root } = work.trusted;
  const at = stampOf(p7s)?.token.time;
  judged(work, "signature", SEAL, noRoot(work) ?? (await signatureHolds(p7s, data, root, at)));
  await checkContainer(work);
  work.report.conclude("signature", SEAL, "holds under the root given");
  if (at !== undefined) await checkRevoked(work, at);
}

/** Judge the seal's certificate, and those between, by what is known of revoked ones. */
async function checkRevoked(work: Examination, at: number): Promise<void> {
  const ders = await chain(work);
  await readLists(work, ders);
  for (const certificate of ders.slice(0, -1)) {
    const { outcome, text } = judgedBy(certificate, work.revoked, at, false);
    if (outcome === undefined) work.report.notChecked.push(`the seal's certificate: ${text}`);
    else work.report.add("signature", outcome, "trust/signer.pem", text);
  }
}

/** Take in the lists that hold: the bundle's own, and those given from outside. */
async function readLists(work: Examination, ders: readonly Bytes[]): Promise<void> {
  const { report, trusted } = work;
  const known = [...ders, ...(await certificatesIn(work, "tsa")), ...trusted.root, ...trusted.tsa];
  const issuers = new Map(known.map((it) => [hex(it), it]));
  for (const [where, pem] of [[LISTS, await work.text(LISTS)], ["the list given", trusted.crls]] as const) {
    let lists: Bytes[];
    try {
      lists = listPems(pem);
    } catch (error) {
      if (!(error instanceof DerError)) throw error;
      report.failed("trust", where, `holds ${error.message}`);
      continue;
    }
    if (pem && !lists.length) report.undecided("trust", where, "holds no list of revoked certificates");
    for (const one of await believed(lists, [...issuers.values()])) {
      if ("holds" in one) {
        const text = `a list in it does not hold: ${one.reason}`;
        report.add("trust", one.holds === undefined ? "undecided" : "failed", where, text);
      } else if (!work.revoked.some((it) => hex(it.der) === hex(one.der))) work.revoked.push(one);
    }
  }
}

/** Return the certificates of a file in `trust/`; none where it cannot be read. */
async function certificatesIn(work: Examination, name: string): Promise<Bytes[]> {
  try {
    return certificates(await work.text(`trust/${name}.pem`));
  } catch (error) {
    if (error instanceof DerError) return [];
    throw error;
  }
}

/** Return what the container's signature must have for a later check: what `trust/` has. */
async function valuesOf(work: Examination): Promise<Values> {
  let lists: Bytes[] = [];
  try {
    lists = listPems(await work.text(LISTS));
  } catch (error) {
    // The lists are told of when they are read.
    if (!(error instanceof DerError)) throw error;
  }
  if (!lists.length) return { certificates: [], lists, answers: false };
  const answers = Boolean((await work.text("trust/ocsp.pem")).length);
  return { certificates: await certificatesIn(work, "tsa"), lists, answers };
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
  for (const [name, fault] of problems(read, signedFiles(work, read), await valuesOf(work))) {
    report.failed("signature", name, fault);
  }
  // Nothing signs the list of certificates in it; what it must be is known.
  if (read.chain.map(hex).join() !== (await chain(work)).map(hex).join()) {
    const text = "does not have the certificates of trust/signer.pem and trust/root.pem, as they stand";
    report.failed("signature", SIGNATURES, text);
  }
  const { root } = work.trusted;
  const leads = noRoot(work) ?? (await certificateHolds(read.chain, root, read.token.time));
  judged(work, "signature", SIGNATURES, leads);
  const { value, signed, algorithm } = read;
  judged(work, "signature", SIGNATURES, await bareHolds(value, signed, read.chain[0]!, algorithm));
  const [responder] = await certificatesIn(work, "ocsp");
  if (responder && read.chain.length > 1 && root.length) {
    const said = await answerFault(read.answer, responder, read.chain, root, read.token.time);
    judged(work, "signature", SIGNATURES, said);
  }
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
async function chain(work: Examination): Promise<Bytes[]> {
  const found = [...(await certificatesIn(work, "signer")), ...(await certificatesIn(work, "root"))];
  // A chain that was given up to the root has the root twice.
  return [...new Map(found.map((it) => [hex(it), it])).values()];
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
  const answer = await stampHolds(token, data, work.trusted.tsa);
  judged(work, "timestamp", name, answer);
  if (answer.holds) checkAuthority(work, name, token);
  const covered = work.statement && moment(entryTime(work.statement));
  if (covered !== undefined && covered - token.time > TOLERANCE) {
    const time = new Date(token.time / 1000).toISOString().slice(0, 19).replace("T", " ");
    work.report.failed("timestamp", name, `was stamped ${time}Z, before the checkpoint it covers`);
  }
}

/** Judge the certificates inside a stamp by the lists of their issuers. */
function checkAuthority(work: Examination, name: string, token: StampToken): void {
  const { report } = work;
  for (const certificate of tokenCertificates(token.der)) {
    const { outcome, text } = judgedBy(certificate, work.revoked, token.time, true);
    if (outcome === "failed") {
      report.failed("timestamp", name, `a certificate of its authority ${text}`);
      return;
    }
    const remark = `the authority's certificate: ${text}`;
    if (outcome === undefined && !ownIssuer(certificate) && !report.notChecked.includes(remark)) {
      report.notChecked.push(remark);
    }
  }
}
