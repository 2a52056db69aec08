// What the compressor's addon does with memory: held to what the kernel tells of this process.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

const test = suite('allocator');
const xz = fileURLToPath(new URL('../../src/outside/xz.ts', import.meta.url));

/** MiB of the largest region in which the kernel may use huge pages, in a process that has loaded the addon. */
function largestRegion(environment: Readonly<Record<string, string>>): number {
  const script = `import ${JSON.stringify(xz)}; process.stdout.write((await import('node:fs')).readFileSync('/proc/self/smaps'))`;
  const smaps = execFileSync(process.execPath, ['--input-type=module', '-e', script], {
    encoding: 'utf8',
    maxBuffer: 2 ** 26,
    env: { ...process.env, ...environment },
  });
  const regions = smaps.matchAll(/^([0-9a-f]+)-([0-9a-f]+) [^]*?^VmFlags:(.*)$/gm);
  const sizes = [...regions].map(([, start = '', end = '', flags = '']) =>
    / hg( |$)/.test(flags) ? (parseInt(end, 16) - parseInt(start, 16)) / 2 ** 20 : 0,
  );
  return Math.max(...sizes);
}

const isLinux = process.platform === 'linux' && readFileSync('/proc/self/smaps', 'utf8').includes('VmFlags:');

if (isLinux) {
  test('compressors on all cores have room for their tables in huge pages', () => {
    assert.ok(largestRegion({}) >= 128 * availableParallelism());
  });

  test('what the environment says of the memory holds', () => {
    assert.ok(largestRegion({ MIMALLOC_ALLOW_LARGE_OS_PAGES: '0', MIMALLOC_RESERVE_OS_MEMORY: '0' }) < 128);
  });
}

test.run();
