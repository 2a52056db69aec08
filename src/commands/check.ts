// `streamvault check`: the configuration, and the files that it names, looked at without touching anything else; with --probe
// everything is tried that the services need.
// Takes the configuration; leaves a line a finding on stdout, and an exit status: 0 all well, else what must be mended first.
import { type Config, isIdle } from '../config/schema.ts';
import { OperatorError, describeError, exitStatuses } from '../domain/operator-error.ts';
import { formatDuration } from '../domain/quantity.ts';
import { readAuthorities } from '../outside/authorities.ts';
import { readConfigFile, readSecret } from '../outside/config-file.ts';
import { refuseUnready } from '../outside/sftp-readiness.ts';
import { readKnownHosts } from '../outside/sftp-target.ts';
import type { World } from '../outside/world.ts';
import { runProbes } from '../probe/probe.ts';
import { tellingTrouble } from '../tell/rights.ts';
import { tellFolder } from '../tell/teller.ts';
import { isZoneOf } from '../watch/zone.ts';
import { findingsTable, foldersOf, probesOf, shipsFrom, statusOfFindings } from './check-probe.ts';
import { command, configOption } from './command.ts';

export const check = command({
  name: 'check',
  summary: 'Look at the configuration and the secrets it names',
  options: {
    ...configOption,
    probe: { type: 'boolean', default: false, describe: 'Also try disks, API, SFTP, mail and OSF, and compare clocks' },
  },
  async run({ config: path, probe }, world) {
    const { results } = world;
    const config = await readConfigFile(path);
    results.write(`${path}: server ${config.server}, ${sectionsOf(config)}\n`);
    const troubles: string[] = [];
    for (const [key, file] of filesOf(config)) {
      const trouble = await look(key, file);
      if (trouble !== undefined) troubles.push(trouble);
      results.write(`${trouble === undefined ? 'ok     ' : 'MEND   '}${key}: ${trouble ?? file}\n`);
    }
    if (isIdle(config)) {
      troubles.push('idle');
      results.write(
        'MEND   none of [ingest], [ship] and [watch]: no service would start; config.example.toml shows them\n',
      );
    }
    const otherZone = await zoneTrouble(config, world);
    if (otherZone !== undefined) {
      troubles.push(otherZone);
      results.write(`MEND   timezone: ${otherZone}\n`);
    }
    // What cannot be read is told already.
    const unready = troubles.length === 0 ? await unreadyOf(config) : undefined;
    if (unready !== undefined) {
      troubles.push(unready);
      results.write(`MEND   ship: ${unready}\n`);
    }
    const untold = await untoldOf(config);
    if (untold !== undefined) results.write(`MEND   alerts: ${untold}\n`);
    for (const line of [...consequencesOf(config), ...surprisesOf(config)]) results.write(`       ${line}\n`);
    const status =
      troubles.length > 0 ? exitStatuses['config-invalid'] : untold === undefined ? 0 : exitStatuses['disk-failed'];
    if (!probe) return status;
    results.write('\n');
    const findings = await runProbes(probesOf(config, world), world);
    results.write(findingsTable(findings));
    return status === 0 ? statusOfFindings(findings) : status;
  },
});

function sectionsOf(config: Config): string {
  const sections = ['ingest', 'ship', 'watch', 'mail', 'osf', 'metrics'] as const;
  const present = sections.filter((section) => config[section] !== undefined).map((section) => `[${section}]`);
  return present.length === 0 ? 'no section yet' : `with ${present.join(' ')}`;
}

/** Every file that the configuration names, by `section.key`. */
function filesOf(config: Config): [key: string, file: string][] {
  return Object.entries(config).flatMap(([section, settings]) =>
    typeof settings !== 'object'
      ? []
      : Object.entries(settings)
          .filter((entry): entry is [string, string] => isFileKey(entry[0]) && typeof entry[1] === 'string')
          .map(([key, file]): [string, string] => [`${section}.${key}`, file]),
  );
}

const isFileKey = (key: string): boolean => key.endsWith('_file') || key === 'known_hosts';
/** Read as services read it: hosts and authorities are known to all by nature, everything else is a secret. */
function readAs(key: string, file: string): Promise<unknown> {
  if (key.endsWith('.known_hosts')) return readKnownHosts(file);
  return key.endsWith('.ca_file') ? readAuthorities(file, key) : readSecret(file, key);
}

async function look(key: string, file: string): Promise<string | undefined> {
  try {
    await readAs(key, file);
    return undefined;
  } catch (error) {
    return describeError(error);
  }
}

/** The watch would not start on a vault of another zone. One that this user may not look into is the probe's affair. */
async function zoneTrouble({ watch, timezone }: Config, { disk }: Pick<World, 'disk'>): Promise<string | undefined> {
  try {
    if (watch) await isZoneOf({ path: watch.vault, zone: timezone }, disk);
    return undefined;
  } catch (error) {
    return error instanceof OperatorError ? describeError(error) : undefined;
  }
}

/** Why ship could not even try. */
async function unreadyOf(config: Config): Promise<string | undefined> {
  const { ship } = config;
  try {
    if (ship && shipsFrom(config)) await refuseUnready(ship);
    return undefined;
  } catch (error) {
    return describeError(error);
  }
}

/** What this user may not look at is the probe's affair. */
async function untoldOf(config: Config): Promise<string | undefined> {
  const folder = tellFolder(config);
  return folder === undefined ? undefined : tellingTrouble(folder).catch(() => undefined);
}

/** What the settings mean, where people are often surprised. */
function consequencesOf({ timezone, watch, mail, osf }: Config): string[] {
  const days = `days and hours are named in ${timezone}; times in the data stay UTC`;
  if (watch === undefined) return [days];
  const partner =
    watch.partner === undefined ? 'one server alone: a second one would double the safety' : 'two servers are merged';
  return [
    days,
    partner,
    `an hour with missing files is made ${formatDuration(watch.patience)} after its end, and again when they come within ${formatDuration(watch.late_window)}`,
    mail === undefined
      ? 'no [mail]: alerts reach the log only, unless [alerts] names a command or webhook'
      : `alerts and, at ${mail.report_at}, the report of the day before are mailed to ${mail.to.join(', ')}`,
    publishingOf(osf),
  ];
}

const usualFolder = '/var/lib/streamvault';

/** What is allowed, and hardly ever meant. */
function surprisesOf(config: Config): string[] {
  const { ingest, watch } = config;
  const outside = [...new Set(foldersOf(config).map(([, folder]) => folder))].filter(
    (folder) => !`${folder}/`.startsWith(`${usualFolder}/`),
  );
  return [
    ...(ingest && watch && ingest.spool !== watch.own
      ? [
          `[watch] own is ${watch.own}, but this server's ingest writes to ${ingest.spool}: what it hears there is not merged`,
        ]
      : []),
    ...(outside.length === 0
      ? []
      : [
          `outside ${usualFolder}, where the units let services write: ${outside.join(', ')} (ReadWritePaths= lets them)`,
        ]),
  ];
}

function publishingOf(osf: Config['osf']): string {
  if (osf === undefined) return 'no [osf]: nothing is published';
  const { project, storage, monthly_ids, approval } = osf;
  const limit =
    approval === undefined
      ? `at most ${monthly_ids} IDs in 30 days (X's content policy)`
      : `without a limit, as approved (${approval})`;
  return `tweet IDs and reports are published to OSF, project ${project}, ${storage}: ${limit}`;
}
