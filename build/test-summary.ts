// What one test file's run came to, read from what uvu printed and how the process ended.
// Pure: takes text and an ending, leaves counts, so that it is tested without running anything.

/** How a test process ended. `timedOut` is true where it had to be killed. */
export interface Ending {
  readonly exitCode: number | null;
  readonly timedOut: boolean;
}

export interface Outcome {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  /** Why the file as a whole counts as a failure, where it does. */
  readonly trouble?: string;
}

// oxlint-disable-next-line no-control-regex -- colours that uvu may print
const colours = /\u001B\[\d+m/g;
const summary = /\n {2}Total: {5}(\d+)\n {2}Passed: {4}(\d+)\n {2}Skipped: {3}(\d+)\n {2}Duration: /g;

/**
 * Judges one file. A file that printed no summary, ran no test, hung, or whose exit code and counts
 * disagree is a failure: silence must never look like success. uvu returns 0 when a `before` hook
 * throws, so tests that did not pass count as failed whatever the exit code says.
 */
export function outcomeOf(stdout: string, ending: Ending): Outcome {
  const last = [...stdout.replaceAll(colours, '').matchAll(summary)].at(-1);
  const [total, passed, skipped] = last ? last.slice(1).map(Number) : [];
  if (total === undefined || passed === undefined || skipped === undefined) {
    const trouble = ending.timedOut ? 'did not end in time' : 'ended before its tests did';
    return { passed: 0, failed: 1, skipped: 0, trouble: `${trouble} (${exitWords(ending)})` };
  }
  const failed = total - passed;
  const trouble = troubleOf({ ran: total + skipped, failed }, ending);
  if (!trouble) return { passed, failed, skipped };
  return { passed, failed: failed + 1, skipped, trouble };
}

function troubleOf(counts: { ran: number; failed: number }, ending: Ending): string | undefined {
  if (ending.timedOut) return 'did not end after its tests: something is still open';
  if (counts.ran === 0) return 'holds no test';
  if (counts.failed === 0 && ending.exitCode !== 0) return `ended with ${exitWords(ending)}`;
  return undefined;
}

function exitWords({ exitCode }: Ending): string {
  return exitCode === null ? 'killed by a signal' : `exit code ${exitCode}`;
}

/** The closing line: `12 passed, 0 failed`, with `, 3 skipped` where there are any. */
export function closingLine(outcomes: readonly Outcome[]): string {
  const sum = (pick: (outcome: Outcome) => number): number =>
    outcomes.reduce((total, outcome) => total + pick(outcome), 0);
  const skipped = sum((outcome) => outcome.skipped);
  const counts = `${sum((outcome) => outcome.passed)} passed, ${sum((outcome) => outcome.failed)} failed`;
  return skipped > 0 ? `${counts}, ${skipped} skipped` : counts;
}
