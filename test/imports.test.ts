// The direction of imports, as a test: what stands higher may import what stands lower, never sideways
// between stages, never in a circle, and only the outside world knows the process, the clock and timers.
import { existsSync, globSync, readFileSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

const root = fileURLToPath(new URL('..', import.meta.url));
const test = suite('imports');

interface SourceFile {
  readonly path: string;
  readonly text: string;
  /** Source files imported, as paths below the root. */
  readonly imports: readonly string[];
  /** What is taken from each of them; empty where that is said elsewhere. */
  readonly clauses: readonly { readonly target: string; readonly clause: string }[];
  /** Packages and modules of Node imported, by name. */
  readonly packages: readonly string[];
}

const statement =
  /(?:^|\n)\s*(?:import|export)\s(?:([^'";]*?)\sfrom\s)?['"]([^'"]+)['"]|(?:\{([^{}]*)\} = )?\b(?:import|require)\(\s*['"]([^'"]+)['"]/g;

function readSource(path: string): SourceFile {
  const text = readFileSync(join(root, path), 'utf8');
  const found = [...text.matchAll(statement)].map(([, what, from, picked, whole]) => ({
    name: from ?? whole ?? '',
    clause: what ?? picked ?? '',
  }));
  const clauses = found
    .filter(({ name }) => name.startsWith('.'))
    .map(({ name, clause }) => ({ target: relative(root, join(root, dirname(path), name)), clause }));
  const packages = found.map(({ name }) => name).filter((name) => !name.startsWith('.'));
  return { path, text, imports: clauses.map(({ target }) => target), clauses, packages };
}

const files = globSync('src/**/*.ts', { cwd: root }).sort().map(readSource);

/** The room a file is in: `main`, `commands`, `domain`, `outside`, `config`, or the stage's folder. */
function roomOf(path: string): string {
  return /^src\/([^/]+?)(?:\.ts|\/.*)$/.exec(path)?.[1] ?? path;
}

const allRooms = new Set(files.map((file) => roomOf(file.path)));
const namedRooms = new Set(['main', 'commands', 'config', 'outside', 'domain']);
const stages = [...allRooms].filter((room) => !namedRooms.has(room));

/** Rooms that a room may import from, beside itself. */
function below(room: string): readonly string[] {
  if (room === 'domain') return [];
  if (room === 'config') return ['domain'];
  if (room === 'outside') return ['config', 'domain'];
  if (room === 'commands' || room === 'demo') return [...stages, 'config', 'outside', 'domain'];
  if (room === 'main') return ['commands', 'config', 'outside', 'domain'];
  return ['config', 'outside', 'domain'];
}

function wrongTurns({ path, imports }: SourceFile): string[] {
  const room = roomOf(path);
  const allowed = new Set([room, ...below(room)]);
  return imports
    .filter((target) => target !== 'package.json' && !allowed.has(roomOf(target)))
    .map((target) => `${path} imports ${target}`);
}

/** Files on a circle of imports, found by walking from each file with the path walked so far. */
function circles(): string[] {
  const byPath = new Map(files.map((file) => [file.path, file]));
  const finished = new Set<string>();
  const found: string[] = [];
  const walk = (path: string, trail: readonly string[]): void => {
    if (trail.includes(path)) found.push([...trail.slice(trail.indexOf(path)), path].join(' → '));
    if (trail.includes(path) || finished.has(path)) return;
    for (const next of byPath.get(path)?.imports ?? []) walk(next, [...trail, path]);
    finished.add(path);
  };
  for (const file of files) walk(file.path, []);
  return found;
}

/** The text without comments and the contents of plain strings, so that words in prose do not count. */
function codeOf(text: string): string {
  return text
    .replaceAll(/\/\*[\s\S]*?\*\//g, '')
    .replaceAll(/^\s*\/\/.*$/gm, '')
    .replaceAll(/\s\/\/ .*$/gm, '')
    .replaceAll(/'(?:[^'\\\n]|\\.)*'/g, "''");
}

test('nothing imports upwards or sideways: main, commands, stages, then domain and outside', () => {
  assert.equal(files.flatMap(wrongTurns), []);
});

test('no imports go in a circle', () => {
  assert.equal(circles(), []);
});

test('every local import names an existing file with its ending', () => {
  const missing = files.flatMap(({ path, imports }) =>
    imports
      .filter((target) => !/\.(ts|json)$/.test(target) || !existsSync(join(root, target)))
      .map((target) => `${path} imports ${target}`),
  );
  assert.equal(missing, []);
});

test('the domain takes from outside itself only what computes', () => {
  const pure = new Set(['node:crypto', 'node:buffer', 'node:string_decoder']);
  const others = files
    .filter((file) => roomOf(file.path) === 'domain')
    .flatMap(({ path, packages }) =>
      packages.filter((name) => !pure.has(name)).map((name) => `${path} imports ${name}`),
    );
  assert.equal(others, []);
});

/** Modules of Node that only compute, and those of its streams. */
const computing = /^node:(?:buffer|crypto|events|path|path\/posix|stream|stream\/promises|string_decoder|zlib)$/;
/** Packages that read and write text for a room, and reach nothing. */
const ownPackages: Readonly<Record<string, readonly string[]>> = {
  commands: ['cli-progress', 'fastest-levenshtein', 'prom-client', 'yargs'],
  config: ['fastest-levenshtein', 'smol-toml', 'zod'],
};

test('only the outside world, and the stand-ins for the world, take what reaches disk, network, processes or timers', () => {
  const found = files
    .filter((file) => !['outside', 'emulate'].includes(roomOf(file.path)))
    .flatMap(({ path, packages }) =>
      packages
        .filter(
          (name) => !computing.test(name) && !ownPackages[roomOf(path)]?.some((own) => name.split('/')[0] === own),
        )
        .map((name) => `${path} imports ${name}`),
    );
  assert.equal(found, []);
});

test('only the outside world and the front door know the process, the clock, timers and the network', () => {
  const words =
    /\bprocess\.|\bDate\.now\(|\bset(?:Timeout|Interval)\(|\bnew Date\b(?!\((?!\)))|\bperformance\.|\bAbortSignal\.timeout\(|(?<![.\w])fetch\(/g;
  const found = files
    .filter((file) => !['main', 'outside'].includes(roomOf(file.path)))
    .flatMap(({ path, text }) => [...codeOf(text).matchAll(words)].map(([word]) => `${path}: ${word}`));
  assert.equal(found, []);
});

const builders = globSync('build/**/*.{ts,cjs,mjs}', { cwd: root }).map(readSource);

/** `PATH NAME` of all that the sources, and what builds them, take from a file. A module that is taken as a whole, as by `import()`, is `PATH *`. */
const taken = new Set(
  [...files, ...builders].flatMap(({ clauses }) =>
    clauses.flatMap(({ target, clause }) => (clause.match(/\w+|\*/g) ?? ['*']).map((name) => `${target} ${name}`)),
  ),
);
const exported =
  /((?:\/\*\*(?:(?!\*\/)[\s\S])*\*\/\n)?)export (?:async )?(function|class|const|let|interface|type)\*? (\w+)/g;

test('every export is imported by another file; one that only tests import says so, and a type belongs to such an export', () => {
  const found = files.flatMap(({ path, text }) =>
    [...text.matchAll(exported)]
      .filter(([, comment = '', kind = '', name = '']) => {
        if (taken.has(`${path} ${name}`) || taken.has(`${path} *`)) return false;
        const isType = kind === 'interface' || kind === 'type';
        return isType ? text.split(new RegExp(`\\b${name}\\b`)).length <= 2 : !/\bfor tests\b/.test(comment);
      })
      .map(([, , , name]) => `${path} exports ${name}`),
  );
  assert.equal(found, []);
});

test('no folder or file is a place for leftovers', () => {
  const leftovers = /^(utils?|helpers?|common|lib|types|managers?|misc|shared)$/;
  const found = globSync('{src,test,build}/**', { cwd: root }).filter((path) =>
    leftovers.test(basename(path).replace(/\.[a-z.]+$/, '')),
  );
  assert.equal(found, []);
});

test.run();
