// The kinds of values that the configuration knows. Takes what TOML gives; leaves checked values in the units the code uses.
import { isAbsolute } from 'node:path';
import { z } from 'zod';
import { parseDuration } from '../domain/quantity.ts';
import { zoneProblem } from '../domain/time.ts';

function expected(text: string): { error: (issue: { input?: unknown }) => string } {
  return { error: () => text };
}

/** Text read by `read`; `what` says what was expected where that gives undefined. */
function readText<T>(what: string, read: (text: string) => T | undefined) {
  return z.string(expected(what)).transform((text, context): T => {
    const value = read(text);
    if (value !== undefined) return value;
    context.addIssue({ code: 'custom', message: what, input: text });
    return z.NEVER;
  });
}

export const duration = readText('a duration with its unit, such as "15m", "90s" or "8d"', parseDuration);
export const path = readText('an absolute path', (text) => (isAbsolute(text) ? text : undefined));
export const text = z.string(expected('text')).min(1, expected('text that is not empty'));
export const flag = z.boolean(expected('true or false'));
export const texts = z.array(text, expected('a list of texts'));

/** A whole number within bounds, both included. */
export const whole = (least: number, most: number) => {
  const what = `a whole number from ${least} to ${most}`;
  return z.int(expected(what)).min(least, expected(what)).max(most, expected(what));
};

export const oneOf = <const T extends readonly (string | number)[]>(choices: T) =>
  z.literal(choices, expected(`one of ${choices.map((choice) => JSON.stringify(choice)).join(', ')}`));

/** An address with one of these schemes (`https:`), without credentials in it. */
export const address = (...schemes: string[]) =>
  readText(
    `an address that begins with ${schemes.map((scheme) => `${scheme}//`).join(' or ')}, without credentials in it`,
    (value) => {
      const url = URL.parse(value);
      return url && schemes.includes(url.protocol) && url.password === '' ? value.replace(/\/+$/, '') : undefined;
    },
  );

/** host:port to listen on. */
export const endpoint = readText('host:port, such as "127.0.0.1:9464"', (value) => {
  const match = /^(?:\[([0-9a-fA-F:]+)\]|([^:\s]+)):(\d{1,5})$/.exec(value);
  const port = Number(match?.[3]);
  return match && port <= 65_535 ? { host: match[1] ?? match[2] ?? '', port } : undefined;
});

export const clockTime = readText('a time of day such as "02:00"', (value) =>
  /^([01]\d|2[0-3]):[0-5]\d$/.test(value) ? value : undefined,
);

export const zone = z
  .string(expected('the name of a time zone, such as "UTC" or "CET"'))
  .superRefine((name, context) => {
    const problem = zoneProblem(name);
    if (problem !== undefined)
      context.addIssue({ code: 'custom', message: `a time zone whose hours are 60 minutes: ${problem}`, input: name });
  });
