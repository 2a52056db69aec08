// How a service ended, as systemd tells it: to ExecStopPost= (SERVICE_RESULT, EXIT_CODE, EXIT_STATUS) and to the unit of
// OnFailure= (the same with MONITOR_ before them). See systemd.exec(5). Takes the environment; leaves a sentence, if there is one to tell.
import { minuteName, minuteOf } from './time.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** What happened to a unit, for people; undefined where it ended in order. Told once a minute at most: the sentence names the minute. */
export function deathSentence(unit: string, environment: Environment, nowMs: number): string | undefined {
  const told = (name: string): string | undefined => environment[`MONITOR_${name}`] ?? environment[name];
  const result = told('SERVICE_RESULT');
  if (result === 'success') return undefined;
  const how = reasons[result ?? '']?.(unit) ?? endingWords(result, told('EXIT_CODE'), told('EXIT_STATUS'));
  return `${unit} ended at ${minuteName(minuteOf(nowMs))} although nobody stopped it${how}. It is started again where its unit says so, and goes on from what lies on disk; \`journalctl -u ${unit}\` has its last words.`;
}

/** What systemd did itself, whatever status or signal came of it. An ingest is alive only while it hears. */
const reasons: Readonly<Record<string, (unit: string) => string>> = {
  watchdog: (unit) =>
    unit.includes('ingest') ? ' (it had heard nothing for minutes)' : ' (it gave no sign of life for long)',
  'oom-kill': () => ' (the machine had no memory left)',
  timeout: () => ' (it did not start or stop in time)',
};

function endingWords(result?: string, code?: string, status?: string): string {
  if (code === 'exited') return ` (status ${status}${statusWords[status ?? ''] ?? ''})`;
  if (code === 'killed' || code === 'dumped') return ` (signal ${status})`;
  return result === undefined ? '' : ` (${result})`;
}

/** Our own exit statuses, sysexits(3). */
const statusWords: Readonly<Record<string, string>> = {
  '70': ': damage of its own, see the log',
  '74': ': the disk',
  '75': ': another one runs',
  '78': ': the configuration',
};
