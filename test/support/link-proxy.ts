// A link with faults: a TCP proxy between a client and a server. Takes what the link is like; leaves bytes delayed, throttled,
// cut, swallowed or damaged. Nothing of it knows what the bytes mean.
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** What a connection through the link is like. */
export interface LinkManner {
  /** Each byte arrives that much later, in both directions. */
  readonly delayMs?: number;
  /** In each direction. */
  readonly bytesPerSecond?: number;
  /** What befalls the connection after so many bytes in that direction. */
  readonly fault?: LinkFault;
}

export interface LinkFault {
  /** `up` is from the client to the server. */
  readonly direction: 'up' | 'down';
  readonly afterBytes: number;
  /**
   * reset: both ends get a reset. end: both ends are closed in good order. silence: from here on nothing arrives on either side,
   * and no end hears of it. half-open: the client's side is reset, the server never hears of it. flip: one bit is wrong.
   */
  readonly is: 'reset' | 'end' | 'silence' | 'half-open' | 'flip';
}

export interface LinkProxy extends AsyncDisposable {
  readonly host: string;
  readonly port: number;
  /** Connections that were made so far. */
  readonly connections: number;
  /** Connections that came to their fault. */
  readonly faults: number;
  /** Bytes that passed so far, in both directions. */
  readonly bytes: number;
  /** Manner of the connections to come: one for all, or a new one for each. */
  behave(manner: LinkManner | (() => LinkManner)): void;
  /** Nothing arrives any more on connections that stand; `speak` delivers what was held back. */
  silence(): void;
  speak(): void;
  resetAll(): void;
}

export async function startLinkProxy(to: { readonly host: string; readonly port: number }): Promise<LinkProxy> {
  let manner: () => LinkManner = () => ({});
  let connections = 0;
  let faults = 0;
  let bytes = 0;
  const open = new Set<Socket>();
  const listener = createServer({ noDelay: true }, (client) => {
    connections++;
    const server = connect({ host: to.host, port: to.port, noDelay: true });
    const pair = { client, server, manner: manner(), hit: () => faults++, count: (more: number) => (bytes += more) };
    for (const socket of [client, server]) {
      open.add(socket);
      socket.on('error', () => {}).once('close', () => open.delete(socket));
    }
    join(pair, 'up');
    join(pair, 'down');
  });
  await new Promise<void>((resolve) => void listener.listen(0, '127.0.0.1', resolve));
  return {
    host: '127.0.0.1',
    port: (listener.address() as AddressInfo).port,
    get connections() {
      return connections;
    },
    get faults() {
      return faults;
    },
    get bytes() {
      return bytes;
    },
    behave: (next) => void (manner = typeof next === 'function' ? next : () => next),
    silence: () => open.forEach((socket) => socket.pause()),
    speak: () => open.forEach((socket) => socket.resume()),
    resetAll: () => open.forEach((socket) => socket.resetAndDestroy()),
    async [Symbol.asyncDispose]() {
      const closed = new Promise((resolve) => void listener.close(resolve));
      for (const socket of open) socket.destroy();
      await closed;
    },
  };
}

interface Pair {
  readonly client: Socket;
  readonly server: Socket;
  readonly manner: LinkManner;
  hit(): void;
  count(bytes: number): void;
}

function join(pair: Pair, direction: 'up' | 'down'): void {
  const { client, server, manner } = pair;
  const [from, to] = direction === 'up' ? [client, server] : [server, client];
  const fault = manner.fault?.direction === direction ? manner.fault : undefined;
  let passed = 0;
  from.on('data', (chunk: Buffer) => {
    const left = fault === undefined ? Infinity : fault.afterBytes - passed;
    passed += chunk.length;
    pair.count(chunk.length);
    if (fault !== undefined && left >= 0 && chunk.length > left) {
      pair.hit();
      return befall(pair, { fault, to, chunk, left });
    }
    pass(from, chunk, { to, manner });
  });
  from.on('end', () => later(manner, () => to.end()));
  from.on('close', () => later(manner, () => to.destroy()));
}

function pass(from: Socket, chunk: Buffer, { to, manner }: { to: Socket; manner: LinkManner }): void {
  const send = (): void => {
    if (!to.destroyed && !to.write(chunk)) {
      from.pause();
      to.once('drain', () => from.resume());
    }
  };
  if (manner.bytesPerSecond === undefined) return later(manner, send);
  from.pause();
  setTimeout(
    () => {
      later(manner, send);
      from.resume();
    },
    (chunk.length / manner.bytesPerSecond) * 1000,
  );
}

function later({ delayMs = 0 }: LinkManner, work: () => void): void {
  if (delayMs === 0) work();
  else setTimeout(work, delayMs);
}

interface Blow {
  readonly fault: LinkFault;
  readonly to: Socket;
  readonly chunk: Buffer;
  readonly left: number;
}

function befall({ client, server }: Pair, { fault, to, chunk, left }: Blow): void {
  if (fault.is === 'flip') {
    const damaged = Buffer.from(chunk);
    damaged.writeUInt8(damaged.readUInt8(left) ^ 1, left);
    return void to.write(damaged);
  }
  if (left > 0) to.write(chunk.subarray(0, left));
  if (fault.is === 'reset') return [client, server].forEach((socket) => void socket.resetAndDestroy());
  if (fault.is === 'end') return [client, server].forEach((socket) => void socket.end());
  for (const socket of [client, server])
    socket.removeAllListeners('data').removeAllListeners('end').removeAllListeners('close');
  client.pause();
  server.pause();
  if (fault.is === 'half-open') client.resetAndDestroy();
}
