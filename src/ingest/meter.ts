// What ingest lets itself be measured by: told as it happens, kept by whoever listens (Prometheus, systemd, nobody).
import type { MinuteFile } from '../domain/minute-file.ts';
import type { Gap } from './coverage.ts';
import type { Ending } from './reconnect.ts';

/** A look at ingest at this second. */
export interface IngestState {
  readonly isConnected: boolean;
  /** ms since the last byte of the stream; undefined before the first. */
  readonly silentForMs: number | undefined;
  readonly linesInOpenMinute: number;
  /** Bytes that wait for the disk. */
  readonly waitingBytes: number;
  /** The disk refuses them. */
  readonly isRefused: boolean;
  /** Epoch ms at which the open minute began. */
  readonly openMinuteMs: number;
}

export interface IngestMeter {
  bytes(count: number): void;
  lines(count: number): void;
  /** ms from a tweet's creation to its receipt, sampled. */
  lag(lagMs: number): void;
  setAside(reason: string): void;
  ended(ending: Ending): void;
  gap(gap: Gap): void;
  closed(file: MinuteFile): void;
  /** Once a second. */
  beat(state: IngestState): void;
}

export const silentMeter: IngestMeter = {
  bytes: () => {},
  lines: () => {},
  lag: () => {},
  setAside: () => {},
  ended: () => {},
  gap: () => {},
  closed: () => {},
  beat: () => {},
};
