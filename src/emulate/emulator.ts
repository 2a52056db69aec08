// The stand-in for the X API: one stream for all who ask, on loopback, with faults on demand, driven by the clock it is given.
// Takes a setting; leaves a server with an address, and records of what was sent.
import { createServer, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { systemClock } from '../outside/clock.ts';
import { Conductor } from './conductor.ts';
import { type Fault, parseFaults } from './fault.ts';
import type { Listener } from './listener.ts';
import type { EmulatorSetting } from './setting.ts';

export interface Emulator {
  readonly url: string;
  readonly port: number;
  /** Orders faults, as text or as values, those with `at` for later (counted from the start); says how many connections they befell now. */
  fault(faults: string | Fault): number;
  clearFaults(): void;
  readonly listeners: readonly Listener[];
  /** Lines that have been due. */
  readonly due: number;
  /** No further line will be due, and every connection has been sent all. */
  readonly isOver: boolean;
  /** Ends all connections in order, stops listening, completes the ledger. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

const host = '127.0.0.1';
const longestEndMs = 2_000;

/** Starts the stand-in. It runs until it is closed. */
export async function startEmulator(setting: EmulatorSetting): Promise<Emulator> {
  const conductor = new Conductor(setting);
  const server: Server = setting.tls ? createTlsServer(setting.tls) : createServer();
  conductor.serve(server);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(setting.port ?? 0, host, resolve);
  });
  const { port } = server.address() as AddressInfo;
  const ran = conductor.run();
  const close = async (): Promise<void> => {
    const closed = new Promise((resolve) => void server.close(resolve));
    conductor.stop();
    await ran;
    // Streams end in order; whoever does not take the end, or waits for an answer that never comes, is cut.
    const patience = new AbortController();
    const cut = systemClock()
      .sleep(longestEndMs, patience.signal)
      .then(() => server.closeAllConnections());
    await Promise.race([closed, cut]);
    patience.abort(new Error('closed'));
    await Promise.all([closed, cut.catch(() => {})]);
    await setting.ledger?.close?.();
  };
  return {
    url: `${setting.tls ? 'https' : 'http'}://${host}:${port}`,
    port,
    fault: (faults) => conductor.order(typeof faults === 'string' ? parseFaults(faults) : [faults]),
    clearFaults: () => conductor.clearFaults(),
    get listeners() {
      return conductor.listeners;
    },
    get due() {
      return conductor.due;
    },
    get isOver() {
      return conductor.isOver;
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}
