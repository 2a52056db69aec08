// Gathering: alerts of one service become one message per cause and day, and one when it is over, also across restarts.
// Takes what stages raise and end; leaves log events, messages in the outbox, and a memory of them on disk.
import type { AlertCause, Alerts } from '../domain/alert.ts';
import { type Speaker, tellingMessage } from '../domain/message.ts';
import {
  type Telling,
  type Trouble,
  afterEnd,
  afterRaise,
  afterRecall,
  afterTelling,
  isBeginning,
  isForgotten,
  tellingDue,
} from '../domain/telling.ts';
import { hourOf, minuteOf } from '../domain/time.ts';
import type { World } from '../outside/world.ts';
import { AlertMemory } from './alert-memory.ts';
import type { Outbox } from './outbox.ts';

export interface Gathering extends Alerts {
  /** Tells what is due. Stages' words are gathered at once; this turns them into messages. Never two at a time. */
  turn(): Promise<void>;
}

export interface GatheringSetting {
  readonly world: Omit<World, 'alerts'>;
  /** Where the state is kept, beside the outbox. */
  readonly folder: string;
  /** undefined where no way to people is configured: the log is all there is. */
  readonly outbox: Outbox | undefined;
  readonly speaker: Speaker;
  readonly zone: string;
  /** Called when something was raised or ended, so that `turn` is called soon. */
  readonly ring: () => void;
}

export async function openGathering(setting: GatheringSetting): Promise<Gathering> {
  const gatherer = new Gatherer(setting);
  await gatherer.recall();
  return gatherer;
}

class Gatherer implements Gathering {
  readonly #setting: GatheringSetting;
  readonly #memory: AlertMemory;
  readonly #troubles = new Map<AlertCause, Trouble>();
  /** What was said to be over before anybody knew whether it was there: a stage may say so only once. */
  readonly #overs = new Map<AlertCause, { readonly sentence: string; readonly atMs: number }>();
  #queue = Promise.resolve();

  constructor(setting: GatheringSetting) {
    this.#setting = setting;
    this.#memory = new AlertMemory(setting);
  }

  async recall(): Promise<void> {
    const troubles = this.#troubles;
    for (const remembered of await this.#memory.recall()) {
      const { cause } = remembered;
      troubles.set(cause, afterRecall(remembered, { trouble: troubles.get(cause), over: this.#overs.get(cause) }));
    }
    if (this.#memory.isRecalled) this.#overs.clear();
  }

  raise(...[cause, sentence, facts = {}]: Parameters<Alerts['raise']>): void {
    const { world, ring } = this.#setting;
    const before = this.#troubles.get(cause);
    this.#troubles.set(cause, afterRaise(before, { cause, sentence, facts, nowMs: world.clock.now() }));
    if (!isBeginning(before, { cause, sentence })) return;
    world.log.error('alert.raised', { cause, sentence, ...facts });
    ring();
  }

  end(cause: AlertCause, sentence: string): void {
    const { world, ring } = this.#setting;
    const atMs = world.clock.now();
    const before = this.#troubles.get(cause);
    if (!this.#memory.isRecalled && !before && !this.#overs.has(cause)) this.#overs.set(cause, { sentence, atMs });
    if (!before?.isActive) return;
    this.#troubles.set(cause, afterEnd(before, sentence, atMs));
    world.log.info('alert.ended', { cause, sentence });
    ring();
  }

  turn(): Promise<void> {
    return (this.#queue = this.#queue.catch(() => {}).then(() => this.#turn()));
  }

  async #turn(): Promise<void> {
    await this.recall();
    const troubles = this.#troubles;
    const nowMs = this.#setting.world.clock.now();
    const today = hourOf(minuteOf(nowMs), this.#setting.zone).day;
    for (const trouble of troubles.values()) {
      const telling = tellingDue(trouble, { nowMs, today });
      if (telling === undefined) continue;
      const { name } = await tell(this.#setting, trouble, telling);
      // What was raised meanwhile is in the map and must stay there.
      const newest = troubles.get(trouble.cause) ?? trouble;
      troubles.set(trouble.cause, afterTelling(newest, telling, { name, seen: trouble }));
    }
    for (const trouble of troubles.values()) if (isForgotten(trouble, today)) troubles.delete(trouble.cause);
    await this.#memory.keep([...troubles.values()]);
  }
}

async function tell(setting: GatheringSetting, trouble: Trouble, telling: Telling): Promise<{ name: string }> {
  const { speaker, outbox, world } = setting;
  const message = tellingMessage(trouble, telling, { speaker, nowMs: world.clock.now() });
  if (outbox === undefined) return message;
  const [began] = telling.kind === 'began' ? [] : await outbox.told((name) => name === trouble.told?.name);
  await outbox.add({ ...message, ...(began && { answers: began.id }) });
  return message;
}
