// Waiting for a condition instead of for time. Takes a question that is asked again and again; leaves its first true answer.
import { setTimeout as pause } from 'node:timers/promises';

/** Resolves once the answer is truthy; rejects with `what` when it is not within `mostMs` of real time. */
export async function until<T>(what: string, ask: () => T | Promise<T>, mostMs = 20_000): Promise<NonNullable<T>> {
  const end = performance.now() + mostMs;
  for (;;) {
    const answer = await ask();
    if (answer) return answer;
    if (performance.now() > end) throw new Error(`Waited ${mostMs} ms in vain: ${what}.`);
    await pause(5);
  }
}
