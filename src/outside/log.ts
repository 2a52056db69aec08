// The log: structured, one event a line on stderr; readable lines on a terminal, JSON elsewhere.
// Takes events named `noun.past-tense` with facts; never given a token (secrets are read where they are used, and stay there).
import { pino } from 'pino';
import pretty from 'pino-pretty';
import type { Clock } from './clock.ts';

type Facts = Readonly<Record<string, unknown>>;

/** info: something was completed; warn: nothing lost, will be tried again; error: something lost, or a person must act. */
export interface Log {
  info(event: string, facts?: Facts): void;
  warn(event: string, facts?: Facts): void;
  error(event: string, facts?: Facts): void;
  /** A log that adds these facts to each event. */
  child(facts: Facts): Log;
}

export interface LogSetting {
  readonly clock: Clock;
  readonly stream: { write(text: string): unknown };
  /** Readable lines instead of JSON. */
  readonly readable: boolean;
}

export function createLog({ clock, stream, readable }: LogSetting): Log {
  const target = readable
    ? pretty({
        colorize: true,
        sync: true,
        messageKey: 'event',
        ignore: 'time',
        destination: stream as NodeJS.WritableStream,
      })
    : stream;
  const logger = pino(
    {
      base: null,
      messageKey: 'event',
      timestamp: () => `,"time":"${new Date(clock.now()).toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
    },
    target as { write(text: string): void },
  );
  return adapt(logger);
}

function adapt(logger: pino.Logger): Log {
  return {
    info: (event, facts = {}) => logger.info(facts, event),
    warn: (event, facts = {}) => logger.warn(facts, event),
    error: (event, facts = {}) => logger.error(facts, event),
    child: (facts) => adapt(logger.child(facts)),
  };
}
