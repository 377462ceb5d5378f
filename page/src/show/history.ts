/** The history: filter, timeline, list, and one record whole. */

import type { Filter, Overview } from "../records/questions.ts";
import type { Check } from "./asking.ts";
import { counted, element, the } from "./elements.ts";
import { type Line, RecordList, text } from "./record_list.ts";
import { type Span, barsIn, drawTimeline, spanOf } from "./timeline.ts";
import { Clock } from "./times.ts";
import { groupOf } from "./words.ts";

const PAUSE = 250;
const A_DAY = 86_400_000;

/** Shows the records of one check. */
export class History {
  private readonly list: RecordList;
  private readonly site: Clock;
  private readonly kinds = new Set<string>();
  private readonly life: Span;
  private span: Span;
  private zoom: Span | undefined;
  private timer = 0;
  private asked = 0;

  private constructor(
    private readonly check: Check,
    private readonly overview: Overview,
  ) {
    this.site = Clock.of(overview.zone);
    this.life = lifeOf(overview);
    this.span = spanOf(this.life.from, this.life.until);
    this.list = new RecordList(async (from, to) => (await check.ask({ about: "lines", from, to })).records, showRecord);
    this.watch();
    this.showKinds();
  }

  /** Show the history of a check, if it has any records. */
  static async show(check: Check, passed: boolean): Promise<void> {
    const { overview } = await check.ask({ about: "overview" });
    if (!overview.records) return;
    the("history").hidden = false;
    the("history-warning").hidden = passed;
    await new History(check, overview).renew();
  }

  private get clock(): Clock {
    return the<HTMLInputElement>("utc").checked ? new Clock("UTC") : this.site;
  }

  private watch(): void {
    for (const id of ["text", "zone", "from", "until"]) {
      the<HTMLInputElement>(id).value = "";
      the(id).oninput = () => {
        this.zoom = undefined;
        clearTimeout(this.timer);
        this.timer = window.setTimeout(() => void this.renew(), PAUSE);
      };
    }
    the("utc").onchange = () => void this.renew();
    let width = innerWidth;
    window.onresize = () => {
      if (width !== innerWidth) void this.draw();
      width = innerWidth;
    };
  }

  private showKinds(): void {
    const sorted = [...this.overview.kinds].sort((one, two) => two.count - one.count);
    the("kinds").replaceChildren(
      ...sorted.map(({ name, count }) => {
        const chip = element("button", { type: "button", class: `chip ${groupOf(name)}`, "aria-pressed": "false" });
        chip.append(name, " ", element("small", {}, counted(count)));
        chip.addEventListener("click", () => this.turn(name, chip));
        return chip;
      }),
    );
  }

  private turn(name: string, chip: HTMLElement): void {
    if (!this.kinds.delete(name)) this.kinds.add(name);
    chip.setAttribute("aria-pressed", String(this.kinds.has(name)));
    void this.renew();
  }

  private filter(): Filter {
    const value = (id: string) => the<HTMLInputElement>(id).value;
    const last = this.clock.begin(value("until"));
    return {
      text: value("text"),
      zone: value("zone").trim(),
      kinds: [...this.kinds],
      from: this.zoom?.from ?? this.clock.begin(value("from")),
      until: this.zoom?.until ?? (last === undefined ? undefined : last + A_DAY),
    };
  }

  /** Find the records again, and show them. */
  private async renew(): Promise<void> {
    this.asked += 1;
    const { asked } = this;
    the("count").textContent = "Looking…";
    const filter = this.filter();
    const { count, whole } = await this.check.ask({ about: "find", filter });
    if (asked !== this.asked) return;
    const { zone } = this.clock;
    the("count").replaceChildren(
      count === whole ? `All ${counted(whole)} records` : `${counted(count)} of ${counted(whole)} records`,
      `, times of ${zone}. `,
      ...this.wayBack(),
    );
    the("time-head").textContent = `Time (${zone})`;
    this.span = spanOf(filter.from ?? this.life.from, filter.until ?? this.life.until);
    this.list.set(count, this.clock);
    await this.draw();
  }

  private wayBack(): Node[] {
    if (!this.zoom) return [];
    const back = element("button", { type: "button", class: "link" }, "Show the whole time again");
    back.addEventListener("click", () => {
      this.zoom = undefined;
      void this.renew();
    });
    return [back];
  }

  private async draw(): Promise<void> {
    const count = barsIn(the("timeline").clientWidth);
    const { bars } = await this.check.ask({ about: "bars", ...this.span, count });
    drawTimeline(bars, this.overview.gaps, this.span, {
      clock: this.clock,
      choose: (span) => {
        this.zoom = span;
        void this.renew();
      },
    });
  }
}

/** Return from when to when there is anything to draw: records, and gaps not long after the last. */
function lifeOf({ first, last, gaps }: Overview): Span {
  const latest = last + Math.max(last - first, A_DAY);
  const ends = gaps.map((it) => it.until).filter((it) => it <= latest);
  return { from: first, until: Math.max(last, ...ends) };
}

/** Show one record whole. */
function showRecord({ seq, fields }: Line): void {
  the("record-title").textContent = `Record ${counted(seq)}`;
  the("record-fields").replaceChildren(
    ...Object.keys(fields)
      .sort()
      .flatMap((key) => [element("dt", {}, key), element("dd", {}, text(fields[key]))]),
  );
  the<HTMLDialogElement>("record").showModal();
}
