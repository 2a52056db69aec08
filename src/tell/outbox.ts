// The outbox: messages that wait until they have reached people, and the names of those that have.
// Takes messages; leaves `outbox/NAME.json` until each way has proof, then `sent/NAME.json`. A rename is the commit point.
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { Message } from '../domain/message.ts';
import { dayMs } from '../domain/time.ts';
import { type Disk, hasCode, takesNothing } from '../outside/disk.ts';

/** A message that waits, and which receivers have it: `mail ADDRESS`, `command`, `webhook`. */
export interface Waiting {
  readonly message: Message;
  readonly reached: readonly string[];
}

export interface Outbox {
  /** Puts a message in unless one of that name waits or was sent; resolves to the id of the one that stands. */
  add(message: Omit<Message, 'id'>): Promise<string>;
  /** Those that wait, oldest first. Files that cannot be read are left where they are, and named to `damaged`. */
  waiting(damaged: (path: string) => void): Promise<Waiting[]>;
  /** Records that more receivers have the message. */
  record(waiting: Waiting): Promise<void>;
  /** The message has reached everybody. */
  finish(name: string): Promise<void>;
  /** Messages sent or waiting whose names `isWanted`, oldest first. */
  told(isWanted: (name: string) => boolean): Promise<Message[]>;
  /** Names of messages that wait or were sent. */
  names(): Promise<string[]>;
  /** Forgets what was sent long ago. */
  prune(nowMs: number): Promise<void>;
}

/** Longer than any name is looked for: alerts look back a day, reports a week. */
const keptMs = 60 * dayMs;
const ending = '.json';

/** `folder` is absolute; it is made when the first message comes. */
export function outboxAt(disk: Disk, folder: string): Outbox {
  const rooms: Rooms = {
    disk,
    outbox: join(folder, 'outbox'),
    sent: join(folder, 'sent'),
    unwritten: new Map(),
    sentUnwritten: new Map(),
    reachedUnwritten: new Map(),
    settling: undefined,
  };
  return {
    add: (message) => add(rooms, message),
    waiting: (damaged) => waitingIn(rooms, damaged),
    record: (waiting) => record(rooms, waiting),
    finish: (name) => finish(rooms, name),
    told: (isWanted) => told(rooms, isWanted),
    names: () => names(rooms),
    prune: (nowMs) => prune(rooms, nowMs),
  };
}

/**
 * That the disk is full must be told although it is full, and so must all else where the folder is closed to us: such messages, those of
 * them that were sent, and who has the others, wait in memory until it takes them.
 */
interface Rooms {
  readonly disk: Disk;
  readonly outbox: string;
  readonly sent: string;
  readonly unwritten: Map<string, Waiting>;
  /** Forgotten, they would be told again: a day's report each minute until there is room. */
  readonly sentUnwritten: Map<string, Waiting>;
  readonly reachedUnwritten: Map<string, Waiting['reached']>;
  settling: Promise<void> | undefined;
}

const pathIn = (room: string, name: string): string => join(room, name + ending);

async function write({ disk, outbox, sent }: Rooms, room: 'outbox' | 'sent', waiting: Waiting): Promise<void> {
  await disk.makeFolder(outbox);
  await disk.makeFolder(sent);
  const path = pathIn(room === 'outbox' ? outbox : sent, waiting.message.name);
  await disk.write(path, `${JSON.stringify(waiting, null, 1)}\n`);
}

/** Writes what was sent while the disk had no room, if it has any now. */
function settle(rooms: Rooms): Promise<void> {
  rooms.settling ??= writeAll(rooms, 'sent', rooms.sentUnwritten).finally(() => void (rooms.settling = undefined));
  return rooms.settling;
}

async function writeAll(rooms: Rooms, room: 'outbox' | 'sent', from: Map<string, Waiting>): Promise<void> {
  for (const [name, waiting] of from) {
    if (!(await isWritten(rooms, room, waiting))) return;
    from.delete(name);
  }
}

/** False where the disk takes nothing; throws what else it has. */
async function isWritten(rooms: Rooms, room: 'outbox' | 'sent', waiting: Waiting): Promise<boolean> {
  try {
    // It may wait there still, where the folder was closed when it was sent.
    if (room === 'sent') await rooms.disk.remove(pathIn(rooms.outbox, waiting.message.name));
    await write(rooms, room, waiting);
    return true;
  } catch (error) {
    if (takesNothing(error)) return false;
    throw error;
  }
}

async function add(rooms: Rooms, message: Omit<Message, 'id'>): Promise<string> {
  const { disk, outbox, sent, unwritten, sentUnwritten } = rooms;
  const { name } = message;
  // In this order: whoever delivers moves it from the first to the second meanwhile.
  const standing =
    unwritten.get(name) ??
    sentUnwritten.get(name) ??
    (await read(disk, pathIn(outbox, name))) ??
    (await read(disk, pathIn(sent, name)));
  if (standing !== undefined && standing !== 'damaged') return standing.message.id;
  const waiting = { message: { ...message, id: randomUUID() }, reached: [] };
  if (!(await isWritten(rooms, 'outbox', waiting))) unwritten.set(name, waiting);
  return waiting.message.id;
}

async function waitingIn(rooms: Rooms, damaged: (path: string) => void): Promise<Waiting[]> {
  const { disk, outbox, unwritten, sentUnwritten, reachedUnwritten } = rooms;
  await settle(rooms);
  await writeAll(rooms, 'outbox', unwritten);
  const found = [...unwritten.values()];
  for (const name of await namesIn(disk, outbox)) {
    if (sentUnwritten.has(name)) continue;
    const waiting = await read(disk, pathIn(outbox, name));
    if (waiting === 'damaged') damaged(pathIn(outbox, name));
    else if (waiting !== undefined) found.push({ ...waiting, reached: reachedUnwritten.get(name) ?? waiting.reached });
  }
  return found.sort((a, b) => a.message.atMs - b.message.atMs || (a.message.name < b.message.name ? -1 : 1));
}

async function record(rooms: Rooms, waiting: Waiting): Promise<void> {
  const { unwritten, reachedUnwritten } = rooms;
  const { name } = waiting.message;
  if (unwritten.has(name)) return void unwritten.set(name, waiting);
  if (await isWritten(rooms, 'outbox', waiting)) reachedUnwritten.delete(name);
  else reachedUnwritten.set(name, waiting.reached);
}

async function finish(rooms: Rooms, name: string): Promise<void> {
  const { unwritten, sentUnwritten, reachedUnwritten } = rooms;
  const kept = unwritten.get(name) ?? (await immovable(rooms, name));
  if (kept !== undefined) sentUnwritten.set(name, kept);
  unwritten.delete(name);
  reachedUnwritten.delete(name);
  await settle(rooms);
}

/** Moves a message to those that were sent. Where the disk refuses, it is given back, to be known as sent: it would be sent at each pass. */
async function immovable({ disk, outbox, sent }: Rooms, name: string): Promise<Waiting | undefined> {
  try {
    await disk.rename(pathIn(outbox, name), pathIn(sent, name));
    return undefined;
  } catch (error) {
    const waiting = takesNothing(error) ? await read(disk, pathIn(outbox, name)) : undefined;
    if (waiting === undefined || waiting === 'damaged') throw error;
    return waiting;
  }
}

async function names(rooms: Rooms): Promise<string[]> {
  await settle(rooms);
  const { disk, outbox, sent, unwritten, sentUnwritten } = rooms;
  const written = [...(await namesIn(disk, outbox)), ...(await namesIn(disk, sent))];
  return [...new Set([...written, ...unwritten.keys(), ...sentUnwritten.keys()])];
}

async function told(rooms: Rooms, isWanted: (name: string) => boolean): Promise<Message[]> {
  const { disk, outbox, sent, unwritten, sentUnwritten } = rooms;
  const kept = [...unwritten.values(), ...sentUnwritten.values()].map(({ message }) => message);
  const found = kept.filter(({ name }) => isWanted(name));
  for (const room of [outbox, sent]) {
    for (const name of (await namesIn(disk, room)).filter(isWanted)) {
      if (sentUnwritten.has(name)) continue;
      const waiting = await read(disk, pathIn(room, name));
      if (waiting !== undefined && waiting !== 'damaged') found.push(waiting.message);
    }
  }
  return found.sort((a, b) => a.atMs - b.atMs);
}

async function prune({ disk, sent }: Rooms, nowMs: number): Promise<void> {
  for (const name of await namesIn(disk, sent)) {
    const waiting = await read(disk, pathIn(sent, name));
    const isOld = waiting !== undefined && (waiting === 'damaged' || waiting.message.atMs < nowMs - keptMs);
    if (isOld) await disk.remove(pathIn(sent, name));
  }
}

/** None where the folder is closed to us. */
async function namesIn(disk: Disk, room: string): Promise<string[]> {
  const entries = await disk.list(room).catch((error: unknown) => {
    if (takesNothing(error)) return [];
    throw error;
  });
  return entries
    .filter((entry) => !entry.isFolder && !entry.name.startsWith('.') && entry.name.endsWith(ending))
    .map((entry) => entry.name.slice(0, -ending.length));
}

/** undefined where there is no such file, also where it was moved away between a listing and now, and where it is closed to us. */
async function read(disk: Disk, path: string): Promise<Waiting | 'damaged' | undefined> {
  try {
    const value = JSON.parse((await disk.read(path)).toString()) as Waiting;
    const isWhole =
      typeof value.message.id === 'string' && Array.isArray(value.message.ways) && Array.isArray(value.reached);
    return isWhole ? value : 'damaged';
  } catch (error) {
    if (hasCode(error, 'ENOENT') || takesNothing(error)) return undefined;
    if (error instanceof SyntaxError || error instanceof TypeError) return 'damaged';
    throw error;
  }
}
