/** What is to be checked: the bundle with its volumes, and whom to trust. */

import { pemOf } from "../check/signatures.ts";
import type { Order } from "../check/verify.ts";
import { element, sizeOf, the } from "./elements.ts";

const ANCHORS = ["root", "tsa", "log", "crls"] as const;
type Anchor = (typeof ANCHORS)[number];
const LARGEST_KEY = 1 << 20;

let chosen: File[] = [];

/** Wire the inputs; `begin` is called with what to check. */
export function watchInputs(begin: (order: Order) => void): void {
  the("bundle").addEventListener("change", (event) => void take(taken(event)));
  for (const anchor of ANCHORS) {
    the(`${anchor}-file`).addEventListener("change", (event) => {
      const [file] = taken(event);
      if (file) void give(anchor, file);
    });
    the(anchor).addEventListener("input", show);
  }
  the("order").addEventListener("submit", (event) => {
    event.preventDefault();
    const order = orderOf();
    if (order) begin(order);
  });
  watchDrops();
}

/** Return the files that were chosen, and leave the input empty: the same may be chosen again. */
function taken(event: Event): File[] {
  const input = event.target as HTMLInputElement;
  const files = [...(input.files ?? [])];
  input.value = "";
  return files;
}

/** Forget what was chosen, but not whom to trust. */
export function forget(): void {
  chosen = [];
  show();
}

function watchDrops(): void {
  const over = (on: boolean) => the("drop").classList.toggle("over", on);
  addEventListener("dragover", (event) => {
    event.preventDefault();
    over(true);
  });
  addEventListener("dragleave", (event) => {
    if (!event.relatedTarget) over(false);
  });
  addEventListener("drop", (event) => {
    event.preventDefault();
    over(false);
    void take([...(event.dataTransfer?.files ?? [])]);
  });
}

/** Take files in: containers and volumes to check, keys to trust. */
async function take(files: File[]): Promise<void> {
  for (const file of files) {
    if (/\.(?:asice|zip)$/i.test(file.name)) {
      if (file.name.endsWith(".asice")) chosen = chosen.filter((it) => !it.name.endsWith(".asice"));
      chosen = [...chosen.filter((it) => it.name !== file.name), file];
    } else if (file.size <= LARGEST_KEY) {
      await give(await anchorOf(file), file);
    }
  }
  show();
}

async function anchorOf(file: File): Promise<Anchor> {
  const text = await file.text();
  if (text.includes("PUBLIC KEY")) return "log";
  if (text.includes("X509 CRL")) return "crls";
  return /tsa|stamp/i.test(file.name) ? "tsa" : "root";
}

async function give(anchor: Anchor, file: File): Promise<void> {
  const data = new Uint8Array(await file.arrayBuffer());
  const text = new TextDecoder().decode(data);
  // A certificate may come as DER.
  const pem = data[0] === 0x30 && !text.includes("-----BEGIN") ? pemOf([data]) : text;
  const input = the<HTMLInputElement>(anchor);
  input.dataset.pem = pem;
  input.value = file.name;
  show();
}

function valueOf(anchor: Anchor): string {
  const input = the<HTMLInputElement>(anchor);
  return input.dataset.pem ?? input.value;
}

function show(event?: Event): void {
  // What is typed takes the place of a file that was chosen.
  if (event?.target instanceof HTMLInputElement) delete event.target.dataset.pem;
  the("files").replaceChildren(
    ...chosen.map((it) => element("li", {}, element("b", {}, it.name), ` ${sizeOf(it.size)}`)),
  );
  const ready = chosen.some((it) => it.name.endsWith(".asice"));
  the<HTMLButtonElement>("check").disabled = !ready;
  the("waiting").textContent = !ready
    ? "Choose a bundle first."
    : valueOf("root").trim()
      ? ""
      : "Without the root’s certificate or fingerprint it cannot be said who sealed it.";
}

function orderOf(): Order | undefined {
  const bundle = chosen.find((it) => it.name.endsWith(".asice"));
  if (!bundle) return undefined;
  const beside = chosen.filter((it) => it !== bundle);
  return {
    bundle: { name: bundle.name, file: bundle },
    beside: beside.map((file) => ({ name: file.name, file })),
    anchors: { root: valueOf("root"), tsa: valueOf("tsa"), log: valueOf("log"), crls: valueOf("crls") },
    demandProofs: the<HTMLInputElement>("demand").checked,
  };
}
