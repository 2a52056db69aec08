// What a person must be told: a closed list of causes. Stages raise an alert and say when it is over;
// how it reaches people (log, mail, command, webhook) is not their concern.

export const alertCauses = [
  'stream-ended',
  'stream-refused',
  'no-data',
  'backfill-refused',
  'partner-silent',
  'partner-unreachable',
  'hour-incomplete',
  'file-late',
  'file-set-aside',
  'disk-filling',
  'disk-full',
  'disk-failing',
  'host-key-changed',
  'certificate-refused',
  'upload-failing',
  'mail-failing',
  'clock-off',
  'archive-failing',
] as const;

export type AlertCause = (typeof alertCauses)[number];

/** Where stages tell. Repeats are welcome: gathering them is done behind this. `sentence`: what happened, what is safe, what to do. */
export interface Alerts {
  raise(cause: AlertCause, sentence: string, facts?: Readonly<Record<string, unknown>>): void;
  /** The cause is over; nothing happens where it was not raised. */
  end(cause: AlertCause, sentence: string): void;
}
