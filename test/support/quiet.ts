// Whether this process has nothing to do: what clocks of tests wait for before time passes on, however slow the machine is.
// Takes nothing; leaves a wait until no event comes and no work is under way.

/** What is there while nothing is done; anything else is work that somebody waits for. */
const idle = new Set([
  'TCPSocketWrap',
  'TCPServerWrap',
  'TLSWrap',
  'PipeWrap',
  'TTYWrap',
  'ProcessWrap',
  'Timeout',
  'Immediate',
  'MessagePort',
  'Worker',
  'FSEventWrap',
  'StatWatcher',
  'SignalWrap',
  // Bytes that the other end does not take, as where it is held back; while it takes them, events come.
  'WriteWrap',
  'SimpleWriteWrap',
  'ShutdownWrap',
]);

const turn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

/** Whatever is not done by then goes on while time passes, as on a slow machine. */
const longestWorkMs = 2_000;

/**
 * Resolves when so many turns of the event loop brought nothing, so that promises and I/O that were due have run.
 * Work in threads of our own, and of other processes, is not waited for: it takes its time.
 */
export async function quiet(calmTurns = 5): Promise<void> {
  const began = performance.now();
  const { nodeTiming } = performance;
  for (let calm = 0, events = -1; calm < calmTurns && performance.now() - began < longestWorkMs;) {
    await turn();
    const now = nodeTiming.uvMetricsInfo.events;
    const isCalm = now === events && process.getActiveResourcesInfo().every((name) => idle.has(name));
    calm = isCalm ? calm + 1 : 0;
    events = now;
  }
}
