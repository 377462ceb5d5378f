/**
 * The line of certificates from one to a root that was given, and what each in it must be.
 *
 * As openssl does: of several issuers by name the first that counted then, roots before all others,
 * and no second attempt.  So no set of certificates can lead in circles, or be tried for long.
 */

import * as asn1 from "asn1js";
import * as pki from "pkijs";

import { same } from "./bytes.ts";

const LONGEST = 10;
const [BASIC_CONSTRAINTS, KEY_USAGE, EXTENDED_KEY_USAGE] = ["2.5.29.19", "2.5.29.15", "2.5.29.37"];
const CERT_SIGN = 0x04;
// Critical extensions that are understood here or, in a chain, by whoever checks the rest of it.
const UNDERSTOOD = new Set([
  ...[BASIC_CONSTRAINTS, KEY_USAGE, EXTENDED_KEY_USAGE, "2.5.29.17", "2.5.29.30", "2.5.29.31"],
  ...["2.5.29.32", "2.5.29.33", "2.5.29.36", "2.5.29.54", "2.16.840.1.113730.1.1"],
]);

const counts = (one: pki.Certificate, at: Date) => at >= one.notBefore.value && at <= one.notAfter.value;
const ownIssuer = (one: pki.Certificate) => one.subject.isEqual(one.issuer);

function parsed(one: pki.Certificate, type: string): unknown {
  return one.extensions?.find((it) => it.extnID === type)?.parsedValue;
}

function sameBytes(one: pki.Certificate, two: pki.Certificate): boolean {
  const [ours, theirs] = [one, two].map((it) => new Uint8Array(it.toSchema(false).toBER(false)));
  return same(ours, theirs);
}

/** Return the certificates from `leaf` to a root among `given`; undefined: there is no such line. */
export function pathOf(
  leaf: pki.Certificate,
  between: readonly pki.Certificate[],
  given: readonly pki.Certificate[],
  at: Date,
): pki.Certificate[] | undefined {
  // A chain ends in a root; what was given besides may stand between.
  const roots = given.filter(ownIssuer);
  const others = [...given.filter((it) => !roots.includes(it)), ...between];
  const path = [leaf];
  while (path.length <= LONGEST) {
    const last = path[path.length - 1]!;
    if (roots.some((it) => sameBytes(it, last))) return path;
    if (ownIssuer(last)) return undefined;
    const found = [...roots, ...others].filter((it) => it.subject.isEqual(last.issuer));
    const next = found.find((it) => counts(it, at)) ?? found[0];
    if (!next) return undefined;
    path.push(next);
  }
  return undefined;
}

/** Say what a certificate of a line is not, that it must be; undefined: each is. */
export function pathFault(path: readonly pki.Certificate[], at: Date, use: string | undefined): string | undefined {
  let between = 0;
  for (const [place, one] of path.entries()) {
    if (!counts(one, at)) return `a certificate was not valid at ${at.toISOString()}`;
    if (one.extensions?.some((it) => it.critical && !UNDERSTOOD.has(it.extnID))) {
      return "a certificate has a critical extension that is not understood";
    }
    const uses = parsed(one, EXTENDED_KEY_USAGE);
    if (use && uses instanceof pki.ExtKeyUsage && !uses.keyPurposes.includes(use)) {
      return "a certificate is for another purpose";
    }
    if (!place) continue;
    const fault = issuerFault(one, between);
    if (fault) return fault;
    if (!ownIssuer(one)) between += 1;
  }
  return undefined;
}

function issuerFault(one: pki.Certificate, between: number): string | undefined {
  const constraints = parsed(one, BASIC_CONSTRAINTS);
  const usage = parsed(one, KEY_USAGE);
  if (!(constraints instanceof pki.BasicConstraints) || !constraints.cA) {
    return "a certificate above the signer's may issue none";
  }
  const most = constraints.pathLenConstraint;
  if (most !== undefined && Number(most instanceof asn1.Integer ? most.valueBlock.valueDec : most) < between) {
    return "more certificates stand between than one of them allows";
  }
  const bits = usage instanceof asn1.BitString ? usage.valueBlock.valueHexView[0] : undefined;
  return usage && !((bits ?? 0) & CERT_SIGN) ? "a certificate above the signer's may issue none" : undefined;
}
