/** 2. `bag`: required files, and those whose content is fixed. */

import { REQUIRED, containerManifest, sameButForCase, signedNames } from "./bag_check.ts";
import { type Bytes, encoded, hex, same, shownText } from "./bytes.ts";
import type { Examination } from "./examination.ts";
import { sha256 } from "./hashes.ts";
import { CONTAINER_MANIFEST, SIGNATURES, label } from "./opened.ts";
import { PROOFS } from "./point_check.ts";

const BAGIT = encoded("BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n");
const SEALS = ["tagmanifest-sha256.txt.p7s", "tagmanifest-sha256.txt.tsr"];

export async function bag(work: Examination): Promise<void> {
  const { report, opened } = work;
  const info = (await work.read("bag-info.txt")) ?? new Uint8Array(0);
  for (const name of REQUIRED) if (!opened.has(name)) report.failed("bag", name, "is missing");
  for (const name of sameButForCase(opened.names())) {
    report.failed("bag", name, "differs from another name in upper and lower case only");
  }
  const bagit = await work.read("bagit.txt");
  if (bagit && !same(bagit, BAGIT)) report.failed("bag", "bagit.txt", "is not that of BagIt 1.0");
  await checkOxum(work, info);
  if (label(info, "Ledger-Proofs") && !opened.has(PROOFS)) {
    report.failed("bag", PROOFS, "is missing, and bag-info.txt says that it is there");
  }
  await checkContainerManifest(work, info);
  report.notChecked.push(
    "the programs in verify/, this page's copy among them: nothing here uses them; do not trust " +
      "a checker that came with what it is to check",
  );
  report.conclude("bag", "", "every file that a bundle has is there");
}

async function checkOxum(work: Examination, info: Uint8Array): Promise<void> {
  const payload = [...work.opened.places.values()].filter((it) => it.name.startsWith("data/"));
  const oxum = `${payload.reduce((sum, it) => sum + it.size, 0)}.${payload.length}`;
  if (label(info, "Payload-Oxum") !== oxum && !(await work.volumeAway())) {
    work.report.failed("bag", "bag-info.txt", "Payload-Oxum is not the size of what is here");
  }
  work.report.base = label(info, "External-Identifier");
}

/** Compare `META-INF/manifest.xml` with what it must be for these very files. */
async function checkContainerManifest(work: Examination, info: Uint8Array): Promise<void> {
  const { report, opened } = work;
  const found = await work.read(CONTAINER_MANIFEST);
  if (!found) return;
  const inside = inContainer(work, found);
  if (opened.has(SIGNATURES)) {
    if (!same(found, encoded(containerManifest(inside)))) {
      report.failed("bag", CONTAINER_MANIFEST, "is not that of the files in the container");
    }
  } else if (label(info, "Container-Signature")) {
    report.failed("bag", SIGNATURES, "is missing, and bag-info.txt says that it is there");
  } else {
    report.notChecked.push("XAdES: this bundle is of the first form and has none");
    await checkFirstForm(work, found, inside);
  }
}

/** Before there was XAdES, signature and stamp had their hashes in a comment (FORMAT.md, 11). */
async function checkFirstForm(work: Examination, found: Bytes, inside: string[]): Promise<void> {
  const hashes: Record<string, string> = {};
  for (const name of SEALS) {
    const content = await work.read(name);
    if (!content) return;
    hashes[name] = hex(sha256(content));
  }
  if (same(found, encoded(containerManifest(inside, hashes)))) return;
  work.report.failed("bag", CONTAINER_MANIFEST, "is not that of the files in the container");
  for (const [name, value] of Object.entries(hashes)) {
    // Which of the two was changed cannot be told: nothing else covers either.
    if (!shownText(found).includes(`${value}  ${name}\n`)) {
      work.report.failed("bag", name, `is not the one that ${CONTAINER_MANIFEST} was sealed with`);
    }
  }
}

/** Return the files that the container's manifest must name. */
function inContainer(work: Examination, manifest: Uint8Array): string[] {
  const inside = signedNames(work.opened.names());
  if (!work.opened.volumes.size) return inside;
  // What came from volumes has no entry: they are files beside the container.
  const listed = new Set([...shownText(manifest).matchAll(/full-path="([^"]+)"/g)].map((it) => it[1]));
  return inside.filter((it) => listed.has(it) || !it.startsWith("data/records/"));
}
