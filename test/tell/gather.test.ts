import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { alertCauses, alertTitles } from '../../src/domain/alert.ts';
import { hourMs, minuteMs } from '../../src/domain/time.ts';
import type { Disk } from '../../src/outside/disk.ts';
import { type Gathering, openGathering } from '../../src/tell/gather.ts';
import { type Outbox, outboxAt } from '../../src/tell/outbox.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { type TestWorld, testWorld } from '../support/test-world.ts';

const test = suite('gather');

interface Scene {
  readonly folder: string;
  readonly world: TestWorld;
  readonly outbox: Outbox;
  open(service?: string): Promise<Gathering>;
  subjects(): Promise<string[]>;
}

function scene(startMs?: number): Scene {
  const folder = temporaryFolder();
  const world = testWorld(startMs);
  const outbox = outboxAt(world.disk, folder);
  return {
    folder,
    world,
    outbox,
    open: (service = 'ingest') =>
      openGathering({ world, folder, outbox, speaker: { server: 2, service }, zone: 'CET', ring: () => {} }),
    subjects: async () => (await outbox.told(() => true)).map(({ subject }) => subject),
  };
}

test('each cause has a message that names it, tells since when, and what to do', async () => {
  const { open, outbox } = scene();
  const gathering = await open();
  for (const cause of alertCauses)
    gathering.raise(cause, `The ${cause} happened; nothing is lost. Look there.`, { path: '/x' });
  await gathering.turn();
  const messages = await outbox.told(() => true);
  assert.is(messages.length, alertCauses.length);
  for (const cause of alertCauses) {
    const message = messages.find(({ data }) => data?.['cause'] === cause);
    assert.is(message?.subject, `[streamvault 2] ${alertTitles[cause]}`);
    assert.match(
      message?.text ?? '',
      `The ${cause} happened; nothing is lost. Look there.\n\nSince: 2026-03-10 13:00:00 UTC\n\npath: /x\n`,
    );
  }
});

test('trouble with one way is told by the others only', async () => {
  const { open, outbox } = scene();
  const gathering = await open();
  gathering.raise('mail-failing', 'No mail.');
  gathering.raise('hook-failing', 'No hook.');
  gathering.raise('disk-full', 'No room.');
  await gathering.turn();
  const ways = (await outbox.told(() => true)).map(({ data, ways }) => `${data?.['cause']}: ${ways.join(' ')}`);
  assert.equal(ways.sort(), ['disk-full: mail command webhook', 'hook-failing: mail', 'mail-failing: command webhook']);
});

test('a service that is started anew every few minutes tells the same trouble once', async () => {
  const { open, world, subjects } = scene();
  for (let start = 0; start < 10; start++) {
    const gathering = await open();
    gathering.raise('partner-unreachable', 'Server 1 does not answer.');
    await gathering.turn();
    await world.clock.pass(5 * minuteMs);
  }
  assert.equal(await subjects(), ['[streamvault 2] partner unreachable']);
});

test('the end of a cause is known after a restart, and told when it has stayed quiet', async () => {
  const { open, world, outbox, subjects } = scene();
  const first = await open();
  first.raise('partner-unreachable', 'Server 1 does not answer.');
  await first.turn();
  await world.clock.pass(5 * minuteMs);
  first.end('partner-unreachable', 'Server 1 answers again.');
  await first.turn();
  await world.clock.pass(11 * minuteMs);
  await (await open()).turn();
  assert.equal(await subjects(), ['[streamvault 2] partner unreachable', '[streamvault 2] over: partner unreachable']);
  const [began, over] = await outbox.told(() => true);
  assert.is(over?.answers, began?.id);
  assert.match(
    over?.text ?? '',
    'Server 1 answers again.\n\nSince: 2026-03-10 13:00:00 UTC\nUntil: 2026-03-10 13:05:00 UTC (5 min)',
  );
});

test('a kill between the message and the state tells nothing twice', async () => {
  const { folder, open, subjects } = scene();
  const gathering = await open();
  gathering.raise('stream-ended', 'It ended.');
  await gathering.turn();
  writeFileSync(join(folder, 'ingest.alerts.json'), '[]\n');
  const again = await open();
  again.raise('stream-ended', 'It ended.');
  await again.turn();
  assert.equal(await subjects(), ['[streamvault 2] stream ended']);
});

test('the day of an alert is the vault’s day', async () => {
  const { open, world, outbox } = scene(Date.parse('2026-03-10T22:30:00Z'));
  const gathering = await open();
  gathering.raise('disk-filling', 'It fills.');
  await gathering.turn();
  await world.clock.pass(hourMs);
  await gathering.turn();
  assert.equal(await outbox.names(), [
    '2026-03-10_ingest_disk-filling_1_began',
    '2026-03-11_ingest_disk-filling_1_lasts',
  ]);
});

test('two services of one server tell each for itself', async () => {
  const { open, subjects } = scene();
  for (const service of ['ingest', 'watch']) {
    const gathering = await open(service);
    gathering.raise('disk-full', `No room for ${service}.`);
    await gathering.turn();
  }
  assert.is((await subjects()).length, 2);
});

test('a damaged state file is told in the log and stops nothing', async () => {
  const { folder, world, open, subjects } = scene();
  writeFileSync(join(folder, 'ingest.alerts.json'), '[{"cau');
  const gathering = await open();
  gathering.raise('stream-ended', 'It ended.');
  await gathering.turn();
  assert.is((await subjects()).length, 1);
  assert.ok(world.said.some(({ event }) => event === 'alert-state.unreadable'));
});

test('a folder that is closed to this user stops nothing: alerts are told from memory, and the log says why they are not kept', async () => {
  const { folder, world } = scene();
  const closed = (): Promise<never> =>
    Promise.reject(Object.assign(new Error('EACCES: permission denied'), { code: 'EACCES' }));
  const disk = { ...world.disk, facts: closed, read: closed, write: closed };
  const setting = { folder, outbox: undefined, speaker: { server: 2, service: 'ingest' }, zone: 'CET', ring: () => {} };
  const gathering = await openGathering({ ...setting, world: { ...world, disk } });
  gathering.raise('disk-full', 'No room.');
  await gathering.turn();
  assert.equal(
    world.said.map(({ level, event }) => `${level} ${event}`),
    ['error alert-state.unreadable', 'error alert.raised', 'warn alert-state.not-written'],
  );
  assert.match(String(world.said[0]?.facts['reason']), 'permission denied');
});

/** A service that told of trouble yesterday, and begins today while its folder of alerts is closed to it. */
async function closedAtStart(): Promise<Scene & { readonly gathering: Gathering; letIn(): void }> {
  const made = scene();
  const { folder, world, open, outbox } = made;
  const first = await open();
  first.raise('disk-full', 'No room.');
  await first.turn();
  let isClosed = true;
  const refuse = (): Promise<never> => Promise.reject(Object.assign(new Error('EACCES'), { code: 'EACCES' }));
  const disk: Disk = {
    ...world.disk,
    facts: (path) => (isClosed ? refuse() : world.disk.facts(path)),
    read: (path) => (isClosed ? refuse() : world.disk.read(path)),
  };
  const speaker = { server: 2, service: 'ingest' };
  const setting = { folder, outbox, speaker, zone: 'CET', ring: () => {}, world: { ...world, disk } };
  return { ...made, gathering: await openGathering(setting), letIn: () => void (isClosed = false) };
}
const eventsOf = ({ said }: TestWorld): string[] =>
  said.map(({ event }) => event).filter((event) => event.startsWith('alert-state'));
const [began, over] = ['[streamvault 2] disk full', '[streamvault 2] over: disk full'];

test('the end of a cause that could not be remembered at the start is told, once it can', async () => {
  const { world, gathering, letIn, subjects, open, outbox } = await closedAtStart();
  await world.clock.pass(5 * minuteMs);
  gathering.end('disk-full', 'There is room.');
  for (let minute = 0; minute < 20; minute++) {
    await gathering.turn();
    await world.clock.pass(minuteMs);
    if (minute === 9) gathering.end('disk-full', 'There is room still.');
  }
  assert.equal(await subjects(), [began], 'nobody knows yet that anything was told');
  letIn();
  await gathering.turn();
  assert.equal(await subjects(), [began, over]);
  const last = (await outbox.told(() => true)).at(-1);
  assert.match(last?.text ?? '', 'There is room.\n\nSince: 2026-03-10 13:00:00 UTC\nUntil: 2026-03-10 13:05:00 UTC');
  await (await open()).turn();
  assert.equal(await subjects(), [began, over]);
  assert.equal(eventsOf(world), ['alert-state.unreadable', 'alert-state.recalled']);
});

test('a cause that lasts since before a start that could not remember it is told once, and its end is', async () => {
  const { world, gathering, letIn, subjects, open } = await closedAtStart();
  gathering.raise('disk-full', 'No room still.');
  letIn();
  await gathering.turn();
  assert.equal(await subjects(), [began]);
  gathering.end('disk-full', 'There is room.');
  await world.clock.pass(11 * minuteMs);
  await (await open()).turn();
  assert.equal(await subjects(), [began], 'what ends is kept by the next turn');
  await gathering.turn();
  assert.equal(await subjects(), [began, over]);
});

test('what nobody could remember, and nobody said to be over, lasts', async () => {
  const { gathering, letIn, world, subjects } = await closedAtStart();
  letIn();
  await gathering.turn();
  await world.clock.pass(11 * minuteMs);
  await gathering.turn();
  assert.equal(await subjects(), [began]);
  gathering.end('disk-full', 'There is room.');
  await world.clock.pass(11 * minuteMs);
  await gathering.turn();
  assert.equal(await subjects(), [began, over]);
});

test('what is remembered is not written over while it cannot be read', async () => {
  const { folder, gathering, world, subjects, letIn } = await closedAtStart();
  const before = readFileSync(join(folder, 'ingest.alerts.json'), 'utf8');
  gathering.raise('no-data', 'No data.');
  await gathering.turn();
  assert.is(readFileSync(join(folder, 'ingest.alerts.json'), 'utf8'), before);
  assert.ok(eventsOf(world).includes('alert-state.not-written'));
  letIn();
  await gathering.turn();
  const kept = JSON.parse(readFileSync(join(folder, 'ingest.alerts.json'), 'utf8')) as { cause: string }[];
  assert.equal(kept.map(({ cause }) => cause).sort(), ['disk-full', 'no-data']);
  assert.equal((await subjects()).length, 2);
});

test('the log has each beginning and each end once, whatever is repeated', async () => {
  const { open, world } = scene();
  const gathering = await open();
  for (let count = 0; count < 5; count++) gathering.raise('no-data', `No data for ${count} min.`);
  for (let count = 0; count < 5; count++) gathering.end('no-data', 'Data again.');
  assert.equal(
    world.said.map(({ event }) => event),
    ['alert.raised', 'alert.ended'],
  );
});

test.run();
