// The crew: as many worker threads as there are cores, each doing one thing at a time. Takes tasks with the hour they serve;
// hands them out oldest hour first, so that a backlog runs in parallel and the oldest hour is finished first.
import type { Minute } from '../domain/time.ts';
import { startWorker, type WorkerHandle } from '../outside/workers.ts';
import type { XzSetting } from '../outside/xz.ts';
import type { MinuteAnswer, MinuteQuestion } from './minute.ts';
import type { IdsAnswer, IdsQuestion, WatchAnswer, WatchQuestion } from './worker.ts';

/** Parsed lines are garbage at once: a small young generation took 90 MB less for an hour than the default. */
const heapLimits = { maxYoungGenerationSizeMb: 8 };

type Thread = WorkerHandle<WatchQuestion, WatchAnswer>;

interface Task {
  /** The first minute of the hour that the task serves. */
  readonly hour: Minute;
  readonly question: WatchQuestion;
  readonly transfer: readonly ArrayBuffer[];
  readonly answer: PromiseWithResolvers<WatchAnswer>;
}

export interface Crew extends AsyncDisposable {
  readonly size: number;
  minute(hour: Minute, question: MinuteQuestion): Promise<MinuteAnswer>;
  /** One .xz stream of the bytes, whose buffer is handed over. */
  compress(hour: Minute, bytes: Uint8Array<ArrayBuffer>, setting: XzSetting): Promise<Uint8Array<ArrayBuffer>>;
  /** The IDs of a file of the vault, or why it cannot be relied on. */
  ids(hour: Minute, question: IdsQuestion): Promise<IdsAnswer>;
  /** The SHA-256 of a file's content, in hexadecimal; `isCompressed`: of what is in the .xz. */
  sha256(hour: Minute, path: string, isCompressed: boolean): Promise<string>;
}

/** Puts a task behind those of its own hour and of earlier ones. */
function queue(waiting: Task[], task: Task): void {
  const place = waiting.findIndex(({ hour }) => hour > task.hour);
  waiting.splice(place < 0 ? waiting.length : place, 0, task);
}

/** Starts no thread before there is work; threads end with the crew. */
export function gatherCrew(size: number): Crew {
  const idle: Thread[] = [];
  const all: Thread[] = [];
  const waiting: Task[] = [];

  function next(): void {
    while (waiting.length > 0) {
      const worker: Thread | undefined =
        idle.pop() ?? (all.length < size ? startWorker('watch', heapLimits) : undefined);
      if (worker === undefined) return;
      if (!all.includes(worker)) all.push(worker);
      void work(worker, waiting.shift() as Task);
    }
  }

  async function work(worker: Thread, { question, transfer, answer }: Task): Promise<void> {
    try {
      answer.resolve(await worker.ask(question, transfer));
      idle.push(worker);
    } catch (error) {
      answer.reject(error);
      // The thread may be gone, or short of memory: another one is soon started.
      all.splice(all.indexOf(worker), 1);
      await worker[Symbol.asyncDispose]();
    }
    next();
  }

  function ask(hour: Minute, question: WatchQuestion, transfer: readonly ArrayBuffer[] = []): Promise<WatchAnswer> {
    const answer = Promise.withResolvers<WatchAnswer>();
    queue(waiting, { hour, question, transfer, answer });
    next();
    return answer.promise;
  }

  return {
    size,
    minute: (hour, minute) => ask(hour, { minute }) as Promise<MinuteAnswer>,
    compress: (hour, compress, setting) =>
      ask(hour, { compress, setting }, [compress.buffer]) as Promise<Uint8Array<ArrayBuffer>>,
    ids: (hour, question) => ask(hour, question) as Promise<IdsAnswer>,
    sha256: async (hour, digestOf, isCompressed) =>
      ((await ask(hour, { digestOf, isCompressed })) as { sha256: string }).sha256,
    async [Symbol.asyncDispose]() {
      await Promise.all(all.map((worker) => worker[Symbol.asyncDispose]()));
    },
  };
}
