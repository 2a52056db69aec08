import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { moveAside } from '../../src/outside/aside.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { testWorld } from '../support/test-world.ts';

const test = suite('setting aside');
const world = testWorld();

/** A tree with one file in it, set aside. */
async function putAside(tree: string, name: string): Promise<string> {
  const path = join(tree, name);
  writeFileSync(path, `content of ${name}`);
  return (await moveAside({ tree, path, why: 'a test wants it' }, world)) ?? '';
}

test('the file lies there with its content, beside a sentence that says from where, when and why', async () => {
  const tree = temporaryFolder();
  const to = await putAside(tree, 'one.jsonl');
  assert.is(to, join(tree, 'aside', 'one.jsonl'));
  assert.is(readFileSync(to, 'utf8'), 'content of one.jsonl');
  assert.is(
    readFileSync(`${to}.txt`, 'utf8'),
    `${join(tree, 'one.jsonl')}\nset aside at 2026-03-10T13:00:00.000Z: a test wants it\n`,
  );
  assert.not(existsSync(join(tree, 'one.jsonl')));
});

test('one of the same name that lies there stays as it is', async () => {
  const tree = temporaryFolder();
  const paths = [await putAside(tree, 'one'), await putAside(tree, 'one'), await putAside(tree, 'one')];
  assert.equal(
    paths.map((path) => basename(path)),
    ['one', 'one.2', 'one.3'],
  );
  assert.is(readdirSync(join(tree, 'aside')).length, 6);
});

test('a name as long as names can be is cut, and has its sentence too', async () => {
  const tree = temporaryFolder();
  const [to, other] = [await putAside(tree, 'a'.repeat(255)), await putAside(tree, `${'a'.repeat(254)}b`)];
  assert.match(basename(to), /^a{40}_[0-9a-f]{16}\.jsonl$/);
  assert.ok(existsSync(`${to}.txt`));
  assert.is.not(other, to);
});

test('a file that has vanished leaves no sentence', async () => {
  const tree = temporaryFolder();
  assert.is(await moveAside({ tree, path: join(tree, 'gone'), why: '' }, world), undefined);
  assert.equal(readdirSync(join(tree, 'aside')), []);
});

test.run();
