// The course of the demo, as its viewer sees it: what each part has done so far, counted from the log's events.
// Takes events of the four services; leaves one line that says where they are.
import type { Log } from '../outside/log.ts';

export interface Course {
  readonly minutes: [number, number];
  readonly lines: [number, number];
  readonly connected: [boolean, boolean];
  shipped: number;
  uploaded: number;
  hours: number;
}

export const newCourse = (): Course => ({
  minutes: [0, 0],
  lines: [0, 0],
  connected: [false, false],
  shipped: 0,
  uploaded: 0,
  hours: 0,
});

/** A log that passes everything on and counts what the viewer wants to see. `server` is 1 or 2. */
export function followed(log: Log, course: Course, server: 1 | 2): Log {
  const note = (event: string, facts: Readonly<Record<string, unknown>>): void => {
    const index = server - 1;
    if (event === 'minute-file.closed') {
      course.minutes[index] = (course.minutes[index] ?? 0) + 1;
      course.lines[index] = (course.lines[index] ?? 0) + Number(facts['lines']);
    }
    if (event === 'stream.connected') course.connected[index] = true;
    if (event === 'stream.ended') course.connected[index] = false;
    if (event === 'shipment.completed') course.shipped++;
    if (event === 'hour.committed') course.hours++;
    if (event === 'file.published') course.uploaded++;
  };
  const follow =
    (level: 'info' | 'warn' | 'error') =>
    (event: string, facts: Readonly<Record<string, unknown>> = {}): void => {
      note(event, facts);
      log[level](event, facts);
    };
  return {
    info: follow('info'),
    warn: follow('warn'),
    error: follow('error'),
    child: (facts) => followed(log.child(facts), course, server),
  };
}

/** `13:24  server 1: 24 minutes, 480 tweets, connected | server 2: … | 22 shipped | 0 hours in the vault, 0 uploaded` */
export function courseLine({ minutes, lines, connected, shipped, hours, uploaded }: Course, nowMs: number): string {
  const server = (index: 0 | 1): string =>
    `server ${index + 1}: ${minutes[index]} minutes, ${lines[index]} tweets, ${connected[index] ? 'connected' : 'cut off'}`;
  const clock = new Date(nowMs).toISOString().slice(11, 16);
  return `${clock}  ${server(0)} | ${server(1)} | ${shipped} shipped | ${hours} ${hours === 1 ? 'hour' : 'hours'} in the vault, ${uploaded} uploaded`;
}
