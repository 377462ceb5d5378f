/** A list of any length, of which only the rows in sight are there. */

import type { JsonObject } from "../check/canonical.ts";
import { counted, element, the } from "./elements.ts";
import type { Clock } from "./times.ts";
import { groupOf } from "./words.ts";

const ROW = 34;
const SPARE = 12;
const MARKED = "marked-row";
// A browser draws no element higher than some millions of pixels: beyond it the way is scaled.
const HIGHEST = 8_000_000;

/** A record with its number. */
export interface Line {
  seq: number;
  fields: JsonObject;
}

type Fetch = (from: number, to: number) => Promise<Line[]>;

export class RecordList {
  private count = 0;
  private shown = "";
  private clock: Clock | undefined;
  private asked = 0;
  private marked = -1;

  constructor(
    private readonly fetch: Fetch,
    private readonly open: (line: Line) => void,
  ) {
    const table = the("table");
    table.onscroll = () => this.draw();
    table.onkeydown = (event) => this.key(event);
  }

  /** Show another set of records from its beginning. */
  set(count: number, clock: Clock): void {
    this.count = count;
    this.clock = clock;
    this.shown = "";
    this.marked = -1;
    the("table").removeAttribute("aria-activedescendant");
    the("table").setAttribute("aria-rowcount", String(count + 1));
    the("table").scrollTop = 0;
    the("rows").style.height = `${Math.min(count * ROW, HIGHEST)}px`;
    the("rows").replaceChildren();
    this.draw();
  }

  private draw(): void {
    void this.drawn();
  }

  private async drawn(): Promise<void> {
    const table = the("table");
    const height = Math.min(this.count * ROW, HIGHEST);
    const visible = Math.ceil(table.clientHeight / ROW);
    const way = Math.max(1, height - table.clientHeight + ROW);
    const top = height < HIGHEST ? table.scrollTop / ROW : (table.scrollTop / way) * (this.count - visible + 1);
    const from = Math.max(0, Math.floor(top) - SPARE);
    const to = Math.min(this.count, Math.floor(top) + visible + SPARE);
    if (this.shown === `${from}-${to}`) return;
    this.shown = `${from}-${to}`;
    this.asked += 1;
    const { asked, shown } = this;
    const lines = await this.fetch(from, to);
    // The list was moved on meanwhile.
    if (asked !== this.asked || shown !== this.shown) return;
    const base = height < HIGHEST ? 0 : table.scrollTop - top * ROW;
    the("rows").replaceChildren(...lines.map((line, at) => this.row(line, from + at, base)));
  }

  private row(line: Line, place: number, base: number): HTMLElement {
    const { fields, seq } = line;
    const withheld = fields.redacted === true;
    const kind = withheld ? "withheld" : text(fields.class) || text(fields.type);
    const what = [text(fields.code), text(fields.name), text(fields.text), text(fields.by)].filter(Boolean).join("  ");
    const where = [text(fields.zone) && `zone ${text(fields.zone)}`, text(fields.user) && `user ${text(fields.user)}`];
    const cell = (content: Node | string, name = "") => element("span", { role: "gridcell", class: name }, content);
    const made = element(
      "div",
      { class: "row", role: "row", "aria-rowindex": place + 2, ...this.mark(place) },
      cell(counted(seq), "seq"),
      cell(shownTime(this.clock!.time(Date.parse(text(fields.t)))), "time"),
      cell(element("span", { class: `key ${groupOf(kind)}` }, kind)),
      cell(withheld ? "its hash stands in its place" : what || text(fields.type), "what"),
      cell(where.filter(Boolean).join(", ")),
    );
    made.style.transform = `translateY(${base + place * ROW}px)`;
    made.addEventListener("click", () => this.open(line));
    return made;
  }

  private mark(place: number): { id?: string; "aria-selected"?: string } {
    if (place !== this.marked) return {};
    the("table").setAttribute("aria-activedescendant", MARKED);
    return { id: MARKED, "aria-selected": "true" };
  }

  /** Move the mark with the arrows, and open the marked record with Enter. */
  private key(event: KeyboardEvent): void {
    const page = Math.floor(the("table").clientHeight / ROW) - 2;
    const steps: Record<string, number> = {
      ...{ ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page },
      ...{ Home: -this.count, End: this.count },
    };
    const step = steps[event.key];
    if (event.key === "Enter") document.getElementById(MARKED)?.click();
    if (step === undefined) return;
    event.preventDefault();
    this.marked = Math.max(0, Math.min(this.count - 1, this.marked + step));
    this.bringIntoSight();
    this.shown = "";
    this.draw();
  }

  private bringIntoSight(): void {
    const table = the("table");
    if (this.count * ROW > HIGHEST) {
      table.scrollTop = (this.marked / this.count) * HIGHEST;
      return;
    }
    const [top, room] = [this.marked * ROW, table.clientHeight - 2 * ROW];
    table.scrollTop = Math.min(top, Math.max(table.scrollTop, top - room));
  }
}

/** Return a time whose year a narrow window may leave out. */
function shownTime(time: string): HTMLElement {
  return element("span", { title: time }, element("span", { class: "year" }, time.slice(0, 5)), time.slice(5));
}

/** Return a value as text. */
export function text(value: unknown): string {
  if (value === undefined || value === null) return "";
  return typeof value === "string" ? value : JSON.stringify(value);
}
