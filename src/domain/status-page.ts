// The status for a person at a terminal: one page that answers at a glance. Takes a status; leaves lines of text, in colours where wanted.
import { formatDuration, formatSize } from './quantity.ts';
import { countWords, secondsWords, shareWords } from './report-words.ts';
import type { HeardStatus, Status } from './status.ts';
import { minuteMs } from './time.ts';

export interface PageSetting {
  readonly isColoured: boolean;
  /** Whether hours are named in another zone than UTC, for times of the day. */
  readonly zone: string;
  /** Lines are broken at so many characters; left out: never. */
  readonly columns?: number;
}

type Paint = (text: string) => string;

interface Paints {
  readonly good: Paint;
  readonly bad: Paint;
  readonly faint: Paint;
}

function paints(isColoured: boolean): Paints {
  const with_ =
    (code: number): Paint =>
    (text) =>
      isColoured ? `\u001B[${code}m${text}\u001B[0m` : text;
  return { good: with_(32), bad: with_(31), faint: with_(2) };
}

/** A text in lines of at most `width` characters, as far as its words allow; escapes for colours count as none. */
function broken(text: string, width: number): string[] {
  const lines: string[] = [];
  // oxlint-disable-next-line no-control-regex -- the escapes that this page itself writes
  const lengthOf = (words: string): number => words.replaceAll(/\u001B\[\d+m/g, '').length;
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && lengthOf(last) + 1 + lengthOf(word) <= width) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}

const shortTime = (iso: string): string => iso.slice(0, 16).replace('T', ' ');
const labelWidth = 11;

export function statusPage(status: Status, { isColoured, zone, columns = Infinity }: PageSetting): string {
  const paint = paints(isColoured);
  const line = (label: string, texts: readonly string[]): string[] =>
    texts.map((text, index) => {
      const name = paint.faint((index === 0 ? label : '').padEnd(labelWidth));
      return `${name}${broken(text, columns - labelWidth).join(`\n${' '.repeat(labelWidth)}`)}`;
    });
  const verdict = status.healthy
    ? paint.good('All is well.')
    : paint.bad(status.problems.length === 1 ? 'Something is wrong:' : `${status.problems.length} things are wrong:`);
  const problems = status.problems.map(
    ({ sentence }, index) => `  ${paint.bad(`${index + 1}.`)} ${broken(sentence, columns - 5).join('\n     ')}`,
  );
  return `${[
    `streamvault ${status.version}, server ${status.server}, ${shortTime(status.at)} UTC`,
    '',
    verdict,
    ...problems,
    '',
    ...line('running', serviceLines(status, paint)),
    ...line('last hour', heardLines(status)),
    ...line('vault', vaultLines(status, zone)),
    ...line('missing', missingLines(status)),
    ...line('next', nextLines(status)),
    ...line('to ship', shipLines(status)),
    ...line('messages', messageLines(status)),
    ...line('OSF', publishingLines(status)),
    ...line('disk', diskLines(status)),
  ].join('\n')}\n`;
}

function serviceLines({ services }: Status, paint: Paints): string[] {
  return services.map(({ name, running, since, pid }) => {
    if (running === null) return `${name}: ${paint.bad('cannot be seen by this user')}`;
    if (!running) return `${name}: ${paint.bad('does not run')}`;
    return `${name}: ${paint.good('runs')}${since === null ? '' : ` since ${shortTime(since)}`}${pid === null ? '' : `, process ${pid}`}`;
  });
}

function heardLines({ heard, server }: Status): string[] {
  return heard.map((one: HeardStatus) => {
    const who = one.server === server ? 'this server' : `server ${one.server}`;
    if (one.minutes === 0)
      return `${who}: nothing${one.newest_minute === null ? '' : `; newest minute ${one.newest_minute}`}`;
    const share = shareWords(Math.min(1, one.connected_seconds / (one.minutes * 60)));
    const age = one.newest_minute_age_seconds ?? 0;
    return `${who}: ${countWords(one.tweets)} tweets in ${one.minutes} minute file${one.minutes === 1 ? '' : 's'}, connected ${share}, newest ${formatDuration(age * 1000)} ago`;
  });
}

function vaultLines({ vault }: Status, zone: string): string[] {
  if (vault === null) return [];
  if (vault.newest_hour === null) return ['no hour yet'];
  return [
    `newest hour ${vault.newest_hour}${zone === 'UTC' ? '' : ` (${zone})`}`,
    `last 24 hours: ${countWords(vault.tweets)} tweets; heard by nobody: ${secondsWords(vault.joint_gap_seconds)}`,
  ];
}

function missingLines({ vault }: Status): string[] {
  if (vault === null) return [];
  const waiting = vault.waiting.map(
    ({ hour, missing_1, missing_2 }) =>
      `${hour} waits for ${missing_1} minutes of server 1${missing_2 === null ? '' : ` and ${missing_2} of server 2`}`,
  );
  const incomplete =
    vault.incomplete.length > 0 ? [`made without all minute files: ${vault.incomplete.join(', ')}`] : [];
  return waiting.length + incomplete.length === 0 ? ['nothing'] : [...waiting, ...incomplete];
}

function nextLines({ vault, next_report, at }: Status): string[] {
  const inWords = (iso: string): string => {
    const leftMs = Date.parse(iso) - Date.parse(at);
    return leftMs < minuteMs ? 'now' : `in ${formatDuration(Math.ceil(leftMs / minuteMs) * minuteMs)}`;
  };
  const hours =
    vault === null
      ? []
      : [
          ...vault.waiting.slice(0, 1).map(({ hour, due }) => `${hour} is made ${inWords(due)} at the latest`),
          `${vault.next_hour} ends ${inWords(vault.next_hour_ends)}`,
        ];
  return [...hours, ...(next_report === null ? [] : [`report by mail ${inWords(next_report)}`])];
}

function shipLines({ to_ship }: Status): string[] {
  if (to_ship === null) return [];
  return [
    to_ship.files === 0
      ? 'nothing waits'
      : `${to_ship.files} minute file${to_ship.files === 1 ? '' : 's'}, the oldest of ${to_ship.oldest_minute}`,
  ];
}

const messageLines = ({ messages }: Status): string[] =>
  messages.waiting === 0
    ? []
    : [`${messages.waiting} wait to be delivered, the oldest since ${shortTime(messages.oldest ?? '')}`];

function publishingLines({ publishing }: Status): string[] {
  if (publishing === null) return [];
  const { left, ids_in_30_days, monthly_ids, approval } = publishing;
  const limit = approval === null ? `of ${countWords(monthly_ids)}` : `approved: ${approval}`;
  return [
    `${left === 0 ? 'everything is uploaded' : `${left} files to upload`}; ${countWords(ids_in_30_days)} IDs in 30 days (${limit})`,
  ];
}

const diskLines = ({ disks }: Status): string[] =>
  disks.map(
    ({ path, free_bytes, total_bytes }) => `${path}: ${formatSize(free_bytes)} of ${formatSize(total_bytes)} free`,
  );
