// The documents say what is so: alerts, exit codes, metrics and words as in the source, links that lead somewhere, commands and
// options that exist.
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { allCommands } from '../../src/commands/all.ts';
import { ingestMetrics } from '../../src/commands/ingest-metrics.ts';
import { alertCauses } from '../../src/domain/alert.ts';
import { exitStatuses } from '../../src/domain/operator-error.ts';
import { problemCodes } from '../../src/domain/status.ts';
import { manualClock } from '../support/manual-clock.ts';

const test = suite('documents');
const root = fileURLToPath(new URL('../..', import.meta.url));
const paths = ['README.md', 'src/README.md', ...globSync('packaging/docs/*.md', { cwd: root }).sort()];
const textOf = (path: string): string => readFileSync(join(root, path), 'utf8');
const operating = textOf('packaging/docs/operating.md');

/** First cells of a section's table that are set as code, or numbers. */
function firstCells(title: string): string[] {
  const section = operating.split(/^## /m).find((part) => part.startsWith(`${title}\n`)) ?? '';
  return [...section.matchAll(/^\| ([^|]+) \|/gm)].map((match) => match[1] ?? '').slice(2);
}

test('the table of alerts names each cause, in the source’s order', () => {
  assert.equal(
    firstCells('Alerts').map((cell) => cell.replaceAll('`', '')),
    [...alertCauses],
  );
});

test('the table of what status calls wrong names each code that is no alert, in the source’s order', () => {
  assert.equal(
    firstCells('Status, for people and for monitoring').map((cell) => cell.replaceAll('`', '')),
    [...problemCodes],
  );
});

test('the table of exit codes names each that a command can end with', () => {
  const codes = [0, 1, ...new Set(Object.values(exitStatuses))].sort((a, b) => a - b);
  assert.equal(firstCells('Exit codes').map(Number), codes);
});

test('the table of metrics names each that is served', async () => {
  const { pages } = ingestMetrics({ clock: manualClock(), freeBytes: async () => 1 });
  const served = [...(await pages.metrics()).text.matchAll(/^# HELP (streamvault_\w+)/gm)].map(
    (match) => match[1] ?? '',
  );
  const named = [...operating.matchAll(/`(streamvault_\w+)`/g)].map((match) => match[1] ?? '');
  assert.equal([...new Set(named)].sort(), served.sort());
});

test('that watch --once publishes nothing, and what to run for it, is said in its help, in the manual and beside [osf]', () => {
  const watch = allCommands.find(({ name }) => name === 'watch');
  const osf = textOf('config.example.toml').split('[osf]')[0]?.split('\n').slice(-3).join('\n') ?? '';
  const cron = operating.split(/^## /m).find((part) => part.startsWith('From cron instead of services')) ?? '';
  for (const text of [String(watch?.options['once']?.describe), cron, osf]) {
    assert.match(text, /publishes nothing|does not/);
    assert.match(text, 'streamvault publish');
  }
});

test('links lead to files that are there', () => {
  for (const path of paths) {
    for (const [, target = ''] of textOf(path).matchAll(/\]\(([^)#]+)(?:#[^)]*)?\)/g)) {
      if (/^https?:/.test(target)) continue;
      assert.ok(existsSync(join(root, dirname(path), target)), `${path}: ${target}`);
    }
  }
});

/** How a heading is addressed: lower case, words joined by hyphens, without punctuation. */
const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replaceAll(/[^\w -]/g, '')
    .replaceAll(' ', '-');

test('links to a heading lead to one', () => {
  let found = 0;
  for (const path of paths) {
    for (const [, page = '', anchor = ''] of textOf(path).matchAll(/\]\((?!https?:)([^)#]*)#([^)]+)\)/g)) {
      const target = page === '' ? path : join(dirname(path), page);
      const headings = [...textOf(target).matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) => anchorOf(heading));
      assert.ok(headings.includes(anchor), `${path}: ${page}#${anchor}`);
      found++;
    }
  }
  assert.ok(found > 10, `only ${found} such links were found`);
});

test('paths of the repository that documents name are there', () => {
  for (const path of paths) {
    for (const [, name = ''] of textOf(path).matchAll(/`((?:packaging|src|test|build)\/[\w./-]+)`/g))
      assert.ok(existsSync(join(root, name)), `${path}: ${name}`);
  }
});

test('what a reader asks stands under a heading, in a document that the README names', () => {
  const readme = textOf('README.md');
  const asked: readonly (readonly [page: string, title: string])[] = [
    ['packaging/docs/operating.md', 'What can be lost, when, and why no more'],
    ['packaging/docs/operating.md', 'Exit codes'],
    ['packaging/docs/operating.md', 'Alerts'],
    ['packaging/docs/operating.md', 'Metrics'],
    ['packaging/docs/operating.md', 'Disk per day'],
    ['packaging/docs/operating.md', 'Backing up'],
    ['packaging/docs/operating.md', 'Server 1 is lost'],
    ['packaging/docs/operating.md', 'Upgrading'],
    ['packaging/docs/operating.md', 'Moving over from the older system'],
    ['packaging/docs/reading.md', "How new files differ from the older archive's"],
    ['packaging/docs/security.md', 'Files'],
  ];
  for (const [page, title] of asked) {
    assert.ok(readme.includes(`(${page})`), page);
    assert.ok(textOf(page).split('\n').includes(`## ${title}`), `${page}: ${title}`);
  }
  for (const reader of ['pandas', 'R ', 'DuckDB'])
    assert.match(textOf('packaging/docs/reading.md'), new RegExp(`^${reader}`, 'm'));
});

test('each remedy, meaning and guarantee is said, none left out', () => {
  for (const title of ['Alerts', 'Metrics', 'What can be lost, when, and why no more']) {
    const section = operating.split(/^## /m).find((part) => part.startsWith(`${title}\n`)) ?? '';
    const rows = [...section.matchAll(/^\|(.+)\|$/gm)]
      .slice(2)
      .map(([, row = '']) => row.split('|').map((cell) => cell.trim()));
    assert.ok(rows.length > 5, title);
    for (const row of rows)
      assert.ok(
        row.every((cell) => cell !== ''),
        `${title}: ${row.join(' | ')}`,
      );
  }
});

const everywhere = ['help', 'version', 'config', 'clock'];

test('commands and options that documents name exist', () => {
  const known = new Map(allCommands.map((command) => [command.name, Object.keys(command.options)]));
  let found = 0;
  for (const path of paths) {
    const uses = textOf(path).matchAll(
      /(?:^ {4}|`|\| |sudo (?:-u streamvault )?)streamvault ([a-z-]+)((?: [^`|\n]*)?)/gm,
    );
    for (const [use, name = '', rest = ''] of uses) {
      if (name === 'completion') continue;
      const options = known.get(name);
      assert.ok(options, `${path}: ${use}`);
      found++;
      for (const [, option = ''] of rest.matchAll(/--([a-z-]+)/g))
        assert.ok([...(options ?? []), ...everywhere].includes(option), `${path}: ${use}: --${option}`);
    }
  }
  assert.ok(found > 12, `only ${found} commands were found`);
});

test('npm scripts that documents name exist', () => {
  const { scripts } = JSON.parse(textOf('package.json')) as { scripts: Record<string, string> };
  for (const path of paths) {
    for (const [, name = ''] of textOf(path).matchAll(/npm run ([a-z:]+)/g))
      assert.ok(scripts[name], `${path}: ${name}`);
  }
});

test('packages are called by the version that is built', () => {
  const { version } = JSON.parse(textOf('package.json')) as { version: string };
  for (const path of paths) {
    for (const [, named = ''] of textOf(path).matchAll(/streamvault_(\d[\d.]*\d)_amd64/g))
      assert.is(named, version, path);
  }
});

test('words mean the same in the map of the sources and in the glossary', () => {
  const glossary = textOf('packaging/docs/map.md');
  for (const word of [
    'line',
    'minute file',
    'spool',
    'inbox',
    'shipment',
    'hour',
    'patience',
    'vault',
    'receipt',
    'gap',
    'joint gap',
  ])
    assert.match(glossary, `| ${word} |`);
});

test.run();
