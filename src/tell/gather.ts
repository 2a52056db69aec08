// Gathering: alerts of one service become one message per cause and day, and one when it is over, also across restarts.
// Takes what stages raise and end; leaves log events, messages in the outbox, and `SERVICE.alerts.json` that remembers.
import { join } from 'node:path';
import type { AlertCause, Alerts } from '../domain/alert.ts';
import { type Speaker, tellingMessage } from '../domain/message.ts';
import { describeError } from '../domain/operator-error.ts';
import {
  type Telling,
  type Trouble,
  afterEnd,
  afterRaise,
  afterTelling,
  isBeginning,
  isForgotten,
  tellingDue,
} from '../domain/telling.ts';
import { hourOf, minuteOf } from '../domain/time.ts';
import { type Disk, takesNothing } from '../outside/disk.ts';
import type { World } from '../outside/world.ts';
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
  const { world, ring } = setting;
  const { clock, log } = world;
  const troubles = await readState(setting);
  let kept = stateText(troubles);
  let queue = Promise.resolve();

  async function turn(): Promise<void> {
    const nowMs = clock.now();
    const today = hourOf(minuteOf(nowMs), setting.zone).day;
    for (const trouble of troubles.values()) {
      const telling = tellingDue(trouble, { nowMs, today });
      if (telling === undefined) continue;
      const { name } = await tell(setting, trouble, telling);
      // What was raised meanwhile is in the map and must stay there.
      troubles.set(
        trouble.cause,
        afterTelling(troubles.get(trouble.cause) ?? trouble, telling, { name, seen: trouble }),
      );
    }
    for (const trouble of troubles.values()) if (isForgotten(trouble, today)) troubles.delete(trouble.cause);
    const text = stateText(troubles);
    if (text !== kept) await keep(setting, text);
    kept = text;
  }

  return {
    raise(cause, sentence, facts = {}) {
      const before = troubles.get(cause);
      troubles.set(cause, afterRaise(before, { cause, sentence, facts, nowMs: clock.now() }));
      if (!isBeginning(before, { cause, sentence })) return;
      log.error('alert.raised', { cause, sentence, ...facts });
      ring();
    },
    end(cause, sentence) {
      const before = troubles.get(cause);
      if (!before?.isActive) return;
      troubles.set(cause, afterEnd(before, sentence, clock.now()));
      log.info('alert.ended', { cause, sentence });
      ring();
    },
    turn: () => (queue = queue.catch(() => {}).then(turn)),
  };
}

async function tell(setting: GatheringSetting, trouble: Trouble, telling: Telling): Promise<{ name: string }> {
  const { speaker, outbox, world } = setting;
  const message = tellingMessage(trouble, telling, { speaker, nowMs: world.clock.now() });
  if (outbox === undefined) return message;
  const [began] = telling.kind === 'began' ? [] : await outbox.told((name) => name === trouble.told?.name);
  await outbox.add({ ...message, ...(began && { answers: began.id }) });
  return message;
}

const statePath = ({ folder, speaker }: GatheringSetting): string => join(folder, `${speaker.service}.alerts.json`);

/** `lastMs` alone is not worth a write: a stage may repeat itself at every pass. */
const stateText = (troubles: ReadonlyMap<AlertCause, Trouble>): string =>
  JSON.stringify([...troubles.values()].map(({ lastMs: _lastMs, ...rest }) => rest));

async function readState(setting: GatheringSetting): Promise<Map<AlertCause, Trouble>> {
  const { disk, log } = setting.world;
  const path = statePath(setting);
  try {
    if ((await disk.facts(path)) === undefined) return new Map();
    const troubles = JSON.parse((await disk.read(path)).toString()) as Trouble[];
    return new Map(troubles.map((trouble) => [trouble.cause, { ...trouble, lastMs: trouble.sinceMs }]));
  } catch (error) {
    // A stage is worth more than what is remembered of its alerts: at worst one is told again, or its end is not.
    log.error('alert-state.unreadable', { path, reason: describeError(error) });
    return new Map();
  }
}

/** What all services of a server remember of their alerts; for the status. Throws for a file that is none of theirs. */
export async function readTroubles(disk: Disk, folder: string): Promise<Trouble[]> {
  const found: Trouble[] = [];
  for (const { name } of await disk.list(folder)) {
    if (!name.endsWith('.alerts.json') || name.startsWith('.')) continue;
    const path = join(folder, name);
    const troubles: unknown = JSON.parse((await disk.read(path)).toString());
    if (!Array.isArray(troubles) || !troubles.every(isTrouble)) throw new Error(`${path} is damaged`);
    found.push(...troubles);
  }
  return found;
}

const isTrouble = (value: unknown): value is Trouble =>
  typeof value === 'object' && value !== null && 'cause' in value && 'sentence' in value && 'isActive' in value;

async function keep(setting: GatheringSetting, text: string): Promise<void> {
  const { disk, log } = setting.world;
  try {
    await disk.makeFolder(setting.folder);
    await disk.write(statePath(setting), `${text}\n`);
  } catch (error) {
    if (!takesNothing(error)) throw error;
    // Known in memory all the same; the next change is written again.
    log.warn('alert-state.not-written', { reason: String(error) });
  }
}
