// `streamvault report`: a day's report, made from the vault's receipts, on stdout or by mail; and where there is an archive of the wire,
// which WARC files cover which hour.
import { randomUUID } from 'node:crypto';
import type { ConfigWith } from '../config/schema.ts';
import { OperatorError, describeError } from '../domain/operator-error.ts';
import { reportJson } from '../domain/report-json.ts';
import { reportText } from '../domain/report.ts';
import { type CoverageRow, coverageRows, coverageText, withKnown } from '../domain/warc-coverage.ts';
import { readConfigFile } from '../outside/config-file.ts';
import { sendLetter } from '../outside/mail.ts';
import { VaultView } from '../outside/vault-view.ts';
import { readManifest } from '../outside/warc-manifest.ts';
import { outboxAt } from '../tell/outbox.ts';
import { dayReport, daysBefore, reportMessage } from '../tell/day-report.ts';
import { sinceOf, toldBefore } from '../tell/report-mail.ts';
import { tellFolder } from '../tell/teller.ts';
import { letterOf, mailServerOf } from '../tell/ways.ts';
import { type CommandWorld, command, configOption } from './command.ts';
import { noHour, refuseNoDay } from './verify.ts';

export const report = command({
  name: 'report',
  summary: 'Print a day’s report, or send it by mail',
  options: {
    ...configOption,
    json: { type: 'boolean', default: false, describe: 'As JSON, with sums, coverage, incomplete and remade hours' },
    mail: { type: 'boolean', default: false, describe: 'Send it now to those whom [mail] names, beside the daily one' },
  },
  positionals: { day: { type: 'string', describe: 'The day, such as 2026-03-10; the newest where none is named' } },
  /** 0: printed or sent; 64: the vault has no hour of that day. */
  async run(given, world) {
    const config = await readConfigFile(given.config, ['watch']);
    const day = await dayToReport(given.day, config, world);
    if (given.mail) return sendReport(day, config, world);
    world.results.write(given.json ? await jsonText(day, config, world) : await plainText(day, config, world));
    return 0;
  },
});

const vaultOf = ({ watch, timezone }: ConfigWith<'watch'>, { disk }: CommandWorld): VaultView =>
  new VaultView(watch.vault, timezone, disk);

/** The day that was named, or the newest that has a finished hour. Throws wrong-usage where there is none. */
async function dayToReport(
  named: string | undefined,
  config: ConfigWith<'watch'>,
  world: CommandWorld,
): Promise<string> {
  if (named !== undefined) refuseNoDay(named, config.timezone);
  const vault = vaultOf(config, world);
  for (const day of named === undefined ? [...(await vault.days())].reverse() : [named])
    if ((await vault.receiptsOf(day)).length > 0) return day;
  throw noHour(config.watch.vault, named);
}

/** The report as the vault has it, and below it what the archive of the wire covers. */
async function plainText(day: string, config: ConfigWith<'watch'>, world: CommandWorld): Promise<string> {
  const wire = coverageText(await coverageOf(day, config, world));
  return reportText(await vaultOf(config, world).receiptsOf(day)) + (wire === '' ? '' : `\n${wire}`);
}

/** One line. */
async function jsonText(day: string, config: ConfigWith<'watch'>, world: CommandWorld): Promise<string> {
  const vault = vaultOf(config, world);
  const nowMs = world.clock.now();
  const { summaries } = await daysBefore(vault, day, { nowMs, sinceMs: nowMs });
  const report = await dayReport(vault, day, nowMs);
  const covering = await coverageOf(day, config, world);
  return `${JSON.stringify(reportJson({ ...report, covering, before: summaries }))}\n`;
}

/** Which WARC files cover which hour: as the vault has it, and what was finished since the watch's last look. */
async function coverageOf(day: string, config: ConfigWith<'watch'>, world: CommandWorld): Promise<CoverageRow[]> {
  const { ingest, timezone } = config;
  const known = await vaultOf(config, world).warcFilesOf(day);
  const newer = ingest?.warc === undefined ? [] : await readManifest(world.disk, ingest.warc);
  return coverageRows(withKnown(known, newer), day, timezone);
}

/** Sends at once, past the outbox: whoever asks wants to know whether it went. */
async function sendReport(day: string, config: ConfigWith<'watch'>, world: CommandWorld): Promise<number> {
  const { mail, server } = config;
  if (mail === undefined)
    throw new OperatorError(
      'config-invalid',
      '[mail] is missing in the configuration; nothing was sent.',
      'Fill it in, as config.example.toml shows.',
    );
  const outbox = outboxAt(world.disk, tellFolder(config) ?? '');
  const nowMs = world.clock.now();
  const since = sinceOf(await toldBefore(outbox, day), nowMs);
  const composed = await reportMessage(vaultOf(config, world), day, { server, nowMs, ...since });
  const letter = letterOf({ ...composed, id: randomUUID() }, mail);
  const troubles: unknown[] = [];
  for (const receiver of mail.to) {
    try {
      await sendLetter(await mailServerOf(mail), letter, receiver);
      world.results.write(`The report of ${day} went to ${receiver}.\n`);
    } catch (error) {
      world.results.write(`The report of ${day} did not reach ${receiver}: ${describeError(error)}\n`);
      troubles.push(error);
    }
  }
  if (troubles.length > 0) throw troubles[0];
  return 0;
}
