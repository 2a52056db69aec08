// Trouble as a sentence to a tired operator: what happened, what is safe, what to do.
// Takes a code of the closed catalogue below; leaves an error whose code decides the exit status (sysexits(3)).

/** Exit statuses as sysexits(3) names them; `design: Commands` says which command may end with which. */
export const exitStatuses = {
  'wrong-usage': 64,
  unreachable: 69,
  'own-damage': 70,
  'disk-failed': 74,
  'disk-full': 74,
  'already-running': 75,
  refused: 77,
  'config-invalid': 78,
} as const;

export type ErrorCode = keyof typeof exitStatuses;

/** An error that a person is meant to read. `message` says what happened and what is safe, `remedy` what to do. */
export class OperatorError extends Error {
  override readonly name = 'OperatorError';
  readonly code: ErrorCode;
  readonly remedy: string;

  // oxlint-disable-next-line max-params -- the sentence's parts in the order in which they are read
  constructor(code: ErrorCode, message: string, remedy: string, options?: { cause?: unknown }) {
    super(message, options);
    this.code = code;
    this.remedy = remedy;
  }
}

/** The exit status a command ends with for this error: its code's, or 70 (our own damage) for any other error. */
export function exitStatusOf(error: unknown): number {
  return error instanceof OperatorError ? exitStatuses[error.code] : exitStatuses['own-damage'];
}

/** One line for people: the sentence and its remedy; for a foreign error its message, and its code where it has one. */
export function describeError(error: unknown): string {
  if (error instanceof OperatorError) return `${error.message} ${error.remedy}`;
  if (!(error instanceof Error)) return String(error);
  const code = 'code' in error && typeof error.code === 'string' ? ` (${error.code})` : '';
  return error.message.includes(code.slice(2, -1)) ? error.message : error.message + code;
}
