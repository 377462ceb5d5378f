/**
 * The worker: checks a bundle and then answers what the page wants to know of its records.
 *
 * Large bundles are read by several at once: the page starts copies of this one, and gives the first
 * a line to each of the others.  (A page from a disk may not start workers from within a worker.)
 */

import type { Labour, Progress } from "./check/examination.ts";
import type { Place } from "./check/place.ts";
import {
  type Seen,
  type SegmentJob,
  type SegmentSeen,
  type Tick,
  digest,
  readSegment,
} from "./check/segment_check.ts";
import { type Order, examine } from "./check/verify.ts";
import { Archive } from "./records/archive.ts";
import type { Answer, Question } from "./records/questions.ts";

/** What the worker is asked by the page. */
export type Request =
  | { type: "check"; order: Order; helpers: MessagePort[] }
  | { type: "serve"; line: MessagePort }
  | { type: "question"; id: number; question: Question };

/** What a worker is asked by another, and answers. */
type Errand = { job: SegmentJob } | { place: Place };
type Done = { seen: Seen | SegmentSeen } | { broken: string } | { part: number };

/** What the worker says. */
export type Reply =
  | { type: "progress"; step: string; done: number; all: number }
  | { type: "report"; report: Record<string, unknown> }
  | { type: "broken"; text: string }
  | { type: "answer"; id: number; answer: Answer };

let archive: Archive | undefined;

const say = (reply: Reply) => self.postMessage(reply);

/** Hands heavy work to other workers, the next piece to whichever is free. */
class Team implements Labour {
  private readonly waiting: ((line: MessagePort) => void)[] = [];

  constructor(private readonly free: MessagePort[]) {}

  segment(job: SegmentJob, tick: Tick): Promise<SegmentSeen> {
    return this.send({ job }, tick) as Promise<SegmentSeen>;
  }

  digest(place: Place): Promise<Seen> {
    return this.send({ place }, () => undefined) as Promise<Seen>;
  }

  private async send(errand: Errand, tick: Tick): Promise<Seen | SegmentSeen> {
    const line = this.free.pop() ?? (await new Promise<MessagePort>((give) => this.waiting.push(give)));
    const done = await new Promise<Exclude<Done, { part: number }>>((resolve) => {
      line.onmessage = ({ data }: MessageEvent<Done>) => ("part" in data ? tick(data.part) : resolve(data));
      line.postMessage(errand);
    });
    const next = this.waiting.shift();
    if (next) next(line);
    else this.free.push(line);
    if ("broken" in done) throw new Error(done.broken);
    return done.seen;
  }
}

/** Do what another worker asks for. */
function serve(line: MessagePort): void {
  line.onmessage = async ({ data }: MessageEvent<Errand>) => {
    try {
      const tick = (part: number) => line.postMessage({ part } satisfies Done);
      const seen = "job" in data ? await readSegment(data.job, tick) : await digest(data.place);
      line.postMessage({ seen } satisfies Done);
    } catch (error) {
      line.postMessage({ broken: String((error as Error).stack ?? error) } satisfies Done);
    }
  };
}

async function check(order: Order, helpers: MessagePort[]): Promise<void> {
  const labour = helpers.length ? new Team(helpers) : { segment: readSegment, digest };
  const progress: Progress = (step, done, all) => say({ type: "progress", step, done, all });
  const { report, work } = await examine(order, labour, progress);
  archive = work && (await Archive.of(work));
  say({ type: "report", report: report.asJson() });
}

async function handle(request: Request): Promise<void> {
  if (request.type === "check") await check(request.order, request.helpers);
  else if (request.type === "serve") serve(request.line);
  else if (archive) {
    say({ type: "answer", id: request.id, answer: await archive.answer(request.question) });
  }
}

self.onmessage = ({ data }: MessageEvent<Request>) => {
  handle(data).catch((error: unknown) => {
    say({ type: "broken", text: String((error as Error).stack ?? error) });
  });
};
