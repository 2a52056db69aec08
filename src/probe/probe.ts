// Probing: everything that the services of this configuration need is tried once, all at the same time, each on its own.
// Takes probes; leaves a finding each: what was tried, whether it works, and what to do where it does not.
import { type ErrorCode, OperatorError, describeError } from '../domain/operator-error.ts';
import { realLimit } from '../outside/real-limit.ts';
import type { World } from '../outside/world.ts';

/** What one probe found. `note` says what was seen where it works, and what happened where not; `remedy` what to do then. */
export interface Finding {
  readonly of: string;
  readonly isGood: boolean;
  readonly note: string;
  readonly remedy?: string;
  /** Absent where something is wrong that no command ends with a status of its own for. */
  readonly code?: ErrorCode;
}

export interface Probe {
  /** What is tried, in two or three words. */
  readonly of: string;
  /** Resolves to what was seen; throws OperatorError or Amiss. */
  run(world: ProbeWorld): Promise<string>;
}

export type ProbeWorld = Pick<World, 'clock' | 'disk' | 'signal'>;

/** It works, but is not as it should be. */
export class Amiss extends Error {
  override readonly name = 'Amiss';
  readonly remedy: string;

  constructor(message: string, remedy: string) {
    super(message);
    this.remedy = remedy;
  }
}

/** No probe may keep an operator waiting longer. Real time: the network knows no other. */
const longestMs = 25_000;

/** Runs them all; resolves to their findings in the same order. */
export function runProbes(probes: readonly Probe[], world: ProbeWorld, limitMs = longestMs): Promise<Finding[]> {
  return Promise.all(probes.map((probe) => runProbe(probe, world, limitMs)));
}

async function runProbe({ of, run }: Probe, world: ProbeWorld, limitMs: number): Promise<Finding> {
  const limit = realLimit(limitMs);
  const signal = AbortSignal.any([world.signal, limit]);
  try {
    return { of, isGood: true, note: await Promise.race([run({ ...world, signal }), abortOf(signal)]) };
  } catch (error) {
    world.signal.throwIfAborted();
    if (limit.aborted) return { of, isGood: false, code: 'unreachable', ...silence(limitMs) };
    return { of, isGood: false, ...troubleOf(error) };
  }
}

const abortOf = (signal: AbortSignal): Promise<never> =>
  new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
  });

const silence = (limitMs: number): Pick<Finding, 'note' | 'remedy'> => ({
  note: `no answer within ${limitMs / 1000} s`,
  remedy: 'Look at the network: a firewall may swallow what is sent.',
});

function troubleOf(error: unknown): Pick<Finding, 'note' | 'remedy' | 'code'> {
  if (error instanceof OperatorError) return { note: error.message, remedy: error.remedy, code: error.code };
  if (error instanceof Amiss) return { note: error.message, remedy: error.remedy };
  return { note: describeError(error), remedy: 'Look at the network and at the other side.', code: 'unreachable' };
}
