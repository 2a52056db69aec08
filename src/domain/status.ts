// How things stand on one server: what was found on disk, and what is made of it.
// The JSON of `streamvault status --json` is this, unchanged: its keys stay as they are.
import type { AlertCause } from './alert.ts';
import type { Trouble } from './telling.ts';

export interface ServiceStatus {
  readonly name: 'ingest' | 'ship' | 'watch';
  /** null: cannot be seen by this user. */
  readonly running: boolean | null;
  readonly pid: number | null;
  /** ISO 8601, UTC, as all times here. */
  readonly since: string | null;
}

/** What one server heard in the 60 minutes before the open one, by the names of its minute files. */
export interface HeardStatus {
  readonly server: number;
  readonly minutes: number;
  readonly tweets: number;
  readonly connected_seconds: number;
  /** 2026-03-10T13:05Z */
  readonly newest_minute: string | null;
  readonly newest_minute_age_seconds: number | null;
}

export interface WaitingHour {
  readonly hour: string;
  /** Minutes without a file; null where there is no second server. */
  readonly missing_1: number;
  readonly missing_2: number | null;
  /** When it is made at the latest. */
  readonly due: string;
}

export interface VaultStatus {
  readonly newest_hour: string | null;
  /** Hours that are over, and not in the vault yet, oldest first; ten at most. */
  readonly waiting: readonly WaitingHour[];
  /** Of the last 24 finished hours: those without all minute files, and seconds that nobody heard. */
  readonly incomplete: readonly string[];
  readonly joint_gap_seconds: number | null;
  readonly tweets: number;
  /** Of the same hours: those whose receipt cannot be read. */
  readonly damaged: readonly string[];
  readonly next_hour: string;
  readonly next_hour_ends: string;
}

export interface DiskStatus {
  readonly path: string;
  readonly free_bytes: number;
  readonly total_bytes: number;
}

/** What could not be looked at, and why. */
export interface Unseen {
  readonly what: string;
  readonly reason: string;
}

export interface StatusFacts {
  readonly nowMs: number;
  readonly server: number;
  readonly services: readonly ServiceStatus[];
  readonly heard: readonly HeardStatus[];
  readonly vault: VaultStatus | null;
  readonly to_ship: { readonly files: number; readonly oldest_minute: string | null } | null;
  readonly messages: { readonly waiting: number; readonly oldest: string | null };
  readonly next_report: string | null;
  readonly publishing: {
    readonly left: number;
    readonly ids_in_30_days: number;
    readonly monthly_ids: number;
    readonly approval: string | null;
  } | null;
  readonly disks: readonly DiskStatus[];
  readonly troubles: readonly Trouble[];
  /** Why the services may not keep what they tell, and what to do. */
  readonly tellingTrouble?: string | undefined;
  readonly unseen: readonly Unseen[];
  readonly limits: { readonly partnerSilentMs: number };
}

/** Problems that are no alert. Exported for tests. */
export const problemCodes = [
  'cannot-see',
  'not-running',
  'no-minute-files',
  'hour-overdue',
  'receipt-damaged',
  'not-shipped',
  'messages-waiting',
  'alerts-not-kept',
] as const;

export interface Problem {
  readonly code: AlertCause | (typeof problemCodes)[number];
  /** What is wrong, and what to do. */
  readonly sentence: string;
}

export interface Status extends Omit<StatusFacts, 'nowMs' | 'troubles' | 'tellingTrouble' | 'limits'> {
  readonly status: 1;
  readonly version: string;
  readonly at: string;
  readonly healthy: boolean;
  readonly problems: readonly Problem[];
}
