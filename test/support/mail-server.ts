// The stand-in for a mail server, and ports that nobody listens on.
import { type AddressInfo, createServer } from 'node:net';

export { type StandInMailServer, startMailServer } from '../../src/emulate/mail-server.ts';

/** A port of loopback that nobody listens on at this moment. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
