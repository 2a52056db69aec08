import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Message, MessageWay } from '../../src/domain/message.ts';
import { dayMs, minuteMs } from '../../src/domain/time.ts';
import { NotDelivered, type Patience, type Way, deliverWaiting, nextTryMs } from '../../src/tell/deliver.ts';
import { outboxAt } from '../../src/tell/outbox.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { testWorld } from '../support/test-world.ts';

const test = suite('deliver');

interface KeptWay extends Way {
  readonly delivered: string[];
  readonly tries: string[];
  refuse: (message: Message, receiver: string) => 'way' | 'message' | undefined;
}

/** A way that keeps what it delivered, and refuses what `refuse` names. */
function keptWay(way: MessageWay, receivers: readonly string[] = [way]): KeptWay {
  const kept: KeptWay = {
    way,
    receivers,
    delivered: [],
    tries: [],
    refuse: () => undefined,
    async deliver(message, receiver) {
      kept.tries.push(`${message.name} ${receiver}`);
      const of = kept.refuse(message, receiver);
      if (of) throw new NotDelivered(of, 'It refused.');
      kept.delivered.push(`${message.name} ${receiver}`);
    },
  };
  return kept;
}

function scene(...ways: Way[]) {
  const world = testWorld();
  const outbox = outboxAt(world.disk, temporaryFolder());
  const patience: Patience = new Map();
  const proven = new Set<MessageWay>();
  const add = (name: string, messageWays: MessageWay[] = ['mail', 'command', 'webhook']): Promise<string> =>
    outbox.add({ name, atMs: world.clock.now(), ways: messageWays, subject: name, text: name });
  const pass = async (): Promise<number> => (await deliverWaiting({ world, outbox, ways, patience, proven })).length;
  return { world, outbox, add, patience, pass };
}

test('a message goes once by each configured way to each receiver', async () => {
  const mail = keptWay('mail', ['a@x', 'b@x']);
  const command = keptWay('command');
  const { add, pass } = scene(mail, command);
  await add('one');
  await add('two', ['mail']);
  assert.is(await pass(), 0);
  assert.is(await pass(), 0);
  assert.equal(mail.delivered, ['one a@x', 'one b@x', 'two a@x', 'two b@x']);
  assert.equal(command.delivered, ['one command']);
});

test('while a way is down nothing is tried on it but one message at growing intervals, and all arrive in order afterwards', async () => {
  const mail = keptWay('mail', ['a@x']);
  const { world, add, pass } = scene(mail);
  for (const name of ['1', '2', '3']) {
    await add(name);
    await world.clock.pass(1);
  }
  mail.refuse = () => 'way';
  for (let minute = 0; minute < 120; minute++) {
    assert.is(await pass(), 3);
    await world.clock.pass(minuteMs);
  }
  assert.ok(mail.tries.length >= 10 && mail.tries.length <= 13, `${mail.tries.length} tries in two hours`);
  assert.equal(world.raised.map(({ is, cause }) => `${is} ${cause}`).slice(0, 1), ['raised mail-failing']);
  mail.refuse = () => undefined;
  await world.clock.pass(15 * minuteMs);
  assert.is(await pass(), 0);
  assert.equal(mail.delivered, ['1 a@x', '2 a@x', '3 a@x']);
  assert.is(world.raised.at(-1)?.is, 'ended');
});

test('a command that works does not end the alert of a webhook that fails, also after a restart; the webhook does', async () => {
  const command = keptWay('command');
  const webhook = keptWay('webhook');
  const before = scene(command, webhook);
  webhook.refuse = () => 'way';
  const raised = ({ world }: typeof before): string[] => world.raised.map(({ is, cause }) => `${is} ${cause}`);
  for (let minute = 0; minute < 60; minute++) {
    if (minute % 10 === 0) await before.add(`message-${minute}`);
    await before.pass();
    await before.world.clock.pass(minuteMs);
  }
  assert.ok(
    raised(before).length > 0 && raised(before).every((one) => one === 'raised hook-failing'),
    raised(before).join(),
  );

  const after = scene(command, webhook);
  await after.add('first-after-the-start');
  await after.pass();
  assert.equal(raised(after), []);
  webhook.refuse = () => undefined;
  await after.world.clock.pass(15 * minuteMs);
  assert.is(await after.pass(), 0);
  assert.equal(raised(after), ['ended hook-failing']);
});

test('the next try is when both the way and the message have rested', async () => {
  const mail = keptWay('mail', ['a@x']);
  const { world, outbox, patience, add, pass } = scene(mail);
  const next = async (): Promise<number | undefined> =>
    nextTryMs({ ways: [mail], patience }, await outbox.waiting(() => {}));
  assert.is(await next(), undefined);
  await add('refused');
  assert.is(await next(), 0);
  mail.refuse = () => 'message';
  await pass();
  const refusedMs = world.clock.monotonic();
  assert.is(await next(), refusedMs + 5 * minuteMs);
  await world.clock.pass(5 * minuteMs);
  mail.refuse = () => 'way';
  await pass();
  assert.is(await next(), world.clock.monotonic() + 30_000, 'the message has rested, the way has not');
});

test('a clock that was years ahead and is set back keeps no message waiting until then', async () => {
  const mail = keptWay('mail', ['a@x']);
  const { world, add, pass } = scene(mail);
  world.clock.step(4 * 365 * dayMs);
  mail.refuse = () => 'way';
  await add('one');
  await pass();
  world.clock.step(-4 * 365 * dayMs);
  mail.refuse = () => undefined;
  await world.clock.pass(30_000);
  assert.is(await pass(), 0);
  assert.equal(mail.delivered, ['one a@x']);
});

test('trouble of a few minutes is nobody’s concern', async () => {
  const mail = keptWay('mail', ['a@x']);
  const { world, add, pass } = scene(mail);
  await add('one');
  mail.refuse = () => 'way';
  for (let minute = 0; minute < 8; minute++) {
    await pass();
    await world.clock.pass(minuteMs);
  }
  assert.not.ok(world.raised.some(({ is }) => is === 'raised'));
});

test('a receiver that is refused keeps no other receiver and no other message waiting', async () => {
  const mail = keptWay('mail', ['gone@x', 'a@x']);
  const { world, outbox, add, pass } = scene(mail);
  await add('one');
  await add('two');
  mail.refuse = (_message, receiver) => (receiver === 'gone@x' ? 'message' : undefined);
  assert.is(await pass(), 2);
  assert.equal(mail.delivered, ['one a@x', 'two a@x']);
  assert.ok(world.raised.some(({ is, sentence }) => is === 'raised' && sentence.includes('gone@x')));
  mail.refuse = () => undefined;
  await world.clock.pass(6 * minuteMs);
  assert.is(await pass(), 0);
  assert.equal(mail.delivered, ['one a@x', 'two a@x', 'one gone@x', 'two gone@x']);
  assert.equal((await outbox.names()).sort(), ['one', 'two']);
  assert.is(world.raised.at(-1)?.is, 'ended');
});

test('who has a message is on disk before the next receiver is tried, so that a stop between them doubles nothing', async () => {
  const mail = keptWay('mail', ['a@x', 'b@x']);
  const first = scene(mail);
  await first.add('one');
  const failing: Way = {
    ...mail,
    deliver: async (message, receiver, signal) => {
      if (receiver === 'b@x') throw new Error('the process ends here');
      await mail.deliver(message, receiver, signal);
    },
  };
  const dying = {
    world: first.world,
    outbox: first.outbox,
    ways: [failing],
    patience: new Map(),
    proven: new Set<never>(),
  };
  const ending = await deliverWaiting(dying).catch(String);
  assert.is(ending, 'Error: the process ends here');
  await first.pass();
  assert.equal(mail.delivered, ['one a@x', 'one b@x']);
});

test('a way that is configured no longer holds nothing back', async () => {
  const command = keptWay('command');
  const { add, pass, outbox } = scene(command);
  await add('one');
  await pass();
  assert.equal(await outbox.names(), ['one']);
  assert.equal(await outbox.waiting(() => {}), []);
});

test.run();
