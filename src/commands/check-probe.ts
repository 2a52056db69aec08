// What `check --probe` tries, by what the configuration has; and its findings as a table.
// Takes the configuration; leaves probes, lines and the exit status that the findings amount to.
import type { Config } from '../config/schema.ts';
import { exitStatuses } from '../domain/operator-error.ts';
import { mayServiceWrite } from '../outside/service-user.ts';
import { diskProbe } from '../probe/disks.ts';
import { apiProbe, clockProbe, mailProbe, osfProbe, sftpProbe } from '../probe/network.ts';
import type { Finding, Probe } from '../probe/probe.ts';
import { mailServerOf } from '../tell/ways.ts';
import type { CommandWorld } from './command.ts';

/** Folders that services of this configuration write, each once, by the first key that names it. */
export function foldersOf({ ingest, ship, watch }: Config): [key: string, folder: string][] {
  const keys: [string, string | undefined][] = [
    ['ingest.spool', ingest?.spool],
    ['ship.spool', ship?.spool],
    ['ingest.warc', ingest?.warc],
    ['watch.own', watch?.own],
    ['watch.partner', watch?.partner],
    ['watch.vault', watch?.vault],
  ];
  const named = keys.filter((entry): entry is [string, string] => entry[1] !== undefined);
  return named.filter(([, folder], index) => named.findIndex(([, other]) => other === folder) === index);
}

/** Does this server ship? The configuration of server 1 may have the section as well. */
export const shipsFrom = ({ ship, server, watch }: Config): boolean =>
  ship !== undefined && (server === 2 || watch === undefined);

export function probesOf(config: Config, { clock }: Pick<CommandWorld, 'clock'>): Probe[] {
  const { ingest, ship, mail, osf } = config;
  // A clock that was replaced on purpose need not agree with anybody's.
  const compares = clock.isReplaced !== true;
  return [
    ...foldersOf(config).map(([key, folder]) => diskProbe({ key, folder, mayServiceWrite })),
    ...(ingest ? [apiProbe(ingest)] : []),
    ...(ship && shipsFrom(config) ? [sftpProbe(ship)] : []),
    ...(mail ? [mailProbe(mail.smtp, () => mailServerOf(mail))] : []),
    ...(osf ? [osfProbe(osf)] : []),
    ...(compares && ingest ? [clockProbe({ ...ingest, url: ingest.api })] : []),
    ...(compares && osf ? [clockProbe({ url: osf.api })] : []),
  ];
}

/** A row a finding; below what does not work, what to do. */
export function findingsTable(findings: readonly Finding[]): string {
  const width = Math.max(0, ...findings.map(({ of }) => of.length));
  const rows = findings.map(({ of, isGood, note, remedy }) => {
    const indent = ' '.repeat(7 + width + 2);
    const cure = remedy === undefined ? '' : `${indent}→ ${remedy}\n`;
    return `${isGood ? 'works  ' : 'MEND   '}${of.padEnd(width)}  ${note}\n${cure}`;
  });
  const bad = findings.filter(({ isGood }) => !isGood).length;
  const all = findings.length === 1 ? 'The one thing tried works' : `All ${findings.length} things tried work`;
  return `${rows.join('')}\n${bad === 0 ? all : `${bad} of ${findings.length} must be mended`}.\n`;
}

/** 0: all works; 1: something is amiss; else the status of what must be mended first. */
export function statusOfFindings(findings: readonly Finding[]): number {
  const order = ['config-invalid', 'disk-failed', 'disk-full', 'refused', 'unreachable'] as const;
  const first = order.find((code) => findings.some((finding) => finding.code === code));
  if (first !== undefined) return exitStatuses[first];
  return findings.every(({ isGood }) => isGood) ? 0 : 1;
}
