import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Message } from '../../src/domain/message.ts';
import { dayMs } from '../../src/domain/time.ts';
import { type Disk, systemDisk } from '../../src/outside/disk.ts';
import { outboxAt } from '../../src/tell/outbox.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const test = suite('outbox');
const nobody = (path: string): void => assert.unreachable(path);

const note = (name: string, atMs = 0): Omit<Message, 'id'> => ({
  name,
  atMs,
  ways: ['mail'],
  subject: name,
  text: `${name}\n`,
});

test('messages wait in the order in which they were written, whatever their names', async () => {
  const outbox = outboxAt(systemDisk, temporaryFolder());
  await outbox.add(note('a-later', 2));
  await outbox.add(note('b-earlier', 1));
  const waiting = await outbox.waiting(nobody);
  assert.equal(
    waiting.map(({ message }) => message.name),
    ['b-earlier', 'a-later'],
  );
});

test('a message of the same name is put in once, also after it was sent and after a restart', async () => {
  const folder = temporaryFolder();
  const outbox = outboxAt(systemDisk, folder);
  const id = await outbox.add(note('report'));
  assert.is(await outbox.add(note('report')), id);
  await outbox.finish('report');
  assert.is(await outboxAt(systemDisk, folder).add(note('report')), id);
  assert.equal(await outbox.waiting(nobody), []);
  assert.equal(await outbox.names(), ['report']);
});

test('a file that is no message stays where it is and stops nobody', async () => {
  const folder = temporaryFolder();
  const outbox = outboxAt(systemDisk, folder);
  await outbox.add(note('whole'));
  mkdirSync(join(folder, 'outbox', 'folder.json'));
  writeFileSync(join(folder, 'outbox', 'half.json'), '{"message":{"na');
  writeFileSync(join(folder, 'outbox', '.whole.json.next'), 'left by a crash');
  const damaged: string[] = [];
  const waiting = await outbox.waiting((path) => damaged.push(path));
  assert.is(waiting.length, 1);
  assert.equal(damaged, [join(folder, 'outbox', 'half.json')]);
});

test('what was sent two months ago is forgotten, what waits never', async () => {
  const folder = temporaryFolder();
  const outbox = outboxAt(systemDisk, folder);
  for (const name of ['old', 'new', 'waiting']) await outbox.add(note(name, name === 'new' ? 61 * dayMs : 0));
  await outbox.finish('old');
  await outbox.finish('new');
  await outbox.prune(61 * dayMs);
  assert.equal(await outbox.names(), ['waiting', 'new']);
});

/** A disk that has no room while `isFull` says so. */
function fillable(): { disk: Disk; isFull: boolean } {
  const state = {
    isFull: false,
    disk: {
      ...systemDisk,
      async write(path: string, bytes: Uint8Array | string) {
        if (state.isFull) throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
        return systemDisk.write(path, bytes);
      },
    },
  };
  return state;
}

test('on a full disk a message waits in memory, and who has it is not forgotten', async () => {
  const folder = temporaryFolder();
  const filling = fillable();
  const outbox = outboxAt(filling.disk, folder);
  await outbox.add(note('before', 1));
  filling.isFull = true;
  const id = await outbox.add(note('disk-full', 2));
  assert.is(await outbox.add(note('disk-full', 2)), id);
  const [before, full] = await outbox.waiting(nobody);
  assert.is(full?.message.name, 'disk-full');
  if (before) await outbox.record({ ...before, reached: ['mail a'] });
  if (full) await outbox.record({ ...full, reached: ['mail a'] });
  assert.equal(
    (await outbox.waiting(nobody)).map(({ reached }) => reached),
    [['mail a'], ['mail a']],
  );
  await outbox.finish('before');
  await outbox.finish('disk-full');
  assert.equal(await outbox.waiting(nobody), []);
  assert.equal(readdirSync(join(folder, 'sent')), ['before.json']);
});

test('what was sent while the disk was full is not sent again: its name is known at once, and written when there is room', async () => {
  const folder = temporaryFolder();
  const filling = fillable();
  const outbox = outboxAt(filling.disk, folder);
  filling.isFull = true;
  const id = await outbox.add(note('report'));
  assert.equal(await outbox.names(), ['report']);
  await outbox.finish('report');
  assert.equal(await outbox.names(), ['report']);
  assert.is(await outbox.add(note('report')), id);
  assert.equal(await outbox.waiting(nobody), []);
  assert.is((await outbox.told((name) => name === 'report'))[0]?.id, id);

  filling.isFull = false;
  assert.equal(await outbox.names(), ['report']);
  assert.is(await outboxAt(systemDisk, folder).add(note('report')), id);
});

test('in a folder that is closed to this user a message waits in memory, and can be sent', async () => {
  const disk: Disk = {
    ...systemDisk,
    makeFolder: () => Promise.reject(Object.assign(new Error('permission denied'), { code: 'EACCES' })),
  };
  const outbox = outboxAt(disk, temporaryFolder());
  await outbox.add(note('alert'));
  const [waiting] = await outbox.waiting(nobody);
  if (waiting) await outbox.record({ ...waiting, reached: ['mail a'] });
  await outbox.finish('alert');
  assert.equal([await outbox.waiting(nobody), await outbox.names()], [[], ['alert']]);
});

test('what was sent from a folder that was closed to this user meanwhile keeps nothing else waiting, and is not sent again', async () => {
  const folder = temporaryFolder();
  const refusal = (): Promise<never> =>
    Promise.reject(Object.assign(new Error('permission denied'), { code: 'EACCES' }));
  const closing = { write: refusal, rename: refusal, remove: refusal, makeFolder: refusal };
  const disk: Disk = { ...systemDisk };
  const outbox = outboxAt(disk, folder);
  const id = await outbox.add(note('before', 1));
  Object.assign(disk, closing);
  await outbox.add(note('after', 2));
  await outbox.finish('before');
  assert.equal(
    (await outbox.waiting(nobody)).map(({ message }) => message.name),
    ['after'],
  );
  assert.is(await outbox.add(note('before', 1)), id);
  assert.is((await outbox.told((name) => name === 'before')).length, 1);
  Object.assign(disk, systemDisk);
  assert.is((await outbox.waiting(nobody)).length, 1);
  assert.equal(readdirSync(join(folder, 'sent')), ['before.json']);
  assert.equal(readdirSync(join(folder, 'outbox')), ['after.json']);
});

test('a folder that this user may not even read keeps no message from being sent', async () => {
  const refusal = (): Promise<never> =>
    Promise.reject(Object.assign(new Error('permission denied'), { code: 'EACCES' }));
  const closed = {
    read: refusal,
    list: refusal,
    write: refusal,
    rename: refusal,
    remove: refusal,
    makeFolder: refusal,
  };
  const outbox = outboxAt({ ...systemDisk, ...closed }, temporaryFolder());
  await outbox.add(note('alert'));
  assert.is((await outbox.waiting(nobody)).length, 1);
  await outbox.finish('alert');
  assert.equal([await outbox.waiting(nobody), await outbox.names()], [[], ['alert']]);
});

test('what a full disk did not take waits on the disk as soon as there is room', async () => {
  const folder = temporaryFolder();
  const filling = fillable();
  const outbox = outboxAt(filling.disk, folder);
  filling.isFull = true;
  const id = await outbox.add(note('alert'));
  filling.isFull = false;
  await outbox.waiting(nobody);
  const [waiting] = await outboxAt(systemDisk, folder).waiting(nobody);
  assert.is(waiting?.message.id, id);
  await outbox.finish('alert');
  assert.equal(readdirSync(join(folder, 'sent')), ['alert.json']);
});

test.run();
