// Bundles the sources into dist/bundle: the program, each stage's worker, and the compressor's addon beside them.
// CommonJS, since what joins the executable follows no other; leaves the folder as a package that names its parts.
import { copyFile, cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { globSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import type { Plugin } from 'esbuild';
import { compileBundle } from './compiled.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const addonPath = 'node_modules/@napi-rs/lzma-linux-x64-gnu/lzma.linux-x64-gnu.node';

export const bundleFolder = `${root}dist/bundle`;

/** The bundle's `import.meta.url` is the bundle's own path, wherever the executable shows it. */
const ownUrl = {
  define: { 'import.meta.url': 'bundleUrl' },
  banner: { js: "const bundleUrl = require('node:url').pathToFileURL(__filename).href;" },
};

const lzmaBesideTheBundle: Plugin = {
  name: 'lzma beside the bundle',
  setup({ onResolve }) {
    onResolve({ filter: /^@napi-rs\/lzma$/ }, () => ({ path: `${root}build/lzma-in-executable.cjs` }));
  },
};

/**
 * yargs lays out its help before each command, asked or not, and measures it with this package, which spends some 18 ms at its import on
 * the tables of all emojis, in each of three versions. Printable ASCII is as wide as it is long; the package is loaded for any other text.
 */
const widthWhenAsked: Plugin = {
  name: 'string-width when it is asked',
  setup({ onLoad, onResolve, resolve }) {
    onResolve({ filter: /^string-width$/ }, async ({ kind, path, resolveDir }) => {
      if (kind !== 'import-statement') return undefined;
      const found = await resolve(path, { kind: 'require-call', resolveDir });
      return { path: found.path, namespace: 'when-asked' };
    });
    onLoad({ filter: /./, namespace: 'when-asked' }, ({ path }) => ({
      contents: `export default (text, ...options) =>
        typeof text === 'string' && /^[ -~]*$/.test(text) ? text.length : require(${JSON.stringify(path)}).default(text, ...options);`,
      resolveDir: root,
    }));
  },
};

/** Entry points by the name of their bundle: `watch-worker` for src/watch/worker.ts, as src/outside/workers.ts asks. */
function entryPoints(): Record<string, string> {
  const workers = globSync('src/*/worker.ts', { cwd: root });
  const named = workers.map((path) => [`${path.split('/')[1]}-worker`, `${root}${path}`]);
  return { program: `${root}src/main.ts`, ...Object.fromEntries(named) };
}

/** Bundles everything anew. Throws where esbuild finds an error or warns. */
export async function bundle(): Promise<void> {
  await rm(bundleFolder, { recursive: true, force: true });
  await mkdir(bundleFolder, { recursive: true });
  const entries = entryPoints();
  const { warnings } = await build({
    absWorkingDir: root,
    entryPoints: entries,
    outdir: bundleFolder,
    outExtension: { '.js': '.cjs' },
    bundle: true,
    format: 'cjs',
    platform: 'node',
    target: 'node24',
    keepNames: true,
    legalComments: 'none',
    logLevel: 'warning',
    // ssh2 goes without its optional addons, which the machine that builds may or may not have compiled.
    external: ['cpu-features'],
    loader: { '.node': 'empty' },
    // A script that is no module of Node's loader has nobody to ask for another; `require` gives the same.
    supported: { 'dynamic-import': false },
    plugins: [lzmaBesideTheBundle, widthWhenAsked],
    ...ownUrl,
  });
  if (warnings.length > 0) throw new Error('The bundle has warnings; see above.');
  await escapeProgram();
  await compileBundle(bundleFolder);
  await copyFile(root + addonPath, `${bundleFolder}/lzma.node`);
  // What `streamvault install` writes travels along: packaging/ is its only source.
  await cp(`${root}packaging`, `${bundleFolder}/packaging`, { recursive: true });
  await copyFile(`${root}config.example.toml`, `${bundleFolder}/packaging/config.example.toml`);
  await writePackage(Object.keys(entries));
}

/** esbuild escapes what is not ASCII but in comments and regular expressions; an escape means the same there. */
async function escapeProgram(): Promise<void> {
  const path = `${bundleFolder}/program.cjs`;
  const escaped = (unit: string): string => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
  await writeFile(path, (await readFile(path, 'utf8')).replaceAll(/[^\0-\x7f]/g, escaped));
}

async function writePackage(names: readonly string[]): Promise<void> {
  const { name, version, license } = JSON.parse(await readFile(`${root}package.json`, 'utf8'));
  const workers = names.filter((entry) => entry !== 'program').map((entry) => `${entry}.cjs`);
  const description = {
    name,
    version,
    license,
    bin: 'main.cjs',
    pkg: { scripts: workers, assets: ['program.cjs', 'program.code', 'lzma.node', 'packaging/**'] },
  };
  await writeFile(`${bundleFolder}/package.json`, JSON.stringify(description, undefined, 2));
}
