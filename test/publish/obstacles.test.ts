// What people do at OSF and to the vault, and what clocks do, while files are published.
import { mkdirSync, readFileSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { dayMs, hourMs } from '../../src/domain/time.ts';
import { publishScene as scene } from '../support/publish-scene.ts';
import { allHours, writeDay } from '../support/vault-scene.ts';

const test = suite('publishing against obstacles');
const day = '2026-03-10';

test('a folder of somebody’s that has a file’s name is told, and keeps no other file waiting', async () => {
  await using place = await scene();
  writeDay(place.vault, { day }, { '00': { ids: 1 }, '01': { ids: 2 } });
  const { tree } = place.osf;
  const parent = ['2026', '03', '10'].reduce((above, name) => tree.makeFolder(above, name), tree.root);
  tree.makeFolder(parent, '2026-03-10_00_IDs.txt.xz');
  const { uploaded, left, trouble } = await place.once();
  assert.equal([uploaded, left, trouble?.kind], [2, 1, 'blocked']);
  assert.match(trouble?.message ?? '', 'the name 2026-03-10_00_IDs.txt.xz, wanted for a file, is taken by a folder');
  assert.match(trouble?.remedy ?? '', 'Rename or remove');
});

test('a file of somebody’s that has a folder’s name is told, and keeps no other month waiting', async () => {
  await using place = await scene();
  writeDay(place.vault, { day: '2026-02-10' }, allHours('2026-02-10', 1));
  writeDay(place.vault, { day }, { '00': { ids: 1 } });
  const { tree } = place.osf;
  tree.write(tree.makeFile(tree.makeFolder(tree.root, '2026'), '02'), Buffer.from('notes'), 0);
  const { uploaded, left, trouble } = await place.once();
  assert.equal([uploaded, left, trouble?.kind], [2, 25, 'blocked']);
  assert.ok(place.osf.requests.length < 12, `${place.osf.requests.length} requests`);
  assert.match(trouble?.message ?? '', 'the name 02, wanted for a folder, is taken by a file');
});

test('a folder is found on a later page of a long listing, among names that only contain its own', async () => {
  await using place = await scene();
  const { tree } = place.osf;
  for (let index = 0; index < 10; index++) tree.makeFolder(tree.root, `old-2026-${index}`);
  tree.makeFolder(tree.root, '2026');
  writeDay(place.vault, { day }, { '00': { ids: 1 } });
  assert.is((await place.once()).left, 0);
  assert.is([...(tree.root.children?.keys() ?? [])].length, 11);
});

test('a day that lies on another disk, with a link in its place, is published as well', async () => {
  await using place = await scene();
  writeDay(place.vault, { day }, { '00': { ids: 1 } });
  const elsewhere = join(place.folder, 'another-disk');
  mkdirSync(elsewhere);
  renameSync(join(place.vault, day), join(elsewhere, day));
  symlinkSync(join(elsewhere, day), join(place.vault, day));
  symlinkSync(join(elsewhere, 'nowhere'), join(place.vault, '2026-03-09'));
  writeFileSync(join(place.vault, '2026-03-08'), 'no folder at all');
  assert.equal(await place.once(), { uploaded: 2, left: 0 });
});

test('days of the older system, which have no receipts, stay where they are', async () => {
  await using place = await scene();
  mkdirSync(join(place.vault, day), { recursive: true });
  const sums = ['2026-03-10_00_IDs.txt.xz', '2026-03-10_report.txt'].map((name) => `${'0'.repeat(64)}  ${name}\n`);
  writeFileSync(join(place.vault, day, 'SHA256SUMS'), sums.join(''));
  assert.equal(await place.once(), { uploaded: 0, left: 0 });
});

test('an hour and a report that change while they are being uploaded are uploaded again', async () => {
  let changes = 0;
  await using place = await scene({
    fault: ({ path }) => {
      if (/kind=file&name=2026-03-10_(00_IDs|report)/.test(path))
        writeDay(place.vault, { day }, { '00': { ids: 10 + ++changes, generation: 1 + changes } });
      return undefined;
    },
  });
  writeDay(place.vault, { day }, { '00': { ids: 10 }, '01': { ids: 20 } });
  let passes = 0;
  while ((await place.once()).uploaded > 0) passes++;
  assert.equal([changes, passes], [2, 3]);
  for (const [path, content] of place.osf.tree.files())
    assert.ok(content.equals(readFileSync(place.local(path))), path);
});

test('a file whose sums are not written yet waits for the next pass, without an alert', async () => {
  await using place = await scene();
  writeDay(place.vault, { day }, { '00': { ids: 1 }, '01': { ids: 2 } });
  // The watch commits the hour first, and brings the sums up to date after that.
  writeFileSync(join(place.vault, day, '2026-03-10_00_IDs.txt.xz'), 'made again');
  place.world.clock.set(Date.now());
  const { left, trouble } = await place.once();
  assert.equal([left, trouble], [1, undefined]);
});

test('a clock that is set back makes no count smaller, and stops nothing', async () => {
  await using place = await scene({ more: 'monthly_ids = 1000\n' });
  writeDay(place.vault, { day }, { '00': { ids: 600 } });
  await place.once();
  place.world.clock.set(place.world.clock.now() - 5 * hourMs);
  writeDay(place.vault, { day }, { '01': { ids: 300 }, '02': { ids: 200 } });
  const { uploaded, stopped } = await place.once();
  assert.equal([uploaded, stopped?.given, stopped?.added], [2, 900, 200], 'an hour, and the report');
});

test('the 30 days go on from moment to moment, whatever the zone and the month', async () => {
  await using place = await scene({ more: 'monthly_ids = 1000\n' });
  place.world.clock.set(Date.parse('2026-01-31T23:30:00Z'));
  writeDay(place.vault, { day: '2026-01-30' }, { '00': { ids: 1000 } });
  await place.once();
  writeDay(place.vault, { day: '2026-01-31' }, { '00': { ids: 1 } });
  const heldAt = async (utc: string): Promise<boolean> => {
    place.world.clock.set(Date.parse(utc));
    return (await place.once()).stopped !== undefined;
  };
  assert.ok(await heldAt('2026-02-01T00:00:00Z'), 'a new month lifts nothing');
  assert.ok(await heldAt('2026-03-02T23:29:00Z'));
  assert.not.ok(await heldAt('2026-03-02T23:31:00Z'));
});

test('what went to another project counts as well', async () => {
  await using place = await scene({ more: 'monthly_ids = 1000\n' });
  writeDay(place.vault, { day }, { '00': { ids: 600 } });
  await place.once();
  renameSync(join(place.vault, '.publish', 'abc12_osfstorage'), join(place.vault, '.publish', 'other_osfstorage'));
  writeDay(place.vault, { day }, { '01': { ids: 500 } });
  const { stopped } = await place.once();
  assert.is(stopped?.given, 600);
});

test('a file that OSF never takes keeps no other waiting; three such in a row end the pass', async () => {
  await using place = await scene({ fault: ({ path }) => (/name=\S*_0[1-5]_IDs/.test(path) ? refusal : undefined) });
  let refusal: 'unavailable' | 'length-required' | undefined = 'length-required';
  writeDay(place.vault, { day: '2026-03-09' }, { '01': { ids: 1 }, '06': { ids: 1 } });
  writeDay(place.vault, { day }, { '00': { ids: 1 }, '01': { ids: 1 } });
  const { uploaded, left, trouble, isCutShort } = await place.once();
  assert.equal([uploaded, left, trouble?.kind, isCutShort], [4, 2, 'misunderstood', undefined]);
  refusal = 'unavailable';
  writeDay(place.vault, { day }, allHours(day, 1));
  assert.equal((await place.once()).isCutShort, true);
  refusal = undefined;
  assert.is((await place.once()).left, 0);
});

test('trouble before the file that the limit holds back does not say that IDs are published again', async () => {
  await using place = await scene({ more: 'monthly_ids = 1000\n' });
  writeDay(place.vault, { day }, allHours(day, 150));
  await place.once();
  writeDay(place.vault, { day }, { '00': { ids: 150, generation: 2 } });
  place.faults.push('quota');
  assert.is((await place.once()).trouble?.kind, 'full');
  const said = () => place.world.raised.filter(({ cause }) => cause === 'publishing-stopped').map(({ is }) => is);
  assert.equal(said(), ['raised']);
  place.world.clock.set(place.world.clock.now() + 31 * dayMs);
  await place.once();
  await place.once();
  assert.ok(said().includes('raised'));
});

test('IDs are published again although OSF never takes one of the files, and that is said', async () => {
  const fault = ({ path }: { path: string }) => (/name=\S*_01_IDs/.test(path) ? 'length-required' : undefined);
  await using place = await scene({ more: 'monthly_ids = 1000\n', fault });
  writeDay(place.vault, { day }, allHours(day, 100));
  assert.ok((await place.once()).stopped);
  const said = () => place.world.raised.filter(({ cause }) => cause === 'publishing-stopped').map(({ is }) => is);
  assert.equal(said(), ['raised']);
  for (let month = 1; month <= 2; month++) {
    place.world.clock.set(place.world.clock.now() + 31 * dayMs);
    await place.once();
  }
  assert.is((await place.once()).left, 1);
  assert.is(said().at(-1), 'ended');
});

test('a token that was replaced counts from the next pass on', async () => {
  await using place = await scene();
  writeDay(place.vault, { day }, { '00': { ids: 1 } });
  await place.once();
  const right = readFileSync(join(place.folder, 'token'), 'utf8');
  writeFileSync(join(place.folder, 'token'), 'expired\n', { mode: 0o600 });
  writeDay(place.vault, { day }, { '01': { ids: 1 } });
  assert.is((await place.once()).trouble?.kind, 'refused');
  writeFileSync(join(place.folder, 'token'), right, { mode: 0o600 });
  assert.is((await place.once()).left, 0);
});

test.run();
