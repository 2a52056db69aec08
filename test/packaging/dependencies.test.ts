// What the product is built from: every package pinned to one version and one digest, and none runs anything when it is installed.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

const test = suite('dependencies');
const textOf = (name: string): string => readFileSync(fileURLToPath(new URL(`../../${name}`, import.meta.url)), 'utf8');

interface Locked {
  readonly version?: string;
  readonly integrity?: string;
  readonly hasInstallScript?: boolean;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
}

const asked = JSON.parse(textOf('package.json')) as Locked & { scripts: Record<string, string> };
const { packages } = JSON.parse(textOf('package-lock.json')) as { packages: Record<string, Locked> };
const locked = Object.entries(packages).filter(([path]) => path !== '');

test('each that is asked for is asked for in one exact version, which is the locked one', () => {
  for (const [name, version] of Object.entries({ ...asked.dependencies, ...asked.devDependencies })) {
    assert.match(version, /^\d+\.\d+\.\d+(?:-[\w.]+)?$/, name);
    assert.is(packages[`node_modules/${name}`]?.version, version, name);
  }
});

test('each that is installed has a version and a digest in the lock file', () => {
  assert.ok(locked.length > 100);
  for (const [path, { version, integrity }] of locked) {
    assert.ok(version, path);
    assert.match(integrity ?? '', /^sha512-/, path);
  }
});

test('none runs a script when it is installed, and nor do we', () => {
  assert.match(textOf('.npmrc'), /^ignore-scripts=true$/m);
  for (const name of ['preinstall', 'install', 'postinstall', 'prepare']) assert.not.ok(asked.scripts[name], name);
  // These have one, and work without: ssh2 and cpu-features would build what makes them faster, esbuild would check its binary.
  const have = locked
    .filter(([, { hasInstallScript }]) => hasInstallScript)
    .map(([path]) => path.slice('node_modules/'.length));
  assert.equal(have, ['cpu-features', 'esbuild', 'ssh2']);
});

test.run();
