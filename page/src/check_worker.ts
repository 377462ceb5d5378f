/**
 * The worker: checks a bundle and then answers what the page wants to know of its records.
 *
 * Large bundles are read by several workers at once, each a copy of this one.
 */

import type { Labour, Progress } from "./check/examination.ts";
import type { Place } from "./check/place.ts";
import { type Seen, type SegmentJob, type SegmentSeen, digest, readSegment } from "./check/segment_check.ts";
import { type Order, examine } from "./check/verify.ts";
import { Archive } from "./records/archive.ts";
import type { Answer, Question } from "./records/questions.ts";

/** What the worker is asked, by the page or by the worker that started it. */
export type Request =
  | { type: "check"; order: Order; source: string }
  | { type: "segment"; id: number; job: SegmentJob }
  | { type: "digest"; id: number; place: Place }
  | { type: "question"; id: number; question: Question };

/** What the worker says. */
export type Reply =
  | { type: "progress"; step: string; done: number; all: number }
  | { type: "report"; report: Record<string, unknown> }
  | { type: "broken"; text: string }
  | { type: "seen"; id: number; seen: Seen | SegmentSeen }
  | { type: "answer"; id: number; answer: Answer };

// Below this, starting workers costs more than it saves.
const WORTH_WORKERS = 8 << 20;
const MOST_WORKERS = 4;

let archive: Archive | undefined;

const say = (reply: Reply) => self.postMessage(reply);

/** Hands heavy work to other workers, the next piece to whichever is free. */
class Team implements Labour {
  private readonly free: Worker[];
  private readonly waiting: ((worker: Worker) => void)[] = [];
  private ids = 0;

  constructor(source: string, count: number) {
    this.free = Array.from({ length: count }, () => new Worker(source));
  }

  segment(job: SegmentJob): Promise<SegmentSeen> {
    return this.ask({ type: "segment", id: (this.ids += 1), job }) as Promise<SegmentSeen>;
  }

  digest(place: Place): Promise<Seen> {
    return this.ask({ type: "digest", id: (this.ids += 1), place }) as Promise<Seen>;
  }

  end(): void {
    for (const worker of this.free) worker.terminate();
  }

  private async ask(request: Request): Promise<Seen | SegmentSeen> {
    const worker = this.free.pop() ?? (await new Promise<Worker>((give) => this.waiting.push(give)));
    try {
      return await new Promise((resolve, reject) => {
        worker.onmessage = ({ data }: MessageEvent<Reply>) => {
          if (data.type === "seen") resolve(data.seen);
          else if (data.type === "broken") reject(new Error(data.text));
        };
        worker.onerror = (event) => reject(new Error(event.message));
        worker.postMessage(request);
      });
    } finally {
      const next = this.waiting.shift();
      if (next) next(worker);
      else this.free.push(worker);
    }
  }
}

async function check(order: Order, source: string): Promise<void> {
  const size = [order.bundle, ...order.beside].reduce((sum, it) => sum + it.file.size, 0);
  const count = Math.min(navigator.hardwareConcurrency || 1, MOST_WORKERS);
  const several = size >= WORTH_WORKERS && count > 1 && typeof Worker === "function";
  const team = several ? new Team(source, count) : undefined;
  const progress: Progress = (step, done, all) => say({ type: "progress", step, done, all });
  try {
    const { report, work } = await examine(order, team ?? { segment: readSegment, digest }, progress);
    archive = work && (await Archive.of(work));
    say({ type: "report", report: report.asJson() });
  } finally {
    team?.end();
  }
}

async function handle(request: Request): Promise<void> {
  switch (request.type) {
    case "check":
      await check(request.order, request.source);
      break;
    case "segment":
      say({ type: "seen", id: request.id, seen: await readSegment(request.job) });
      break;
    case "digest":
      say({ type: "seen", id: request.id, seen: await digest(request.place) });
      break;
    case "question":
      if (archive) say({ type: "answer", id: request.id, answer: await archive.answer(request.question) });
  }
}

self.onmessage = ({ data }: MessageEvent<Request>) => {
  handle(data).catch((error: unknown) => say({ type: "broken", text: String((error as Error).stack ?? error) }));
};
