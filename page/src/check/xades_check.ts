/**
 * `META-INF/signatures0.xml` without an XML library (FORMAT.md, 3).
 *
 * The document must be, byte for byte, what its files' hashes and the values in it make: so nothing
 * in it can be read in two ways, and what is signed is found in its text.
 */

import { mediaType } from "./bag_check.ts";
import { type Bytes, base64, encoded, fromBase64, fromHex, hex, shownText } from "./bytes.ts";
import { sha256 } from "./hashes.ts";
import { SIGNATURES } from "./opened.ts";
import { DerError } from "./der.ts";
import { type StampToken, readToken } from "./signatures.ts";

const SPACES =
  ' xmlns:asic="http://uri.etsi.org/02918/v1.2.1#"' +
  ' xmlns:ds="http://www.w3.org/2000/09/xmldsig#"' +
  ' xmlns:xades="http://uri.etsi.org/01903/v1.3.2#"';
const C14N = '="http://www.w3.org/2006/12/xml-c14n11">';
const METHOD = "http://www.w3.org/2001/04/xmldsig-more#";
const B64 = "([A-Za-z0-9+/]+={0,2})";
const VALUE = new RegExp(`<ds:SignatureValue Id="S0-value">${B64}</ds:SignatureValue>`, "g");
const CERTIFICATE = new RegExp(`<ds:X509Certificate>${B64}</ds:X509Certificate>`, "g");
const TOKEN = new RegExp(`<xades:EncapsulatedTimeStamp>${B64}</xades:EncapsulatedTimeStamp>`, "g");
const ANSWER = new RegExp(`<xades:EncapsulatedOCSPValue>${B64}</xades:EncapsulatedOCSPValue>`, "g");
const TIME = /<xades:SigningTime>(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ)<\/xades:SigningTime>/g;
const ALGORITHM = /SignatureMethod Algorithm="http:\/\/www\.w3\.org\/2001\/04\/xmldsig-more#(ecdsa|rsa)-sha256"/g;
const REFERENCE =
  /<ds:Reference Id="S0-file-\d+" URI="([^"]+)">.*?<ds:DigestValue>([^<]*)<\/ds:DigestValue>/g;
const NOT_OF_FORM = "is not a signature of the form that a bundle has";

/** The document is not of the form; the text says what of it. */
export class XadesError extends Error {}

/** What the document must have for a later check: the bundle's own lists and certificates. */
export interface Values {
  certificates: readonly Bytes[];
  lists: readonly Bytes[];
  /** Whether an answer on the signer's certificate stands there too. */
  answers: boolean;
}

/** What stands in the document: the signature, who made it, and its time stamp. */
export interface SignatureForm {
  text: string;
  algorithm: "ecdsa" | "rsa";
  value: Bytes;
  chain: Bytes[];
  signingTime: string;
  tokens: StampToken[];
  references: Map<string, Bytes>;
  /** The answer on the signer's certificate; empty: there is none. */
  answer: Bytes;
  /** The bytes that are signed: the canonical form of SignedInfo. */
  signed: Bytes;
  /** The bytes that the time stamp covers: the canonical form of SignatureValue. */
  stamped: Bytes;
}

/** Return what stands in `document`, or throw `XadesError`. */
export function readForm(document: Uint8Array): SignatureForm {
  if (document.some((byte) => byte > 0x7f)) throw new XadesError(NOT_OF_FORM);
  const text = shownText(document);
  const algorithm = only(ALGORITHM, text) as "ecdsa" | "rsa";
  const value = bytesOf(only(VALUE, text));
  const signingTime = only(TIME, text);
  const chain = [...text.matchAll(CERTIFICATE)].map((found) => bytesOf(found[1]!));
  const references = new Map([...text.matchAll(REFERENCE)].map((it) => [it[1]!, bytesOf(it[2]!)]));
  const answers = [...text.matchAll(ANSWER)].map((found) => bytesOf(found[1]!));
  if (answers.length > 1) throw new XadesError("holds more than one answer on its certificate");
  const answer = answers[0] ?? new Uint8Array(0);
  const date = new Date(signingTime);
  const whole = /<ds:SignedInfo>.*<\/ds:SignedInfo>/.test(text);
  const real = !Number.isNaN(date.getTime()) && date.toISOString().startsWith(signingTime.slice(0, 19));
  if (!real || !chain.length || !whole || (algorithm === "ecdsa" && value.length !== 64)) {
    throw new XadesError(NOT_OF_FORM);
  }
  return {
    ...{ text, algorithm, value, chain, signingTime, references, answer, tokens: stampsOf(text) },
    signed: canonical("ds:SignedInfo", between(text, "ds:SignedInfo")),
    stamped: canonical("ds:SignatureValue", between(text, "ds:SignatureValue")),
  };
}

function stampsOf(text: string): StampToken[] {
  const found = [...text.matchAll(TOKEN)];
  if (found.length !== 1) throw new XadesError(NOT_OF_FORM);
  try {
    return found.map((it) => readToken(bytesOf(it[1]!)));
  } catch (error) {
    if (!(error instanceof DerError)) throw error;
    throw new XadesError(`carries no stamp that can be read: ${error.message}`);
  }
}

function only(pattern: RegExp, text: string): string {
  const found = [...text.matchAll(pattern)];
  if (found.length !== 1) throw new XadesError(NOT_OF_FORM);
  return found[0]![1]!;
}

function bytesOf(text: string): Bytes {
  let binary: string;
  try {
    binary = atob(text);
  } catch {
    throw new XadesError(NOT_OF_FORM);
  }
  return fromBase64(text) ?? Uint8Array.from(binary, (letter) => letter.charCodeAt(0));
}

/** Yield file and fault for what of the document is not that of these `files` (hex hashes). */
export function* problems(
  form: SignatureForm,
  files: ReadonlyMap<string, string>,
  values: Values,
): Generator<[string, string]> {
  for (const name of [...new Set([...files.keys(), ...form.references.keys()])].sort()) {
    const reference = form.references.get(name);
    if (!reference) yield [name, `is not signed by ${SIGNATURES}`];
    else if (!files.has(name)) yield [name, `is signed by ${SIGNATURES} and not in the container`];
    else if (hex(reference) !== files.get(name)) {
      yield [name, `does not have the hash that ${SIGNATURES} signs`];
    }
  }
  // Whatever else there may be in it, it is not of the form.
  if (form.text !== expected(form, values)) {
    yield [SIGNATURES, "is not, byte for byte, of the form that a bundle has"];
  }
}

function hashed(digest: Uint8Array): string {
  return (
    '<ds:DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"></ds:DigestMethod>' +
    `<ds:DigestValue>${base64(digest)}</ds:DigestValue>`
  );
}

/** Write the document anew from hashes and the values that were read. */
function expected(form: SignatureForm, values: Values): string {
  const names = [...form.references.keys()].sort();
  const references = names.map((name, at) => {
    const digest = hashed(fromHex(hex(form.references.get(name)!))!);
    return `<ds:Reference Id="S0-file-${at + 1}" URI="${name}">${digest}</ds:Reference>`;
  });
  const properties = propertiesOf(form, names);
  const covered = sha256(canonical("xades:SignedProperties", properties));
  const certificates = form.chain.map((it) => `<ds:X509Certificate>${base64(it)}</ds:X509Certificate>`);
  return (
    '<?xml version="1.0" encoding="UTF-8"?>\n' +
    `<asic:XAdESSignatures${SPACES}><ds:Signature Id="S0"><ds:SignedInfo>` +
    `<ds:CanonicalizationMethod Algorithm${C14N}</ds:CanonicalizationMethod>` +
    `<ds:SignatureMethod Algorithm="${METHOD}${form.algorithm}-sha256"></ds:SignatureMethod>` +
    references.join("") +
    '<ds:Reference Type="http://uri.etsi.org/01903#SignedProperties" URI="#S0-properties">' +
    `<ds:Transforms><ds:Transform Algorithm${C14N}</ds:Transform></ds:Transforms>` +
    `${hashed(covered)}</ds:Reference></ds:SignedInfo>` +
    `<ds:SignatureValue Id="S0-value">${base64(form.value)}</ds:SignatureValue>` +
    `<ds:KeyInfo><ds:X509Data>${certificates.join("")}</ds:X509Data></ds:KeyInfo>` +
    `<ds:Object><xades:QualifyingProperties Target="#S0">${properties}${unsigned(form, values)}` +
    "</xades:QualifyingProperties></ds:Object></ds:Signature></asic:XAdESSignatures>\n"
  );
}

function propertiesOf(form: SignatureForm, names: readonly string[]): string {
  const formats = names.map(
    (name, at) =>
      `<xades:DataObjectFormat ObjectReference="#S0-file-${at + 1}"><xades:MimeType>` +
      `${mediaType(name)}</xades:MimeType></xades:DataObjectFormat>`,
  );
  return (
    '<xades:SignedProperties Id="S0-properties"><xades:SignedSignatureProperties>' +
    `<xades:SigningTime>${form.signingTime}</xades:SigningTime>` +
    "<xades:SigningCertificateV2><xades:Cert><xades:CertDigest>" +
    hashed(sha256(form.chain[0]!)) +
    "</xades:CertDigest></xades:Cert></xades:SigningCertificateV2>" +
    "</xades:SignedSignatureProperties><xades:SignedDataObjectProperties>" +
    `${formats.join("")}</xades:SignedDataObjectProperties></xades:SignedProperties>`
  );
}

function unsigned(form: SignatureForm, values: Values): string {
  return (
    "<xades:UnsignedProperties><xades:UnsignedSignatureProperties>" +
    `${form.tokens.map(stampText).join("")}${known(form, values)}` +
    "</xades:UnsignedSignatureProperties></xades:UnsignedProperties>"
  );
}

/** Write a time stamp; each stands in an element of its own. */
function stampText({ der }: StampToken, at: number): string {
  return (
    `<xades:SignatureTimeStamp Id="S0-stamp${at ? `-${at + 1}` : ""}">` +
    `<ds:CanonicalizationMethod Algorithm${C14N}</ds:CanonicalizationMethod>` +
    `<xades:EncapsulatedTimeStamp>${base64(der)}</xades:EncapsulatedTimeStamp></xades:SignatureTimeStamp>`
  );
}

/** Write what a later check needs: certificates, lists of revoked ones, the answer. */
function known(form: SignatureForm, values: Values): string {
  if (!values.lists.length) return "";
  const all = (name: string, those: readonly Bytes[]) =>
    those.map((it) => `<xades:Encapsulated${name}>${base64(it)}</xades:Encapsulated${name}>`).join("");
  const answers = values.answers ? `<xades:OCSPValues>${all("OCSPValue", [form.answer])}</xades:OCSPValues>` : "";
  return (
    `<xades:CertificateValues>${all("X509Certificate", values.certificates)}</xades:CertificateValues>` +
    `<xades:RevocationValues><xades:CRLValues>${all("CRLValue", values.lists)}</xades:CRLValues>` +
    `${answers}</xades:RevocationValues>`
  );
}

/** Return the one element of this name, tags and all. */
function between(text: string, name: string): string {
  const begin = text.indexOf(`<${name}`);
  const end = text.indexOf(`</${name}>`);
  if (begin < 0 || end < 0) throw new XadesError(NOT_OF_FORM);
  return text.slice(begin, end + name.length + 3);
}

/** Return an element's canonical form (C14N 1.1): the name spaces in scope are written too. */
function canonical(name: string, text: string): Bytes {
  return encoded(text.replace(`<${name}`, () => `<${name}${SPACES}`));
}
