/** The timeline: how many records of each kind fell when, with gaps hatched. */

import type { Bars, Gap } from "../records/questions.ts";
import { counted, drawn, element, the } from "./elements.ts";
import type { Clock } from "./times.ts";
import { groupOf } from "./words.ts";

const GROUPS = ["alarm", "trouble", "arming", "restore", "test", "other", "withheld"];
const HEIGHT = 132;
const TOP = 8;
const BOTTOM = 22;
const DAY = 86_400_000;

/** The span of time that is drawn. */
export interface Span {
  from: number;
  until: number;
}

/** Return a span around what there is, so that no record lies on its edge. */
export function spanOf(first: number, last: number): Span {
  if (!Number.isFinite(first)) return { from: 0, until: DAY };
  const room = Math.max((last - first) * 0.01, 60_000);
  return { from: first - room, until: last + room };
}

/** Return how many bars are drawn in a width. */
export const barsIn = (width: number): number => Math.max(24, Math.min(160, Math.floor(width / 6)));

/** Draw the bars; a press on one calls `choose` with its span. */
export function drawTimeline(
  bars: Bars,
  gaps: readonly Gap[],
  span: Span,
  { clock, choose }: { clock: Clock; choose: (span: Span) => void },
): void {
  const place = the("timeline");
  const width = Math.max(280, place.clientWidth);
  const count = bars.counts[0]?.length ?? 1;
  const each = width / count;
  const scale = (HEIGHT - TOP - BOTTOM) / bars.most;
  const sums = grouped(bars);
  const box = { viewBox: `0 0 ${width} ${HEIGHT}`, width, height: HEIGHT };
  const picture = drawn("svg", { ...box, role: "img", "aria-labelledby": "timeline-words" });
  picture.append(hatching(), ...gapMarks(gaps, span, width));
  for (let at = 0; at < count; at += 1) picture.append(bar(sums, at, { each, scale, span, count, clock, choose }));
  picture.append(drawn("line", { x1: 0, x2: width, y1: HEIGHT - BOTTOM, y2: HEIGHT - BOTTOM, class: "axis" }));
  picture.append(...ticks(span, width, clock));
  place.replaceChildren(picture);
  const seen = gaps.filter((it) => it.until >= span.from && it.from <= span.until);
  the("timeline-words").replaceChildren(...legend(sums, seen));
}

function grouped(bars: Bars): Map<string, number[]> {
  const sums = new Map(GROUPS.map((group) => [group, new Array<number>(bars.counts[0]?.length ?? 0).fill(0)]));
  bars.kinds.forEach((kind, at) => {
    const sum = sums.get(groupOf(kind))!;
    bars.counts[at]!.forEach((count, place) => (sum[place]! += count));
  });
  return sums;
}

interface Scale {
  each: number;
  scale: number;
  span: Span;
  count: number;
  clock: Clock;
  choose: (span: Span) => void;
}

function bar(sums: Map<string, number[]>, at: number, how: Scale): SVGElement {
  const { each, scale, span, count, clock, choose } = how;
  const width = (span.until - span.from) / count;
  const [from, until] = [span.from + at * width, span.from + (at + 1) * width];
  const group = drawn("g", { class: "bar" });
  let y = HEIGHT - BOTTOM;
  const said: string[] = [];
  for (const [name, counts] of sums) {
    const value = counts[at]!;
    if (!value) continue;
    const height = Math.max(1.5, value * scale);
    y -= height;
    group.append(drawn("rect", { x: at * each + 0.5, y, width: Math.max(1, each - 1), height, class: `kind ${name}` }));
    said.push(`${counted(value)} ${name}`);
  }
  group.append(drawn("rect", { x: at * each, y: 0, width: each, height: HEIGHT - BOTTOM, class: "hit" }));
  group.append(drawn("title", {}, `${clock.time(from)} to ${clock.time(until)}: ${said.join(", ") || "no record"}`));
  group.addEventListener("click", () => choose({ from, until }));
  return group;
}

function hatching(): SVGElement {
  const line = drawn("path", { d: "M0 6 6 0", class: "hatch" });
  const box = { id: "hatch", width: 6, height: 6, patternUnits: "userSpaceOnUse" };
  return drawn("defs", {}, drawn("pattern", box, line));
}

function gapMarks(gaps: readonly Gap[], span: Span, width: number): SVGElement[] {
  const scale = width / (span.until - span.from);
  return gaps
    .filter((it) => it.until >= span.from && it.from <= span.until)
    .map((gap) => {
      const from = Math.max(0, (gap.from - span.from) * scale);
      const size = Math.max(3, Math.min(width, (gap.until - span.from) * scale) - from);
      const box = { x: from, y: 0, width: size, height: HEIGHT - BOTTOM };
      const mark = drawn("rect", { ...box, class: "gap", fill: "url(#hatch)" });
      mark.append(drawn("title", {}, `${gap.kind.replace("_", " ")} ${gap.listener} ${gap.cause}`));
      return mark;
    });
}

function ticks(span: Span, width: number, clock: Clock): SVGElement[] {
  const count = Math.max(2, Math.floor(width / 150));
  const long = span.until - span.from > 3 * DAY;
  return Array.from({ length: count }, (_, at) => {
    const time = span.from + ((at + 0.5) / count) * (span.until - span.from);
    const text = long ? clock.day(time) : clock.time(time).slice(5, 16);
    const x = ((at + 0.5) / count) * width;
    return drawn("text", { x, y: HEIGHT - 6, class: "tick-text", "text-anchor": "middle" }, text);
  });
}

function legend(sums: Map<string, number[]>, gaps: readonly Gap[]): Node[] {
  const parts = [...sums].map(([name, counts]) => [name, counts.reduce((sum, it) => sum + it, 0)] as const);
  const keys: Node[] = parts
    .filter(([, count]) => count)
    .map(([name, count]) => element("span", { class: `key ${name}` }, `${name} ${counted(count)}`));
  const gapped = `${counted(gaps.length)} ${gaps.length === 1 ? "gap" : "gaps"} of a line or the clock, hatched`;
  if (gaps.length) keys.push(element("span", { class: "key gap" }, gapped));
  return keys;
}
