/** 1. `container`: the files of a bundle, in a container and its volumes. */

import { type Bytes, decoded, encoded, same, shownText } from "./bytes.ts";
import { type Place, deflateSign, whole } from "./place.ts";
import { CheckError, type Report } from "./report.ts";
import { readLayout, unsafePart } from "./zip_layout.ts";

export const CONTAINER_MANIFEST = "META-INF/manifest.xml";
export const SIGNATURES = "META-INF/signatures0.xml";
export const VOLUMES = "volumes-sha256.txt";
const MIMETYPE = encoded("application/vnd.etsi.asic-e+zip");
/** No file is longer that is read whole. */
export const MOST_SMALL = 64 << 20;
const HASH_DIGITS = 64;
const STEP = "container";

/** A file that was handed in, under the name it has. */
export interface Named {
  name: string;
  file: Blob;
}

/** The bundle's files by name, and the volumes that were found beside it. */
export class Opened {
  readonly places = new Map<string, Place>();
  readonly volumes = new Map<string, Place>();
  /** Files that were wanted whole and could not be had. */
  readonly unread = new Set<string>();
  private readonly kept = new Map<string, Bytes | undefined>();

  /** Return a small file whole; undefined where it is missing or cannot be read. */
  async read(name: string): Promise<Bytes | undefined> {
    if (!this.kept.has(name)) this.kept.set(name, await this.content(name));
    return this.kept.get(name);
  }

  has(name: string): boolean {
    return this.places.has(name);
  }

  names(): string[] {
    return [...this.places.keys()].sort();
  }

  /** From now on a file whose compressed form is another counts as one that cannot be read. */
  holdToForm(): void {
    for (const place of this.places.values()) place.again = true;
    this.kept.clear();
  }

  private async content(name: string): Promise<Bytes | undefined> {
    const place = this.places.get(name);
    if (!place) return undefined;
    // The step that hashes every file says why; what nobody tells of is told of at the end.
    return whole(place, MOST_SMALL).catch(() => {
      this.unread.add(name);
      return undefined;
    });
  }
}

/** Find every file, or report why there is nothing to go on with. */
export async function openBundle(
  bundle: Named,
  beside: readonly Named[],
  report: Report,
): Promise<Opened | undefined> {
  const opened = new Opened();
  try {
    await openContainer(bundle, opened, report);
  } catch (error) {
    if (!(error instanceof CheckError)) {
      report.undecided(STEP, bundle.name, `cannot be read: ${(error as Error).message}`);
    } else {
      report.failed(STEP, error.subject, error.text);
    }
    return undefined;
  }
  await checkMeta(opened, report);
  await openVolumes(beside, opened, report);
  report.conclude(STEP, bundle.name, `${opened.places.size} files, nothing else in it`);
  return opened;
}

async function openContainer(bundle: Named, opened: Opened, report: Report): Promise<void> {
  const members = await readLayout(bundle.file, bundle.name, "mimetype");
  for (const member of members) {
    const { name, size } = member;
    opened.places.set(name, { name, file: bundle.file, size, member });
  }
  if (label((await opened.read("bag-info.txt")) ?? new Uint8Array(0), "Container-Deflate") !== deflateSign()) {
    report.notChecked.push("the compressed form: this page's deflate is another than the writer's");
    return;
  }
  opened.holdToForm();
}

/** Return the value of a label in `bag-info.txt`; of two with one label the first counts. */
export function label(bagInfo: Uint8Array, name: string): string {
  return labels(bagInfo, name)[0] ?? "";
}

/** Return the values of all labels of a name in `bag-info.txt`. */
export function labels(bagInfo: Uint8Array, name: string): string[] {
  const rows = shownText(bagInfo).split(/\r\n|\n|\r/);
  return rows.filter((it) => it.startsWith(`${name}: `)).map((it) => it.slice(name.length + 2));
}

async function checkMeta(opened: Opened, report: Report): Promise<void> {
  if (!same(await opened.read("mimetype"), MIMETYPE)) {
    report.failed(STEP, "mimetype", "does not name an ASiC-E container");
  }
  for (const name of opened.names()) {
    if (name.startsWith("META-INF/") && name !== CONTAINER_MANIFEST && name !== SIGNATURES) {
      report.failed(STEP, name, "nothing else may be placed in META-INF");
    }
  }
}

async function openVolumes(beside: readonly Named[], opened: Opened, report: Report): Promise<void> {
  const listed = await opened.read(VOLUMES);
  if (!listed) return;
  for (const line of (decoded(listed) ?? shownText(listed)).split("\n").filter(Boolean)) {
    const name = line.slice(HASH_DIGITS + 2);
    const volume = beside.find((it) => it.name === name);
    if (name.includes("/") || unsafePart(name) || !name.endsWith(".zip")) {
      report.failed(STEP, VOLUMES, "names a volume that is not a safe name");
    } else if (!volume) {
      const text = "is not beside the container; without it the records cannot be checked";
      report.undecided(STEP, name, text);
    } else {
      opened.volumes.set(name, { name, file: volume.file, size: volume.file.size });
      await takeVolume(volume, opened, report);
    }
  }
}

async function takeVolume(volume: Named, opened: Opened, report: Report): Promise<void> {
  try {
    for (const member of await readLayout(volume.file, volume.name)) {
      const { name, size } = member;
      if (!name.startsWith("data/records/") || opened.has(name)) {
        report.failed(STEP, volume.name, `holds ${name}, which is not of its place`);
      } else {
        opened.places.set(name, { name, file: volume.file, size, member });
      }
    }
  } catch (error) {
    if (!(error instanceof CheckError)) throw error;
    report.failed(STEP, volume.name, `${error.subject} ${error.text}`);
  }
}
