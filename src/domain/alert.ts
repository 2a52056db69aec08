// What a person must be told: a closed list of causes. Stages raise an alert and say when it is over;
// how it reaches people (log, mail, command, webhook) is not their concern.

/** Exported for tests. */
export const alertCauses = [
  'stream-ended',
  'stream-refused',
  'no-data',
  'backfill-refused',
  'partner-silent',
  'partner-unreachable',
  'shipment-refused',
  'hour-incomplete',
  'file-late',
  'file-set-aside',
  'disk-filling',
  'disk-full',
  'disk-failing',
  'host-key-changed',
  'certificate-refused',
  'upload-failing',
  'publishing-stopped',
  'mail-failing',
  'hook-failing',
  'clock-off',
  'archive-failing',
  'process-died',
] as const;

export type AlertCause = (typeof alertCauses)[number];

/** Where stages tell. Repeats are welcome: gathering them is done behind this. `sentence`: what happened, what is safe, what to do. */
export interface Alerts {
  raise(cause: AlertCause, sentence: string, facts?: Readonly<Record<string, unknown>>): void;
  /** The cause is over; nothing happens where it was not raised. */
  end(cause: AlertCause, sentence: string): void;
}

/** Causes in the words of a subject line. */
export const alertTitles: Readonly<Record<AlertCause, string>> = {
  'stream-ended': 'stream ended',
  'stream-refused': 'stream refused',
  'no-data': 'no data',
  'backfill-refused': 'backfill refused',
  'partner-silent': 'partner silent',
  'partner-unreachable': 'partner unreachable',
  'shipment-refused': 'shipment refused',
  'hour-incomplete': 'hour incomplete',
  'file-late': 'late file',
  'file-set-aside': 'file set aside',
  'disk-filling': 'disk filling up',
  'disk-full': 'disk full',
  'disk-failing': 'disk failing',
  'host-key-changed': 'host key changed',
  'certificate-refused': 'certificate refused',
  'upload-failing': 'upload failing',
  'publishing-stopped': 'publishing stopped',
  'mail-failing': 'mail failing',
  'hook-failing': 'alert command or webhook failing',
  'clock-off': 'clock off',
  'archive-failing': 'archive failing',
  'process-died': 'process died',
};

const occasions: ReadonlySet<AlertCause> = new Set([
  'backfill-refused',
  'hour-incomplete',
  'file-late',
  'file-set-aside',
  'process-died',
]);

/** Does this happen at a moment, again and again, rather than last until it is over? Nobody need say that an occasion ended. */
export const isOccasion = (cause: AlertCause): boolean => occasions.has(cause);
