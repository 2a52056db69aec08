// What all steps of the watch share: its settings, its world, its crew, and what it remembers between passes. All of the
// memory may be lost at any time: it only saves work.
import type { ConfigWith } from '../config/schema.ts';
import type { Server } from '../domain/hour.ts';
import type { Hour, Minute } from '../domain/time.ts';
import { coreCount } from '../outside/workers.ts';
import type { World } from '../outside/world.ts';
import { type Crew, gatherCrew } from './crew.ts';
import type { HourBuild } from './hour-build.ts';
import type { InputFile } from './input-file.ts';
import type { Rules } from './plan.ts';
import { Troubles } from './troubles.ts';
import { WarcFiles } from './warc-files.ts';
import { type OlderMinute, olderMinuteByContent, type Tree } from './trees.ts';
import { VaultView } from '../outside/vault-view.ts';

/** A build with the stamps of what it rests on besides its files. */
export interface LiveBuild {
  readonly build: HourBuild;
  readonly stamp: string;
}

export interface Shop extends AsyncDisposable {
  readonly world: World;
  readonly vault: VaultView;
  readonly crew: Crew;
  readonly trees: readonly Tree[];
  /** This server's spool. */
  readonly own: string;
  readonly servers: readonly Server[];
  readonly preset: number;
  readonly keepsRaw: boolean;
  /** Those of the archive of the wire, where this server keeps one. */
  readonly warcFiles: WarcFiles;
  /** The files of which every day knows already. */
  readonly coveredBy: Set<string>;
  readonly olderZone: string;
  readonly olderMinute: OlderMinute;
  /** What holds now. */
  rules(): Rules;
  /** Hours that are being merged as their minutes come, by first minute. */
  readonly live: Map<Minute, LiveBuild>;
  /** When each file was first seen, by path. */
  readonly seenAt: Map<string, number>;
  /** The files of the last look, by path. */
  known: ReadonlyMap<string, InputFile>;
  /** What could not be read lately. */
  readonly troubles: Troubles;
  /** Hours whose borders are to be looked at once, whatever lies in the trees: a death may have come between two commits. */
  readonly bordersDue: Hour[];
  /** Borders between hours that are known to be in order, by generation. */
  readonly soundBorders: Set<string>;
  readonly done: Done;
}

/** What was done since the shop was opened. */
export interface Done {
  readonly committed: { readonly hour: string; readonly generation: number; readonly tweets: number }[];
  setAside: number;
}

export interface ShopSetting {
  readonly isOnce: boolean;
  /** Who works; without it a crew is gathered, and ends with the shop. */
  readonly crew?: Crew | undefined;
}

/** Opens the shop. Server 1 is this one; without a partner there is no other. */
export function openShop(config: ConfigWith<'watch'>, world: World, setting: ShopSetting): Shop {
  const { watch, timezone, ingest } = config;
  const crew = setting.crew ?? gatherCrew(coreCount());
  const trees: Tree[] = [{ path: watch.own, server: 1 }];
  if (watch.partner !== undefined) trees.push({ path: watch.partner, server: 2 });
  const servers = trees.map((tree) => tree.server);
  return {
    world,
    vault: new VaultView(watch.vault, timezone, world.disk),
    crew,
    trees,
    own: watch.own,
    servers,
    preset: watch.preset,
    keepsRaw: watch.raw === 'keep',
    warcFiles: new WarcFiles(ingest?.warc, world),
    coveredBy: new Set(),
    olderZone: watch.older_timezone ?? timezone,
    olderMinute: olderMinuteByContent(world.disk),
    rules: () => ({
      nowMs: world.clock.now(),
      patienceMs: watch.patience,
      lateWindowMs: watch.late_window,
      servers,
      zone: timezone,
      isOnce: setting.isOnce,
    }),
    live: new Map(),
    seenAt: new Map(),
    known: new Map(),
    troubles: new Troubles({ now: () => world.clock.monotonic(), isOnce: setting.isOnce, alerts: world.alerts }),
    bordersDue: [],
    soundBorders: new Set(),
    done: { committed: [], setAside: 0 },
    async [Symbol.asyncDispose]() {
      if (setting.crew === undefined) await crew[Symbol.asyncDispose]();
    },
  };
}
