/** The worker that checks, and questions to it about the records it has read. */

import type { Reply, Request } from "../check_worker.ts";
import type { Order } from "../check/verify.ts";
import type { Answer, Question } from "../records/questions.ts";
import { the } from "./elements.ts";
import type { Shown } from "./results.ts";

/** What is called while a check runs, and at its end. */
export interface Listener {
  progress(step: string, done: number, all: number): void;
  report(report: Shown): void;
  broken(text: string): void;
}

const MOST_HELPERS = 4;

/** One check: its worker, which stays to answer questions, and those that help it to read. */
export class Check {
  private readonly worker: Worker;
  private readonly helpers: Worker[];
  private readonly waiting = new Map<number, (answer: Answer) => void>();
  private ids = 0;

  constructor(order: Order, listener: Listener) {
    const text = the("worker").textContent ?? "";
    const source = URL.createObjectURL(new Blob([text], { type: "text/javascript" }));
    this.worker = new Worker(source);
    this.worker.onmessage = ({ data }: MessageEvent<Reply>) => this.take(data, listener);
    this.worker.onerror = (event) => listener.broken(event.message);
    const size = [order.bundle, ...order.beside].reduce((sum, it) => sum + it.file.size, 0);
    // Below a size, starting more workers costs more than it saves.
    const worth = size >= Number(document.documentElement.dataset.worthHelpers);
    const count = worth ? Math.min(navigator.hardwareConcurrency || 1, MOST_HELPERS) : 0;
    const lines = Array.from({ length: count }, () => new MessageChannel());
    this.helpers = lines.map(({ port1: line }) => {
      const helper = new Worker(source);
      helper.onerror = (event) => listener.broken(event.message);
      helper.postMessage({ type: "serve", line } satisfies Request, [line]);
      return helper;
    });
    const helpers = lines.map((it) => it.port2);
    this.worker.postMessage({ type: "check", order, helpers } satisfies Request, helpers);
  }

  /** Ask about the records; the answer is of the kind that was asked for. */
  ask<About extends Question["about"]>(
    question: Extract<Question, { about: About }>,
  ): Promise<Extract<Answer, { about: About }>> {
    this.ids += 1;
    this.say({ type: "question", id: this.ids, question });
    const { ids } = this;
    return new Promise((give) => this.waiting.set(ids, give as (answer: Answer) => void));
  }

  end(): void {
    this.dismiss();
    this.worker.terminate();
  }

  /** Let go of those that helped: what is read is read. */
  private dismiss(): void {
    for (const helper of this.helpers.splice(0)) helper.terminate();
  }

  private say(request: Request): void {
    this.worker.postMessage(request);
  }

  private take(reply: Reply, listener: Listener): void {
    if (reply.type === "progress") listener.progress(reply.step, reply.done, reply.all);
    else if (reply.type === "report") {
      this.dismiss();
      listener.report(reply.report as unknown as Shown);
    } else if (reply.type === "broken") listener.broken(reply.text);
    else if (reply.type === "answer") {
      this.waiting.get(reply.id)?.(reply.answer);
      this.waiting.delete(reply.id);
    }
  }
}
