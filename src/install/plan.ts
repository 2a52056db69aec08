// What an installation consists of, as values: files, folders' lines for systemd, commands. Takes the server's number and the packed
// files; leaves steps in their order. Nothing here touches the machine.
import { exampleFor } from './example.ts';

export type ServerNumber = 1 | 2;

/** A file to write unless it, or one of those that stand for it (a package's), is there. Paths are absolute, below no root. */
export interface FileStep {
  readonly is: 'file';
  readonly path: string;
  readonly text: string;
  /** Where a package would have put it. */
  readonly packagedAt?: string;
  /** A person changes it: it is never held against this version's. */
  readonly isTheirs?: true;
}

/** The executable copied to where the units look for it. */
export interface CopyStep {
  readonly is: 'executable';
  readonly from: string;
  readonly path: string;
}

/** A program to run; repeating it does no harm. `path` arguments that are below the root are marked by the runner. */
export interface RunStep {
  readonly is: 'run';
  readonly program: string;
  readonly words: readonly string[];
  /** Why, as a clause for people. */
  readonly why: string;
}

export type Step = FileStep | CopyStep | RunStep;

export const configPath = '/etc/streamvault/config.toml';
const sshdPath = '/etc/ssh/sshd_config.d/streamvault.conf';
export const inboxKeysPath = '/etc/streamvault/inbox_authorized_keys';
const executablePath = '/usr/local/bin/streamvault';
const packagedExecutable = '/usr/bin/streamvault';

/** Services by server, in the order in which they are started. */
export const servicesOf = (server: ServerNumber): readonly string[] =>
  server === 1 ? ['ingest', 'watch'] : ['ingest', 'ship'];

export const unitOf = (service: string): string => `streamvault-${service}.service`;

/** Units of a server; the last one tells people when another one dies. */
const unitsOf = (server: ServerNumber): string[] => [...servicesOf(server).map(unitOf), 'streamvault-failed@.service'];

/** Names of the packed files that an installation of this server needs. */
export const packedNames = (server: ServerNumber): string[] => [
  'config.example.toml',
  'sysusers.d/streamvault.conf',
  'tmpfiles.d/streamvault.conf',
  ...unitsOf(server).map((unit) => `systemd/${unit}`),
  ...(server === 1 ? ['sshd/streamvault.conf'] : []),
];

export interface InstallSetting {
  readonly server: ServerNumber;
  /** Packed files by name. */
  readonly packed: ReadonlyMap<string, string>;
  /** Where this executable lies; undefined where it runs from sources. */
  readonly executable: string | undefined;
}

/** The steps that make this machine one of the two servers. Each may be repeated. */
export function installSteps({ server, packed, executable }: InstallSetting): Step[] {
  const text = (name: string): string => packed.get(name) ?? '';
  const runsFrom = executable === packagedExecutable ? packagedExecutable : executablePath;
  const units = unitsOf(server).map((unit): FileStep => ({
    is: 'file',
    path: `/etc/systemd/system/${unit}`,
    text: text(`systemd/${unit}`).replaceAll(packagedExecutable, runsFrom),
    packagedAt: `/usr/lib/systemd/system/${unit}`,
  }));
  return [
    ...(executable === undefined || executable === runsFrom
      ? []
      : [{ is: 'executable' as const, from: executable, path: runsFrom }]),
    declaration('sysusers.d', text('sysusers.d/streamvault.conf')),
    run('systemd-sysusers', ['streamvault.conf'], 'the user of all services'),
    declaration('tmpfiles.d', text('tmpfiles.d/streamvault.conf')),
    run('systemd-tmpfiles', ['--create', 'streamvault.conf'], 'folders for configuration, spool and vault'),
    { is: 'file', path: configPath, text: exampleFor(server, text('config.example.toml')), isTheirs: true },
    ...units,
    ...(server === 1 ? [{ is: 'file' as const, path: sshdPath, text: text('sshd/streamvault.conf') }] : []),
  ];
}

const declaration = (folder: string, text: string): FileStep => ({
  is: 'file',
  path: `/etc/${folder}/streamvault.conf`,
  text,
  packagedAt: `/usr/lib/${folder}/streamvault.conf`,
});

const run = (program: string, words: readonly string[], why: string): RunStep => ({ is: 'run', program, words, why });
