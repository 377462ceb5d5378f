/**
 * Signatures, time stamps and certificates, with PKI.js and the browser's own cryptography.
 *
 * What is asked is what `openssl cms -verify -cades`, `openssl ts -verify` and `openssl verify
 * -purpose smimesign` ask; certificates are judged at the time that a stamp proves, not now.
 */

import * as ed25519 from "@noble/ed25519";
import { sha512 } from "@noble/hashes/sha2.js";
import * as asn1 from "asn1js";
import * as pki from "pkijs";

import { type Bytes, base64, fromBase64, hex, same } from "./bytes.ts";
import { DerError } from "./der.ts";
import { sha256 } from "./hashes.ts";
import { pathFault, pathOf } from "./certificate_path.ts";

ed25519.hashes.sha512 = sha512;

const SIGNED_DATA = "1.2.840.113549.1.7.2";
const TST_INFO = "1.2.840.113549.1.9.16.1.4";
const SIGNATURE_STAMP = "1.2.840.113549.1.9.16.2.14";
const CONTENT_TYPE = "1.2.840.113549.1.9.3";
const MESSAGE_DIGEST = "1.2.840.113549.1.9.4";
const SIGNING_CERTIFICATE = "1.2.840.113549.1.9.16.2.12";
const SIGNING_CERTIFICATE_V2 = "1.2.840.113549.1.9.16.2.47";
const EMAIL_PROTECTION = "1.3.6.1.5.5.7.3.4";
const TIME_STAMPING = "1.3.6.1.5.5.7.3.8";
const OCSP_SIGNING = "1.3.6.1.5.5.7.3.9";
const COMMON_NAME = "2.5.4.3";
const KEY_USAGE = "2.5.29.15";
const EXTENDED_KEY_USAGE = "2.5.29.37";
const ECDSA_SHA256 = "1.2.840.10045.4.3.2";
const DIGESTS: Record<string, string> = {
  "2.16.840.1.101.3.4.2.1": "SHA-256",
  "2.16.840.1.101.3.4.2.2": "SHA-384",
  "2.16.840.1.101.3.4.2.3": "SHA-512",
};
// Of key usage: digitalSignature and nonRepudiation, the first two bits.
const SIGNS = 0xc0;
// AlgorithmIdentifier of the two kinds of keys that seal: ECDSA on P-256, and RSA.
const P256 = "301306072a8648ce3d020106082a8648ce3d030107";
const RSA = "300d06092a864886f70d0101010500";

/** Whether it holds, and the reason where not; undefined: it could not be decided here. */
export interface Answer {
  holds: boolean | undefined;
  reason: string;
}

/** A time-stamp token and the second it gives, in microseconds since 1970. */
export interface StampToken {
  der: Bytes;
  time: number;
}

/** What a certificate is used for: to seal a bundle, to stamp time, to answer on certificates. */
type Purpose = "seal" | "stamp" | "answer";

const HELD: Answer = { holds: true, reason: "" };

class Refusal extends Error {}

function refused(reason: string): never {
  throw new Refusal(reason);
}

/** Tell why this page cannot check signatures here; empty: it can. */
export function missing(): string {
  return globalThis.crypto?.subtle
    ? ""
    : "this browser gives a page from here no cryptography; open the page from a disk, or by https";
}

async function answered(check: () => Promise<void>): Promise<Answer> {
  const away = missing();
  if (away) return { holds: undefined, reason: away };
  try {
    await check();
    return HELD;
  } catch (error) {
    return { holds: false, reason: (error as Error).message || "it cannot be read" };
  }
}

// --- Reading ---

function signedData(der: Uint8Array): pki.SignedData {
  try {
    const read = asn1.fromBER(der as Bytes);
    if (read.offset !== der.length) throw new DerError("another structure than the one expected");
    const info = new pki.ContentInfo({ schema: read.result });
    if (info.contentType !== SIGNED_DATA) throw new DerError("not a CMS signature");
    const signed = new pki.SignedData({ schema: info.content });
    if (signed.signerInfos.length !== 1) throw new DerError("no signer, or more than one");
    return signed;
  } catch (error) {
    throw error instanceof DerError ? error : new DerError("another structure than the one expected");
  }
}

function attribute(attributes: pki.Attribute[] | undefined, type: string): pki.Attribute | undefined {
  return attributes?.find((it) => it.type === type);
}

function octets(value: asn1.OctetString): Bytes {
  return new Uint8Array(value.getValue());
}

/** Return the signature value of a CMS signature and the time stamps over it, at least one. */
export function signatureStamps(p7s: Uint8Array): { value: Bytes; tokens: StampToken[] } {
  const [signer] = signedData(p7s).signerInfos;
  const all = signer!.unsignedAttrs?.attributes.filter((it) => it.type === SIGNATURE_STAMP) ?? [];
  if (!all.length || all.some((it) => it.values.length !== 1)) {
    throw new DerError("no time stamp over the signature");
  }
  return { value: octets(signer!.signature), tokens: all.map((it) => readToken(derOf(it.values[0]))) };
}

function derOf(value: asn1.BaseBlock): Bytes {
  return new Uint8Array(value.valueBeforeDecodeView) as Bytes;
}

/** Return the token of a time-stamp reply. */
export function replyToken(tsr: Uint8Array): StampToken {
  const read = asn1.fromBER(tsr as Bytes);
  const members = read.result instanceof asn1.Sequence ? read.result.valueBlock.value : [];
  if (read.offset !== tsr.length || members.length !== 2) throw new DerError("the reply holds no token");
  const [status] = parts(members[0]);
  // What is refused may have a token beside it, which is then none (RFC 3161, 2.4.2).
  if (!status || !["020100", "020101"].includes(hex(derOf(status)))) {
    throw new DerError("the reply says that no stamp was granted");
  }
  return readToken(derOf(members[1]!));
}

/** Return a time-stamp token with the time it gives. */
export function readToken(der: Bytes): StampToken {
  const time = tstInfo(signedData(der)).genTime.getTime();
  return { der, time: Math.floor(time / 1000) * 1_000_000 };
}

function tstInfo(signed: pki.SignedData): pki.TSTInfo {
  const { eContentType, eContent } = signed.encapContentInfo;
  if (eContentType !== TST_INFO || !eContent) throw new DerError("the token gives no time");
  try {
    return pki.TSTInfo.fromBER(octets(eContent));
  } catch {
    throw new DerError("the token gives no time");
  }
}

/** Return the certificates of a PEM file, in DER, in their order. */
export function certificates(pem: string): Bytes[] {
  const found = pem.matchAll(/-----BEGIN CERTIFICATE-----([^]+?)-----END CERTIFICATE-----/g);
  return [...found].map(([, body]) => {
    const text = body!.replace(/\s+/g, "");
    const der = fromBase64(text);
    if (!der) throw new DerError("a certificate that is not base64");
    return der;
  });
}

/** Return certificates as a PEM file. */
export function pemOf(ders: readonly Bytes[]): string {
  const lines = (der: Bytes) => base64(der).replace(/.{64}/g, "$&\n").trimEnd();
  return ders.map((der) => `-----BEGIN CERTIFICATE-----\n${lines(der)}\n-----END CERTIFICATE-----\n`).join("");
}

// --- Who signed, and may he ---

/** Check a signature over `content` by a certificate that leads to the trusted ones at `at`. */
async function judge(
  signed: pki.SignedData,
  content: Bytes,
  trusted: readonly Bytes[],
  { purpose, at }: { purpose: Purpose; at: Date },
): Promise<void> {
  const signer = signed.signerInfos[0]!;
  const certificate = signerOf(signed, signer);
  const digest = DIGESTS[signer.digestAlgorithm.algorithmId];
  const attributes = signer.signedAttrs;
  if (!digest || !attributes) refused("it is signed in a way that is not used here");
  const type = attribute(attributes.attributes, CONTENT_TYPE)?.values[0];
  if (!(type instanceof asn1.ObjectIdentifier) || type.getValue() !== signed.encapContentInfo.eContentType) {
    refused("it says to be over another kind of content");
  }
  const stated = attribute(attributes.attributes, MESSAGE_DIGEST)?.values[0];
  const made = new Uint8Array(await crypto.subtle.digest(digest, content));
  if (!(stated instanceof asn1.OctetString) || !same(octets(stated), made)) {
    refused("it is over other bytes than these");
  }
  await checkNamed(attributes.attributes, certificate);
  const engine = pki.getCrypto(true);
  const holds = await engine.verifyWithPublicKey(
    attributes.encodedValue,
    signer.signature,
    certificate.subjectPublicKeyInfo,
    signer.signatureAlgorithm,
    digest,
  );
  if (!holds) refused("the signature is not of this certificate's key");
  const between = (signed.certificates ?? []).filter((it) => it instanceof pki.Certificate);
  await checkChain(certificate, between, trusted, { purpose, at });
}

function signerOf(signed: pki.SignedData, signer: pki.SignerInfo): pki.Certificate {
  const { sid } = signer;
  const found = (signed.certificates ?? []).find(
    (it): it is pki.Certificate =>
      it instanceof pki.Certificate &&
      (sid instanceof pki.IssuerAndSerialNumber
        ? it.issuer.isEqual(sid.issuer) && it.serialNumber.isEqual(sid.serialNumber)
        : isKeyIdentifier(sid, it)),
  );
  return found ?? refused("the signer's certificate is not in it");
}

function isKeyIdentifier(sid: unknown, certificate: pki.Certificate): boolean {
  const own = certificate.extensions?.find((it) => it.extnID === "2.5.29.14")?.parsedValue as unknown;
  if (!(own instanceof asn1.OctetString) || !(sid instanceof asn1.BaseBlock)) return false;
  const id = (sid.valueBlock as { valueHexView?: Uint8Array }).valueHexView;
  return same(own.valueBlock.valueHexView, id);
}

/** Check that what is signed names the signer's certificate by its hash (RFC 5035). */
async function checkNamed(attributes: pki.Attribute[], certificate: pki.Certificate): Promise<void> {
  const der = certificateDer(certificate);
  const newer = attribute(attributes, SIGNING_CERTIFICATE_V2)?.values[0];
  const older = attribute(attributes, SIGNING_CERTIFICATE)?.values[0];
  if (!newer && !older) refused("it does not name its certificate (signing-certificate-v2)");
  const members = parts(parts(parts(newer ?? older)[0])[0]);
  const stated = members.find((it) => it instanceof asn1.OctetString);
  const algorithm = members[0] instanceof asn1.Sequence && newer ? parts(members[0])[0] : undefined;
  const oid = algorithm instanceof asn1.ObjectIdentifier ? algorithm.getValue() : undefined;
  const digest = newer ? (oid === undefined ? "SHA-256" : DIGESTS[oid]) : "SHA-1";
  if (!digest || !(stated instanceof asn1.OctetString)) refused("it names its certificate in an unknown way");
  const made = new Uint8Array(await crypto.subtle.digest(digest, der));
  if (!same(octets(stated), made)) refused("it names another certificate than the one that signed");
}

function parts(value: unknown): asn1.BaseBlock[] {
  return value instanceof asn1.Sequence ? (value.valueBlock.value as asn1.BaseBlock[]) : [];
}

function certificateDer(certificate: pki.Certificate): Bytes {
  return new Uint8Array(certificate.toSchema(false).toBER(false)) as Bytes;
}

/** Check that a certificate is for `purpose` and leads to a trusted root, as of `at`. */
async function checkChain(
  certificate: pki.Certificate,
  between: readonly pki.Certificate[],
  given: readonly Bytes[],
  { purpose, at }: { purpose: Purpose; at: Date },
): Promise<void> {
  checkPurpose(certificate, purpose);
  const known = given.map((der) => pki.Certificate.fromBER(der));
  const path = pathOf(certificate, between, known, at);
  if (!path) refused("it does not lead to the root given");
  const fault = pathFault(path, at, purpose === "seal" ? EMAIL_PROTECTION : undefined);
  if (fault) refused(fault);
  // One line of certificates, and no other: what the engine would choose from may lead in circles.
  const engine = new pki.CertificateChainValidationEngine({
    trustedCerts: path.slice(-1),
    certs: path.slice(0, -1).reverse(),
    checkDate: at,
  });
  const result = await engine.verify();
  if (!result.result) refused(result.resultMessage || "it does not lead to the root given");
}

function checkPurpose(certificate: pki.Certificate, purpose: Purpose): void {
  const usage = certificate.extensions?.find((it) => it.extnID === KEY_USAGE)?.parsedValue as unknown;
  const bits = usage instanceof asn1.BitString ? usage.valueBlock.valueHexView : undefined;
  const extension = certificate.extensions?.find((it) => it.extnID === EXTENDED_KEY_USAGE);
  const extended = extension?.parsedValue as unknown;
  const uses = extended instanceof pki.ExtKeyUsage ? extended.keyPurposes : undefined;
  if (bits && !(bits[0]! & SIGNS)) refused("its certificate is not for signing");
  if (purpose === "answer") {
    if (!uses?.includes(OCSP_SIGNING)) refused("its certificate is not for answers on certificates");
    return;
  }
  if (purpose === "seal") {
    if (uses && !uses.includes(EMAIL_PROTECTION)) refused("its certificate is for another purpose");
    return;
  }
  if (bits && (bits[0]! & ~SIGNS || bits.subarray(1).some(Boolean))) {
    refused("its certificate is not for time stamps alone");
  }
  if (uses?.join() !== TIME_STAMPING || !extension?.critical) {
    refused("its certificate is not for time stamps alone");
  }
}

// --- What is asked ---

const dateOf = (micros: number) => new Date(micros / 1000);

/** Tell whether `p7s` is a CAdES signature over `data` under the root. */
export function signatureHolds(
  p7s: Uint8Array,
  data: Bytes,
  root: readonly Bytes[],
  at: number | undefined,
): Promise<Answer> {
  return answered(async () => {
    const signed = signedData(p7s);
    if (signed.encapContentInfo.eContent) refused("it carries content of its own");
    const date = at === undefined ? new Date() : dateOf(at);
    await judge(signed, data, root, { purpose: "seal", at: date });
  });
}

/** Return the certificate that a CMS signature, which was read before, was made with. */
export function signerCertificate(p7s: Uint8Array): Bytes {
  const signed = signedData(p7s);
  return certificateDer(signerOf(signed, signed.signerInfos[0]!));
}

/** Tell whether the first certificate of `chain` leads to the root, judged at `at`. */
export function certificateHolds(chain: readonly Bytes[], root: readonly Bytes[], at: number): Promise<Answer> {
  return answered(async () => {
    const [leaf, ...between] = chain.map((der) => pki.Certificate.fromBER(der));
    await checkChain(leaf!, between, root, { purpose: "seal", at: dateOf(at) });
  });
}

/** Tell whether `value` signs `data` (SHA-256) under the key of `certificate`. */
export function bareHolds(
  value: Bytes,
  data: Bytes,
  certificate: Bytes,
  algorithm: "ecdsa" | "rsa",
): Promise<Answer> {
  return answered(async () => {
    const key = pki.Certificate.fromBER(certificate).subjectPublicKeyInfo;
    const kind = hex(new Uint8Array(key.algorithm.toSchema().toBER(false)));
    if (kind !== (algorithm === "ecdsa" ? P256 : RSA)) {
      refused("the key of the certificate is none of the algorithm that is named");
    }
    const spki = key.toSchema().toBER(false);
    const how =
      algorithm === "ecdsa"
        ? { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" }
        : { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" };
    const imported = await crypto.subtle.importKey("spki", spki, how, false, ["verify"]);
    if (!(await crypto.subtle.verify(how, imported, value, data))) {
      refused("the value is not of this certificate's key");
    }
  });
}

/** Tell whether `token` is a time stamp over `data` under the authority. */
export function stampHolds(token: StampToken, data: Bytes, tsa: readonly Bytes[]): Promise<Answer> {
  return answered(async () => {
    const signed = signedData(token.der);
    const info = tstInfo(signed);
    if (info.version !== 1) refused("it is of an unknown version");
    if (!same(octets(info.messageImprint.hashedMessage), sha256(data))) {
      refused("it is over other bytes than these");
    }
    const content = octets(signed.encapContentInfo.eContent!);
    await judge(signed, content, tsa, { purpose: "stamp", at: dateOf(token.time) });
  });
}

/** Tell whether a list of revoked certificates is signed by `issuer`. */
export function listHolds(crl: Bytes, issuer: Bytes): Promise<Answer> {
  return answered(async () => {
    const read = pki.CertificateRevocationList.fromBER(crl);
    const holds = await read.verify({ issuerCertificate: pki.Certificate.fromBER(issuer) });
    if (!holds) refused("it is not signed by its issuer");
  });
}

/** An answer on a certificate: what is signed, by whom, and where that must lead. */
export interface OcspAnswer {
  responder: Bytes;
  data: Bytes;
  value: Bytes;
  issuer: Bytes;
  root: readonly Bytes[];
  at: number;
}

/** Tell whether an answer is signed by a responder of the issuer, under the root. */
export function answeredBy({ responder, data, value, issuer, root, at }: OcspAnswer): Promise<Answer> {
  return answered(async () => {
    const [signer, above] = [pki.Certificate.fromBER(responder), pki.Certificate.fromBER(issuer)];
    const holds = await pki.getCrypto(true).verifyWithPublicKey(
      data,
      new asn1.BitString({ valueHex: value.slice().buffer }),
      signer.subjectPublicKeyInfo,
      new pki.AlgorithmIdentifier({ algorithmId: ECDSA_SHA256 }),
    );
    if (!holds) refused("its answer is not signed by the responder");
    if (!(await signer.verify(above))) refused("its responder is not of the certificate's issuer");
    await checkChain(signer, [above], root, { purpose: "answer", at: dateOf(at) });
  });
}

/** Return the certificates inside a time-stamp token, in DER. */
export function tokenCertificates(der: Bytes): Bytes[] {
  const inside = signedData(der).certificates ?? [];
  return inside.filter((it) => it instanceof pki.Certificate).map(certificateDer);
}

/** Return the name of the authority that made a token: its certificate's, or empty. */
export function authorityName(der: Bytes): string {
  const all = (signedData(der).certificates ?? []).filter((it) => it instanceof pki.Certificate);
  const own = all.find((one) => !all.some((it) => it.issuer.isEqual(one.subject)));
  const name = own?.subject.typesAndValues.find((it) => it.type === COMMON_NAME)?.value.valueBlock.value;
  // A stranger's text must not write lines of its own.
  return typeof name === "string" ? name.replace(/[\p{C}\p{Zl}\p{Zp}]|(?! )\p{Zs}/gu, "\ufffd") : "";
}

/** Tell whether an Ed25519 signature holds: with the browser's own, else with a library. */
export async function ed25519Holds(key: Bytes, signature: Bytes, text: Bytes): Promise<boolean> {
  try {
    const imported = await crypto.subtle.importKey("raw", key, "Ed25519", false, ["verify"]);
    return await crypto.subtle.verify("Ed25519", imported, signature, text);
  } catch {
    try {
      return ed25519.verify(signature, text, key, { zip215: false });
    } catch {
      return false;
    }
  }
}

// --- Fingerprints ---

/** Return the SHA-256 digits of a fingerprint, however it is written; undefined: it is none. */
export function fingerprintOf(text: string): string | undefined {
  const digits = text.replace(/^.*(?:sha\d?-?256|fingerprint)[^=:]*[=:]/i, "").replace(/[\s:]/g, "");
  return /^[0-9a-fA-F]{64}$/.test(digits) ? digits.toLowerCase() : undefined;
}

/** Return the fingerprint of a certificate or key, as OpenSSL writes it. */
export function fingerprint(der: Uint8Array): string {
  return hex(sha256(der)).toUpperCase().replace(/(..)(?!$)/g, "$1:");
}
