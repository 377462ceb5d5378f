/** 5. `signature`: CMS and XAdES under the root. */

import { signedNames } from "./bag_check.ts";
import { type Bytes, hex, same } from "./bytes.ts";
import { DerError } from "./der.ts";
import type { Examination } from "./examination.ts";
import { SIGNATURES } from "./opened.ts";
import {
  type Answer,
  type StampToken,
  bareHolds,
  certificateHolds,
  certificates,
  signatureHolds,
  signatureStamps,
  signerCertificate,
} from "./signatures.ts";
import { answerFault, believed, judged as judgedBy, listPems } from "./revocation_check.ts";
import { stampedAt } from "./stamps.ts";
import { type SignatureForm, type Values, XadesError, problems, readForm } from "./xades_check.ts";

const TAGS = "tagmanifest-sha256.txt";
const SEAL = `${TAGS}.p7s`;
const SIGNER = "trust/signer.pem";
const LISTS = "trust/crls.pem";

/** 5. The list of lists is signed under the root, judged when it was stamped. */
export async function signature(work: Examination): Promise<void> {
  const [p7s, data] = [await work.read(SEAL), await work.read(TAGS)];
  if (!p7s || !data) return;
  const { root } = work.trusted;
  const stamps = stampsOf(p7s);
  const at = stamps && (await stampedAt(work, stamps.tokens, stamps.value));
  const answer = noRoot(work) ?? (await signatureHolds(p7s, data, root, at));
  judged(work, "signature", SEAL, answer);
  const [shown] = await chain(work);
  if (answer.holds && !same(signerCertificate(p7s), shown)) {
    // It is judged below whether this one was revoked, so it must be the one that signed.
    work.report.failed("signature", SIGNER, "is not the certificate the seal was made with");
  }
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
    else work.report.add("signature", outcome, SIGNER, text);
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
    work.report.failed(step, subject, `does not hold under the root: ${answer.reason}`);
  }
}

function stampsOf(p7s: Bytes): { value: Bytes; tokens: StampToken[] } | undefined {
  try {
    return signatureStamps(p7s);
  } catch (error) {
    if (error instanceof DerError) return undefined;
    throw error;
  }
}

/** Return what stands in the container's signature; undefined: there is none. */
export async function form(work: Examination): Promise<SignatureForm | XadesError | undefined> {
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
  const at = await stampedAt(work, read.tokens, read.stamped);
  const leads = noRoot(work) ?? (await certificateHolds(read.chain, root, at));
  judged(work, "signature", SIGNATURES, leads);
  const { value, signed, algorithm } = read;
  judged(work, "signature", SIGNATURES, await bareHolds(value, signed, read.chain[0]!, algorithm));
  const [responder] = await certificatesIn(work, "ocsp");
  if (responder && read.chain.length > 1 && root.length) {
    const said = await answerFault(read.answer, responder, read.chain, root, at);
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
