// `streamvault report`: a day's report, made from the vault's receipts, on stdout; and where there is an archive of the wire,
// which WARC files cover which hour.
import { OperatorError } from '../domain/operator-error.ts';
import { reportText } from '../domain/report.ts';
import { readConfigFile } from '../outside/config-file.ts';
import { VaultView } from '../outside/vault-view.ts';
import { coverageText } from '../warc/coverage.ts';
import { readManifest } from '../warc/manifest.ts';
import { command, configOption } from './command.ts';
import { refuseNoDay } from './verify.ts';

export const report = command({
  name: 'report',
  summary: 'Print a day’s report',
  options: configOption,
  positionals: { day: { type: 'string', describe: 'The day, such as 2026-03-10; the newest where none is named' } },
  /** 0: printed; 1: the vault has no hour of that day. */
  async run({ config: path, day }, { disk, results }) {
    const config = await readConfigFile(path, ['watch']);
    if (day !== undefined) refuseNoDay(day, config.timezone);
    const vault = new VaultView(config.watch.vault, config.timezone, disk);
    for (const each of day === undefined ? [...(await vault.days())].reverse() : [day]) {
      const receipts = await vault.receiptsOf(each);
      if (receipts.length === 0) continue;
      results.write(reportText(receipts));
      const archive = config.ingest?.warc;
      const covering =
        archive === undefined ? '' : coverageText(await readManifest(disk, archive), each, config.timezone);
      if (covering !== '') results.write(`\n${covering}`);
      return 0;
    }
    throw new OperatorError(
      'wrong-usage',
      `The vault ${config.watch.vault} has no finished hour${day === undefined ? '' : ` of ${day}`}.`,
      'Name another day.',
    );
  },
});
