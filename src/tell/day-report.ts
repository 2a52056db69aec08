// A day's report as people get it: what the vault holds of the day, of the days before, and what was told. Takes the vault; leaves
// summaries for JSON, and the message that is mailed.
import { type DaySummary, summarizeDay } from '../domain/day-summary.ts';
import { type Message, subjectOf } from '../domain/message.ts';
import { type Receipt, startOfReceipt } from '../domain/receipt.ts';
import { dayBefore } from '../domain/report-due.ts';
import { type HtmlReport, reportHtml } from '../domain/report-html.ts';
import { reportText } from '../domain/report.ts';
import { countWords, summaryLines, verdictOf } from '../domain/report-words.ts';
import { endOfHour, hoursOfDay } from '../domain/time.ts';
import { coverageName, reportName } from '../domain/vault.ts';
import { coverageRows, coverageSentence, coverageText } from '../domain/warc-coverage.ts';
import type { VaultView } from '../outside/vault-view.ts';

/** Days before that are shown, and those whose hours late files may still change. */
const comparedDays = 7;
const changingDays = 9;

/** What is known of a day: its summary, and its receipts for the text. */
export interface DayReport {
  readonly summary: DaySummary;
  readonly receipts: readonly Receipt[];
}

export async function dayReport(vault: VaultView, day: string, nowMs: number): Promise<DayReport> {
  const receipts = await vault.receiptsOf(day);
  // A vault that began in the middle of its first day waits for no hour before its first one.
  const isFirstDay = (await vault.days()).every((other) => other >= day);
  const from = isFirstDay ? Math.min(...receipts.map(startOfReceipt)) : 0;
  const expected = hoursOfDay(day, vault.zone).filter((hour) => endOfHour(hour) <= nowMs && hour.start >= from);
  return { receipts, summary: summarizeDay(day, { receipts, zone: vault.zone, expected }) };
}

export interface DaysBefore {
  /** Days that the vault has, oldest first. */
  readonly summaries: readonly DaySummary[];
  /** Their hours that were made, or made again, since the last report. */
  readonly madeSince: readonly string[];
}

export async function daysBefore(
  vault: VaultView,
  day: string,
  since: { nowMs: number; sinceMs: number },
): Promise<DaysBefore> {
  const summaries: DaySummary[] = [];
  const madeSince: string[] = [];
  let earlier = day;
  for (let count = 0; count < changingDays; count++) {
    earlier = dayBefore(earlier);
    const { summary, receipts } = await dayReport(vault, earlier, since.nowMs);
    if (receipts.length > 0 && count < comparedDays) summaries.unshift(summary);
    const made = [...receipts]
      .filter(({ made_at }) => Date.parse(made_at) > since.sinceMs)
      .sort((a, b) => startOfReceipt(a) - startOfReceipt(b));
    madeSince.unshift(...made.map(({ hour }) => hour));
  }
  return { summaries, madeSince };
}

export interface Composing {
  readonly server: number;
  readonly nowMs: number;
  /** When the report before this one was written. */
  readonly sinceMs: number;
  /** Subjects of what was told on that day. */
  readonly told: readonly string[];
}

/** A day's report in the form of a message. */
export async function reportMessage(vault: VaultView, day: string, composing: Composing): Promise<Omit<Message, 'id'>> {
  const { server, nowMs, told } = composing;
  const { summary, receipts } = await dayReport(vault, day, nowMs);
  const { summaries: before, madeSince } = await daysBefore(vault, day, composing);
  const table = reportText(receipts);
  const rows = coverageRows(await vault.warcFilesOf(day), day, vault.zone);
  const covering = coverageText(rows);
  const finished = summary.hours.map(({ hour }) => hour);
  const sections = { summary, before, madeSince, told, archive: coverageSentence(rows, finished) };
  return {
    name: reportMessageName(day),
    atMs: nowMs,
    ways: ['mail'],
    subject: subjectOf(server, `${day}: ${countWords(summary.total)} tweets. ${verdictOf(summary)}`),
    text: [...plainSections(sections), table].join('\n'),
    html: reportHtml(sections),
    attachments: [
      { name: reportName(day), text: table },
      ...(covering === '' ? [] : [{ name: coverageName(day), text: covering }]),
    ],
  };
}

/** What stands before the table in the plain text: the same as in the HTML. */
function plainSections({ summary, before, madeSince, told, archive }: HtmlReport): string[] {
  const totals = before.map(({ total }) => total);
  const earlier = before.map((one) => `  ${one.day}  ${countWords(one.total)}  ${verdictOf(one)}`);
  const sections = [
    summaryLines(summary, totals),
    madeSince.length > 0 ? [`Made, or made again, since the last report: ${madeSince.join(', ')}.`] : [],
    archive === undefined ? [] : [`${archive} They are named in ${coverageName(summary.day)}.`],
    told.length > 0 ? ['Alerts of the day:', ...told.map((subject) => `  ${subject}`)] : [],
    earlier.length > 0 ? ['The days before:', ...earlier] : [],
  ];
  return sections.filter((lines) => lines.length > 0).map((lines) => `${lines.join('\n')}\n`);
}

export const reportMessageName = (day: string): string => `${day}_report`;
export const dayOfReportMessage = (name: string): string | undefined => /^(\d{4}-\d\d-\d\d)_report$/.exec(name)?.[1];
