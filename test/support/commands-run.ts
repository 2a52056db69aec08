// Where each command that the documents show is run, or why it is not. `test/packaging/commands.test.ts` holds the list complete.

export interface RanCommand {
  /** As the page shows it. */
  readonly command: string;
  /** As it is run, where names differ. */
  readonly as?: string;
  /** What the page supposes to have happened before. */
  readonly before?: string;
}

const day = 'cd "$(ls -d /var/lib/streamvault/vault/2*/ | head -1)"; hour=$(ls | sed -n "s/_IDs.txt.xz$//p" | head -1)';
const unpacked = 'tar -xzf streamvault-*-linux-x64.tar.gz --strip-components=1';

/** Run by `test/packaging/first-hour.test.ts` on server 1, once the guide's own commands have made it run; in this order. */
export const ranOnServer1: readonly RanCommand[] = [
  { command: 'systemctl status streamvault-ingest' },
  {
    command: 'xz -dc 2026-03-10_14_IDs.txt.xz | wc -l',
    before: day,
    as: 'test "$(xz -dc ${hour}_IDs.txt.xz | wc -l)" = 60',
  },
  { command: 'sha256sum -c', before: day, as: 'sha256sum -c SHA256SUMS' },
  { command: 'sha256sum -c SHA256SUMS', before: day },
  { command: 'streamvault verify', as: 'sudo -u streamvault streamvault verify' },
  {
    command: 'streamvault report [DAY]',
    as: 'sudo -u streamvault streamvault report "$(date -u -d "1 hour ago" +%F)"',
  },
  // 1: something is wrong, such as an hour that both servers joined in its middle.
  { command: 'sudo streamvault status', as: 'sudo streamvault status || test $? = 1' },
  { command: 'streamvault check', as: 'sudo streamvault check' },
  { command: 'streamvault COMMAND --help', as: 'streamvault ship --help' },
  {
    command: 'rsync -a /var/lib/streamvault/vault/ backup:/vault/',
    as: 'rsync -a /var/lib/streamvault/vault/ /guide/backup/ && cd /guide/backup/2*/ && sha256sum -c SHA256SUMS',
  },
  {
    command: 'sudo apt install ./streamvault_1.0.0_amd64.deb',
    as: 'sudo apt install --reinstall ./streamvault_1.0.0_amd64.deb',
  },
  { command: 'sudo streamvault install --server 1' },
  { command: 'sudo install -m 755 streamvault /usr/local/bin/streamvault.next', before: unpacked },
  { command: 'sudo mv /usr/local/bin/streamvault.next /usr/local/bin/streamvault' },
  { command: "sudo systemctl restart 'streamvault-*'" },
  { command: 'sudo systemctl restart streamvault-ingest' },
  { command: 'sudo systemctl restart streamvault-watch' },
  {
    command:
      "printf '[Service]\\nReadWritePaths=/srv/streamvault\\n' | sudo install -D -m 644 /dev/stdin /etc/systemd/system/streamvault-.service.d/folders.conf",
    before: 'mkdir -p /srv/streamvault',
  },
  {
    command: 'sudo systemctl daemon-reload',
    as: `sudo systemctl daemon-reload; for unit in ingest watch failed@x; do systemctl show -P ReadWritePaths streamvault-$unit | grep -q '/srv/streamvault'; done; sudo systemctl restart streamvault-watch`,
  },
  { command: '*/5 * * * * streamvault watch --once', as: 'sudo -u streamvault streamvault watch --once' },
  {
    command: 'sudo rsync -a backup:/vault/ /var/lib/streamvault/vault/',
    as: 'sudo rsync -a /guide/backup/ /var/lib/streamvault/vault/',
  },
  { command: 'sudo chown -R streamvault:streamvault /var/lib/streamvault/vault' },
  {
    command: 'sudo -u streamvault cp -rl /var/lib/streamvault/spool/shipped/. /var/lib/streamvault/spool/',
    before: 'sudo -u streamvault mkdir -p /var/lib/streamvault/spool/shipped/2026-03-10/13',
  },
  {
    command: 'sudo -u streamvault streamvault publish --dry-run',
    before: `printf '[osf]\\nproject = "abc12"\\ntoken_file = "/etc/streamvault/osf_token"\\n' >> /etc/streamvault/config.toml`,
  },
];

/** Run by another test, or by nobody, and why. */
export const ranElsewhere: Readonly<Record<string, string>> = {
  '10 * * * * streamvault publish': 'test/commands/publish.test.ts',
  '0 2 * * * streamvault report --mail "$(date -u -d yesterday +\\%F)"': 'test/commands/report.test.ts',
  'npm start     installs, builds, and runs the whole two-server system on this machine, on built-in stand-ins':
    'test/demo/demo.test.ts runs the demo; that it is what npm start runs is seen whenever somebody does',
  'npm test      installs, builds, and runs all tests': 'it runs this test',
  'npm run package': 'test/packaging/packages.test.ts calls what it calls',
  'npm run check': 'every change runs it; npm test begins with it',
  'npm run test:files -- test/domain': 'npm test is it, with all files',
  'npm audit': '.ci/run asks it, where the registry answers',
  '.ci/run': 'it runs this test',
  'npm run bench': 'measures for minutes; takes no part in the product',
  'npm run soak -- --hours 720': 'test/demo/soak.test.ts runs two hours of it',
  'npm run soak': 'test/demo/soak.test.ts and the tests of each stage run its parts, shorter',
  'streamvault ingest': 'the guide starts its service',
  'streamvault ship': 'the guide starts its service',
  'streamvault watch': 'the guide starts its service',
  'streamvault demo': 'test/demo/demo.test.ts',
  'streamvault check --probe': 'test/probe/probe.test.ts, against the stand-ins',
  'sudo streamvault import older --settings server_settings.txt':
    'test/older/import.test.ts, on folders in that system’s formats',
  'systemctl start': 'the guide starts the services with enable --now',
  'import pandas': 'test/packaging/reading.test.ts',
  "tweets = pandas.read_csv('2026-03-10_14_tweets.csv.xz', dtype=str, keep_default_na=False)":
    'test/packaging/reading.test.ts',
  'python3 -c "import pandas; print(pandas.read_csv(\'2026-03-10_14_tweets.csv.xz\', dtype=str, keep_default_na=False))"':
    'test/packaging/reading.test.ts',
  'tweets <- read.csv(xzfile("2026-03-10_14_tweets.csv.xz"), colClasses = "character", na.strings = character(), encoding = "UTF-8")':
    'test/packaging/reading.test.ts',
  'tweets <- readr::read_csv("2026-03-10_14_tweets.csv.xz", col_types = readr::cols(.default = "c"), na = character())':
    'readr and what it needs are 100 packages; the line for R without packages is run',
  'xz -dc 2026-03-10_14_tweets.csv.xz | duckdb -c "SELECT lang, count(*) FROM read_csv(\'/dev/stdin\', all_varchar = true) GROUP BY lang"':
    'Debian has no package of DuckDB',
};
