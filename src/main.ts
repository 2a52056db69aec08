// The front door. Takes the words of the command line; runs the command they name in the world of this machine;
// leaves its exit status. Nothing else knows signals, standard streams or the way a process ends.
import './outside/file-threads.ts';
import { allCommands } from './commands/all.ts';
import { readCommandLine } from './commands/command-line.ts';
import type { Choice } from './commands/command-line.ts';
import type { CommandWorld } from './commands/command.ts';
import { OperatorError, describeError, exitStatusOf } from './domain/operator-error.ts';
import { fastClock, parseClockOption, systemClock } from './outside/clock.ts';
import type { Clock } from './outside/clock.ts';
import { hasCode, systemDisk } from './outside/disk.ts';
import { systemRefusal } from './outside/system-refusal.ts';
import { createLog } from './outside/log.ts';
import { serviceManager } from './outside/service-manager.ts';
import { loggedAlerts } from './outside/world.ts';

function clockOf(option: string | undefined): Clock {
  if (option === undefined) return systemClock();
  const setting = parseClockOption(option);
  if (setting) return fastClock(setting);
  throw new OperatorError(
    'wrong-usage',
    `--clock ${option} is not understood.`,
    'Write START*SPEED, as in 2026-03-10T13:00Z*120.',
  );
}

function worldOf({ clock: option }: Choice, signal: AbortSignal): CommandWorld {
  const clock = clockOf(option);
  const log = createLog({ clock, stream: process.stderr, readable: process.stderr.isTTY });
  if (option !== undefined) log.warn('clock.replaced', { clock: option });
  const life = serviceManager({
    environment: process.env,
    failed: (reason) => log.warn('service-manager.not-told', { reason }),
  });
  signal.addEventListener('abort', life.stopping, { once: true });
  return { clock, disk: systemDisk, log, alerts: loggedAlerts(log), signal, life, results: process.stdout };
}

/** Aborts at the first signal to stop; a second one ends the process at once, as a shell user expects. */
function stopSignal(): AbortSignal {
  const controller = new AbortController();
  const numbers = { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 } as const;
  for (const name of ['SIGHUP', 'SIGINT', 'SIGTERM'] as const) {
    process.on(name, () => {
      if (controller.signal.aborted) process.exit(128 + numbers[name]);
      controller.abort();
    });
  }
  return controller.signal;
}

async function runCommand(words: readonly string[], signal: AbortSignal): Promise<number> {
  try {
    const reading = await readCommandLine(words, allCommands);
    if ('print' in reading) {
      process.stdout.write(`${reading.print}\n`);
      return 0;
    }
    return await reading.command.run(reading.given as never, worldOf(reading, signal));
  } catch (error) {
    if (signal.aborted && error === signal.reason) return 0;
    return endWith(error);
  }
}

/** Says what went wrong: a sentence for an operator, and where the fault is ours, also where it happened. */
function endWith(thrown: unknown): number {
  const error = systemRefusal(thrown) ?? thrown;
  const status = exitStatusOf(error);
  const trace = error instanceof Error && !(error instanceof OperatorError) ? `\n${error.stack}` : '';
  process.stderr.write(`streamvault: ${describeError(error)}${trace}\n`);
  return status;
}

// A reader that went away (`streamvault report | head`) is no fault.
process.stdout.on('error', (error) => process.exit(hasCode(error, 'EPIPE') ? 0 : endWith(error)));
process.on('uncaughtException', (error) => process.exit(endWith(error)));

// What a slow reader of a pipe has not taken yet would be lost with the process.
void runCommand(process.argv.slice(2), stopSignal()).then((status) => {
  process.stdout.write('', () => process.exit(status));
});
