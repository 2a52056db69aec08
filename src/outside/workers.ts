// Worker threads: one question, one answer, each way by message. Takes the name of a stage that has a `worker.ts`;
// leaves a handle to ask. Works from the TypeScript sources and from inside the executable alike.
import './allocator.ts';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { Worker, parentPort } from 'node:worker_threads';
import type { ResourceLimits, Transferable } from 'node:worker_threads';
import { OperatorError } from '../domain/operator-error.ts';
import type { ErrorCode } from '../domain/operator-error.ts';

interface Asked {
  readonly number: number;
  readonly question: unknown;
}

interface Answered {
  readonly number: number;
  readonly answer?: unknown;
  readonly error?: unknown;
}

/** How many threads work at once on this machine, as this process may use it. */
export const coreCount = (): number => availableParallelism();

export interface WorkerHandle<Question, Answer> {
  /** Rejects with what the worker threw, or where the worker ends before it answered. `transfer` is handed over, not copied. */
  ask(question: Question, transfer?: readonly Transferable[]): Promise<Answer>;
  /** Ends the thread; what it was still asked is rejected. */
  [Symbol.asyncDispose](): Promise<void>;
}

/** Sources end in `.ts`; the executable holds each worker beside the main bundle, as build/executable.ts names it. */
function entryPath(stage: string): string {
  const entry = import.meta.url.endsWith('.ts') ? `../${stage}/worker.ts` : `./${stage}-worker.cjs`;
  return fileURLToPath(new URL(entry, import.meta.url));
}

/**
 * Starts `src/STAGE/worker.ts` as a thread. It does not keep the process alive while nothing is asked. `limits`: of its heap, for a
 * stage whose threads make much garbage and keep little.
 */
export function startWorker<Question, Answer>(
  stage: string,
  limits: ResourceLimits = {},
): WorkerHandle<Question, Answer> {
  const worker = new Worker(entryPath(stage), { resourceLimits: limits });
  const open = new Map<number, PromiseWithResolvers<Answer>>();
  let lastNumber = 0;
  let end: Error | undefined;
  let isEnding = false;
  const settle = (number: number): PromiseWithResolvers<Answer> | undefined => {
    const waiting = open.get(number);
    open.delete(number);
    // Who waits for the thread's end is kept alive until then, also where a last answer comes meanwhile.
    if (open.size === 0 && !isEnding) worker.unref();
    return waiting;
  };
  const fail = (error: unknown): void => {
    for (const number of open.keys()) settle(number)?.reject(error);
  };
  worker.unref();
  worker.on('message', ({ number, answer, error }: Answered) => {
    if (error === undefined) settle(number)?.resolve(answer as Answer);
    else settle(number)?.reject(received(error));
  });
  worker.on('error', fail);
  worker.on('exit', (exitCode) => {
    end = new Error(`The ${stage} worker ended (${exitCode}) before it answered.`);
    fail(end);
  });
  return {
    ask(question, transfer = []) {
      // A thread that is gone takes messages without a word.
      if (end) return Promise.reject(end);
      const waiting = Promise.withResolvers<Answer>();
      const number = ++lastNumber;
      open.set(number, waiting);
      worker.ref();
      worker.postMessage({ number, question } satisfies Asked, transfer);
      return waiting.promise;
    },
    async [Symbol.asyncDispose]() {
      isEnding = true;
      await worker.terminate();
    },
  };
}

/** A message between threads keeps an error's words but neither its class nor its code, and both decide what is done about it. */
interface SentError {
  readonly message: string;
  readonly code: string;
  /** Of an OperatorError. */
  readonly remedy?: string;
}

function sendable(error: unknown): unknown {
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') return error;
  const { message, code } = error;
  const sent: SentError = error instanceof OperatorError ? { message, code, remedy: error.remedy } : { message, code };
  return sent;
}

function received(error: unknown): unknown {
  if (error instanceof Error || typeof error !== 'object' || error === null || !('code' in error)) return error;
  const { message, code, remedy } = error as SentError;
  if (remedy === undefined) return Object.assign(new Error(message), { code });
  return new OperatorError(code as ErrorCode, message, remedy);
}

/**
 * For a stage's `worker.ts`: answers every question of the thread that started it, one after the other as they come.
 * What `handedOver` names of an answer is not copied, and gone from here.
 */
export function answerQuestions<Question, Answer>(
  answer: (question: Question) => Answer | Promise<Answer>,
  handedOver: (answer: Answer) => Transferable[] = () => [],
): void {
  parentPort?.on('message', async ({ number, question }: Asked) => {
    try {
      const found = await answer(question as Question);
      parentPort?.postMessage({ number, answer: found } satisfies Answered, handedOver(found));
    } catch (error) {
      parentPort?.postMessage({ number, error: sendable(error) } satisfies Answered);
    }
  });
}
