// `streamvault verify`: the vault held against its receipts, and the archive of the wire against what vault and manifest say of it.
// Takes the configuration, and a day where one is named; leaves a line an hour, a day and a WARC file, and what is wrong below it.
import type { ConfigWith } from '../config/schema.ts';
import { hoursOfDay } from '../domain/time.ts';
import { OperatorError } from '../domain/operator-error.ts';
import { filesOfDay, withKnown } from '../domain/warc-coverage.ts';
import { readConfigFile } from '../outside/config-file.ts';
import { VaultView } from '../outside/vault-view.ts';
import { readManifest } from '../outside/warc-manifest.ts';
import { verifyVault } from '../verify/verify.ts';
import { verifyArchive } from '../warc/verify-archive.ts';
import { type CommandWorld, command, configOption } from './command.ts';

export const verify = command({
  name: 'verify',
  summary: 'Hash and read the vault against its receipts',
  options: configOption,
  positionals: { day: { type: 'string', describe: 'One day, such as 2026-03-10; all where none is named' } },
  /** 0: all sound; 1: something is wrong; 64: there is no hour to verify. */
  async run({ config: path, day }, world) {
    const config = await readConfigFile(path, ['watch']);
    if (day !== undefined) refuseNoDay(day, config.timezone);
    let wrong = 0;
    let seen = 0;
    for await (const { of, is, problems } of verifyVault(config, world, day)) {
      world.results.write(`${of}\t${is}\n${problems.map((problem) => `\t${problem}\n`).join('')}`);
      if (is === 'wrong') wrong++;
      seen++;
    }
    const archive = config.ingest?.warc;
    const ofWire =
      archive === undefined ? { seen: 0, wrong: 0 } : await verifyWarcFiles(archive, { config, day }, world);
    if (seen + ofWire.seen === 0) throw noHour(config.watch.vault, day);
    if (wrong + ofWire.wrong === 0) return 0;
    world.results.write(
      `\n${wrong + ofWire.wrong} wrong. Nothing was changed: put those files back from the backup, and verify again.\n`,
    );
    return 1;
  },
});

/** The archive's files that vault or manifest name, of that day where one is named; gives how many there are, and how many are wrong. */
async function verifyWarcFiles(
  folder: string,
  { config: { watch, timezone }, day }: { config: ConfigWith<'watch'>; day: string | undefined },
  world: CommandWorld,
): Promise<{ seen: number; wrong: number }> {
  const vault = new VaultView(watch.vault, timezone, world.disk);
  const manifest = await readManifest(world.disk, folder);
  // What the vault has written down is believed before the manifest, which lies beside the files.
  const witnessed = (await Promise.all((await vault.days()).map((each) => vault.warcFilesOf(each)))).flat();
  const all = withKnown([...new Map(witnessed.map((file) => [file.file, file])).values()], manifest);
  const wanted = day === undefined ? all : filesOfDay(all, day, timezone);
  let seen = 0;
  let wrong = 0;
  for await (const { file, problems } of verifyArchive(folder, { files: wanted, manifest }, world)) {
    const is = problems.length === 0 ? 'sound' : 'wrong';
    world.results.write(`${file}\t${is}\n${problems.map((problem) => `\t${problem}\n`).join('')}`);
    if (is === 'wrong') wrong++;
    seen++;
  }
  return { seen, wrong };
}

/** For a vault, or a day of it, that has nothing to show yet. */
export const noHour = (vault: string, day: string | undefined): OperatorError =>
  day === undefined
    ? new OperatorError(
        'wrong-usage',
        `The vault ${vault} has no finished hour yet.`,
        'The watch makes an hour seconds after its end; streamvault status says when the next one is due.',
      )
    : new OperatorError('wrong-usage', `The vault ${vault} has no finished hour of ${day}.`, 'Name another day.');

/** Throws wrong-usage for a text that is no day. */
export function refuseNoDay(day: string, zone: string): void {
  if (/^\d{4}-\d\d-\d\d$/.test(day) && !Number.isNaN(Date.parse(day)) && hoursOfDay(day, zone).length > 0) return;
  throw new OperatorError('wrong-usage', `${day} is no day.`, 'Write it as the vault names it, as in 2026-03-10.');
}
