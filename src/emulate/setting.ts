// What the stand-in for the X API is told when it starts.
import type { Clock } from '../outside/clock.ts';
import type { FeedSetting } from './feed.ts';
import type { LedgerSink } from './ledger.ts';
import type { Limits } from './limits.ts';

export interface EmulatorSetting {
  readonly clock: Clock;
  /** Tells how long the machine really had to hand bytes over; a test that winds `clock` by hand gives that one here too. */
  readonly realClock?: Clock;
  /** The bearer tokens that are let in; default: `emulated`. */
  readonly tokens?: readonly string[];
  /** 0, the default: any free one. */
  readonly port?: number;
  /** Tweets per second of `clock`; default 43. */
  readonly rate?: number;
  readonly seed?: number;
  readonly replay?: FeedSetting['replay'];
  /** No more lines than that. */
  readonly most?: number | undefined;
  /** No line is due at this time or later (epoch ms of the clock). */
  readonly untilMs?: number | undefined;
  /** Connections that must stand before the first line is due; default 0: it is due at once. */
  readonly waitFor?: number;
  readonly ledger?: LedgerSink | undefined;
  readonly limits?: Limits;
  readonly allowsBackfill?: boolean;
  readonly offersGzip?: boolean;
  /** A client that lags by more is cut; default 8 MiB. */
  readonly bufferBytes?: number;
  /** As fast as each client reads, and that many bytes to each (then the end), instead of by the clock; the ledger has no lines then. */
  readonly floodBytes?: number | undefined;
  /** Key and certificate (PEM): https instead of http. */
  readonly tls?: { readonly key: string; readonly cert: string };
}
