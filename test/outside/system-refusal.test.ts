import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { systemRefusal } from '../../src/outside/system-refusal.ts';
import { streamvault } from '../support/streamvault.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const test = suite('refusals of the system');
const refusal = (code: string, syscall: string): Error =>
  Object.assign(new Error(`${code}: it says no, ${syscall} '/v'`), { code, syscall });

test('each is a sentence with what to do, and ends with the disk’s status', () => {
  for (const [code, kind] of [
    ['EACCES', 'disk-failed'],
    ['ENOSPC', 'disk-full'],
    ['EROFS', 'disk-failed'],
  ] as const) {
    const told = systemRefusal(refusal(code, 'open'));
    assert.is(told?.code, kind);
    assert.match(told?.message ?? '', `${code}: it says no, open '/v'`);
    assert.ok((told?.remedy ?? '').length > 10);
  }
});

test('a port that is taken, or none, is wrong usage', async () => {
  const { status, stderr } = await streamvault(['emulate', '--port', '99999']);
  assert.is(status, 64);
  assert.match(stderr, /^streamvault: Nobody can be answered there .*stop the program that has it\.\n$/);
  assert.is(systemRefusal(refusal('EADDRINUSE', 'listen'))?.code, 'wrong-usage');
});

test('what the network or a program refuses, and what is our own damage, is none', () => {
  for (const error of [
    refusal('EACCES', 'listen'),
    refusal('EACCES', 'spawn x'),
    refusal('ENOENT', 'open'),
    new Error('x'),
  ])
    assert.is(systemRefusal(error), undefined);
});

test('a command that meets one says it in a sentence, without a trace', async () => {
  const folder = temporaryFolder();
  const [vault, config] = [join(folder, 'vault'), join(folder, 'config.toml')];
  writeFileSync(vault, 'no folder');
  writeFileSync(config, `server = 1\n[watch]\nown = "${folder}/spool"\nvault = "${vault}"\n`);
  const { status, stderr } = await streamvault(['report', '--config', config]);
  assert.is(status, 74);
  assert.match(stderr, /^streamvault: The disk refuses \(ENOTDIR: .*\).* then run it again\.\n$/);
});

test('an empty vault is said to be one by report and verify, exit 64', async () => {
  const folder = temporaryFolder();
  const config = join(folder, 'config.toml');
  mkdirSync(join(folder, 'vault'));
  writeFileSync(config, `server = 1\n[watch]\nown = "${folder}/spool"\nvault = "${folder}/vault"\n`);
  for (const words of [['report'], ['verify'], ['verify', '2026-03-10']]) {
    const { status, stdout, stderr } = await streamvault([...words, '--config', config]);
    assert.equal([status, stdout], [64, '']);
    assert.match(stderr, words[1] ? 'no finished hour of 2026-03-10' : 'The watch makes an hour seconds after its end');
  }
});

test.run();
