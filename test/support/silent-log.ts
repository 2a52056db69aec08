// A log that keeps nothing, for tests that look at something else.
import type { Log } from '../../src/outside/log.ts';

export const silentLog: Log = { info: () => {}, warn: () => {}, error: () => {}, child: () => silentLog };
