// The day's report as HTML for mail. Takes summaries; leaves a document: sentences first, then the day's course as bars, the servers,
// the days before, and what was told.
import type { DaySummary, HourSummary } from './day-summary.ts';
import { type Segment, bar, cell, colours, escaped, font, heading, legend, paragraph, table } from './html-table.ts';
import { productName } from './product.ts';
import { coverageName } from './vault.ts';
import { countWords, hourRemarks, secondsWords, shareWords, summaryLines, verdictOf } from './report-words.ts';

export interface HtmlReport {
  readonly summary: DaySummary;
  /** Earlier days, oldest first. */
  readonly before: readonly DaySummary[];
  /** Hours of earlier days that were made, or made again, since the last report, as 2026-03-08T14. */
  readonly madeSince: readonly string[];
  /** Subjects of what was told on that day. */
  readonly told: readonly string[];
  /** What the archive of the wire covers, in a sentence; absent without one. */
  readonly archive?: string | undefined;
}

const barPercent = 44;
const remarkPercent = 34;

const head = (...names: readonly string[]): string[] =>
  names.map((name, index) => cell(name, { isHead: true, align: index === 1 ? 'right' : 'left' }));

function hourSegments({ total, both, only1, only2 }: HourSummary): Segment[] {
  if (both === null || only1 === null || only2 === null) return [{ size: total, colour: colours.both }];
  // What the hour before holds already is heard here and stored there: the bar is as long as what is stored.
  const scale = total / Math.max(1, both + only1 + only2);
  return [
    { size: both * scale, colour: colours.both },
    { size: only1 * scale, colour: colours.only1 },
    { size: only2 * scale, colour: colours.only2 },
  ];
}

const remarkCell = (remarks: readonly string[], isAlarming: boolean): string =>
  cell(escaped(remarks.join('; ')), {
    wraps: true,
    percent: remarkPercent,
    colour: isAlarming ? colours.alarm : colours.faint,
  });

/** A row an hour: its name, how many tweets, the same as a bar by who heard them, and what was not as it should be. */
function course({ hours }: DaySummary): string {
  const most = Math.max(0, ...hours.map(({ total }) => total));
  const rows = hours.map((hour) => [
    cell(escaped(hour.hour)),
    cell(countWords(hour.total), { align: 'right' }),
    cell(bar(hourSegments(hour), most), { percent: barPercent }),
    remarkCell(hourRemarks(hour), hour.jointGap !== 0 || !hour.isComplete),
  ]);
  return table([head('hour', 'tweets', '', ''), ...rows]);
}

const heardBy = (): string =>
  legend([
    [colours.both, 'heard by both servers'],
    [colours.only1, 'only by server 1'],
    [colours.only2, 'only by server 2'],
  ]);

/** A row a server: how much of the time it was connected, and what it missed. */
function servers({ coverage1, coverage2, gap1, gap2, missing1, missing2, hasPartner }: DaySummary): string {
  const row = (name: string, coverage: number | null, [gap, missing]: readonly [number | null, number | null]) => [
    cell(name),
    cell(shareWords(coverage), { align: 'right' }),
    cell(bar([{ size: coverage ?? 0, colour: colours.both }], 1), { percent: barPercent }),
    // A server that was away is no loss while the other one was there: what was lost stands above, in red.
    remarkCell(
      [
        secondsWords(gap),
        ...(missing ? [`${countWords(missing)} ${missing === 1 ? 'minute' : 'minutes'} without a file`] : []),
      ],
      false,
    ),
  ];
  const second = hasPartner ? [row('server 2', coverage2, [gap2, missing2])] : [];
  return table([head('', 'connected', '', 'away'), row('server 1', coverage1, [gap1, missing1]), ...second]);
}

function days(summaries: readonly DaySummary[]): string {
  const most = Math.max(0, ...summaries.map(({ total }) => total));
  const rows = summaries.map((day) => [
    cell(escaped(day.day.slice(5))),
    cell(countWords(day.total), { align: 'right' }),
    cell(bar([{ size: day.total, colour: colours.both }], most), { percent: barPercent }),
    remarkCell(dayRemarks(day), day.jointGap !== 0 || day.unmade.length > 0),
  ]);
  return table([head('day', 'tweets', '', 'connected'), ...rows]);
}

function dayRemarks({ coverage1, coverage2, hasPartner, jointGap, incomplete, unmade }: DaySummary): string[] {
  const first = shareWords(coverage1);
  return [
    hasPartner ? `${first} and ${shareWords(coverage2)}` : first,
    ...(jointGap === 0 ? [] : [`heard by nobody: ${secondsWords(jointGap)}`]),
    ...(incomplete.length === 0 ? [] : [`${incomplete.length} incomplete`]),
    ...(unmade.length === 0 ? [] : [`${unmade.length} not finished`]),
  ];
}

function bodyOf({ summary, before, madeSince, told, archive }: HtmlReport): string {
  const totals = before.map(({ total }) => total);
  const [verdict = '', ...lines] = summaryLines(summary, totals);
  const isGood = summary.jointGap === 0 && summary.unmade.length === 0;
  const hasHours = summary.hours.length > 0;
  return [
    `<p style="${font}font-size:20px;line-height:26px;color:${colours.ink};margin:0 0 8px 0;">${escaped(summary.day)} <span style="font-size:13px;color:${colours.faint};">${escaped(summary.zone)}</span></p>\n`,
    `<p style="${font}font-size:15px;line-height:21px;font-weight:bold;color:${isGood ? colours.good : colours.alarm};margin:0 0 8px 0;">${escaped(verdict)}</p>\n`,
    ...lines.map((line) => paragraph(line)),
    ...(hasHours
      ? [heading('The course of the day'), course(summary), ...(summary.hasPartner ? [heardBy()] : [])]
      : []),
    ...(hasHours ? [heading(summary.hasPartner ? 'The servers' : 'The server'), servers(summary)] : []),
    ...(archive === undefined
      ? []
      : [heading('The archive of the wire'), paragraph(`${archive} They are named in ${coverageName(summary.day)}.`)]),
    ...(before.length > 0 ? [heading('The days before'), days([...before, summary])] : []),
    ...(madeSince.length > 0
      ? [heading('Made, or made again, since the last report'), paragraph(madeSince.join(', '))]
      : []),
    ...(told.length > 0 ? [heading('Alerts of the day'), ...told.map((subject) => paragraph(subject))] : []),
    `<p style="${font}font-size:12px;line-height:17px;color:${colours.faint};margin:24px 0 0 0;">What nobody heard is an upper bound, exact where one server was whole. The report itself is attached. ${productName}</p>\n`,
  ].join('');
}

/** The whole document. */
export function reportHtml(report: HtmlReport): string {
  const { summary } = report;
  return `<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light"><title>${escaped(`${summary.day}: ${verdictOf(summary)}`)}</title></head>
<body bgcolor="${colours.ground}" style="margin:0;padding:16px;background-color:${colours.ground};">
${bodyOf(report)}</body></html>
`;
}
