// One attempt to hear the stream: ask, look at the answer, hear it to its end.
// Takes settings and the parts that record; leaves an Ending, whatever went wrong. Only the signal makes it throw.
import type { IngestSettings } from '../config/schema.ts';
import { describeError } from '../domain/operator-error.ts';
import { withoutSecrets } from '../domain/secrecy.ts';
import { isCertificateTrouble, readAuthorities } from '../outside/authorities.ts';
import { readSecret } from '../outside/config-file.ts';
import type { openStream, StreamAnswer } from '../outside/http-stream.ts';
import type { WireTap } from '../outside/wire.ts';
import { proxyOf, proxySecrets } from '../outside/proxy.ts';
import type { World } from '../outside/world.ts';
import { endingOf, isStream } from './answer.ts';
import { hear, type Hearing } from './hear.ts';
import type { Ending } from './reconnect.ts';
import { streamAddress, streamHeaders, streamUrl } from './request.ts';

export interface Attempt {
  readonly settings: IngestSettings;
  readonly world: World;
  readonly connect: typeof openStream;
  /** Where an archive listens to the exact bytes of the exchange. */
  readonly tap?: WireTap | undefined;
  /** "streamvault 1.0.0" */
  readonly version: string;
  readonly backfillMinutes?: number | undefined;
  readonly hearing: Omit<Hearing, 'stop' | 'url' | 'version' | 'clock'>;
  /** Called when the answer is the stream. */
  connected(): void;
}

const excerptBytes = 16 * 1024;
const excerptLimitMs = 5_000;

/** No secret stands in the ending's detail, whoever repeated it. */
export async function attempt(parts: Attempt): Promise<Ending> {
  const { world } = parts;
  const stop = new AbortController();
  const stopWithWorld = (): void => stop.abort(world.signal.reason);
  world.signal.addEventListener('abort', stopWithWorld, { once: true });
  try {
    world.signal.throwIfAborted();
    const access = await accessOf(parts.settings);
    if ('is' in access) return access;
    const ending = await askAndHear(parts, access, stop);
    return { ...ending, detail: withoutSecrets(ending.detail, access.secrets) };
  } finally {
    world.signal.removeEventListener('abort', stopWithWorld);
    stop.abort(new Error('the attempt is over'));
  }
}

interface Access {
  readonly token: string;
  /** May hold a password. */
  readonly proxy: string | undefined;
  readonly secrets: readonly string[];
}

/** Read at each try, so that a mended file needs no restart. */
async function accessOf(settings: IngestSettings): Promise<Access | Ending> {
  try {
    const token = await readSecret(settings.bearer_token_file, 'ingest.bearer_token_file');
    const proxy = await proxyOf(settings);
    return { token, proxy, secrets: [token, ...proxySecrets(proxy)] };
  } catch (error) {
    return { is: 'refused', detail: describeError(error) };
  }
}

async function askAndHear(parts: Attempt, access: Access, stop: AbortController): Promise<Ending> {
  const { world, settings, version } = parts;
  const answer = await ask(parts, access, stop.signal);
  if ('is' in answer) return answer;
  if (!isStream(answer)) {
    // Hidden before it is shortened: half a secret would not be known again.
    const text = withoutSecrets(await beginningOf(answer, world, stop), access.secrets);
    return endingOf({ ...answer, text }, parts.backfillMinutes !== undefined);
  }
  parts.connected();
  return hear(answer, { ...parts.hearing, clock: world.clock, url: streamAddress(settings), version, stop });
}

/** The answer, or why there was none. */
async function ask(
  { settings, world, connect, tap, version, backfillMinutes }: Attempt,
  { token, proxy }: Access,
  signal: AbortSignal,
): Promise<StreamAnswer | Ending> {
  try {
    const ca = await readAuthorities(settings.ca_file, 'ingest.ca_file');
    const headers = streamHeaders(token, version);
    const url = streamUrl(settings, backfillMinutes);
    return await connect({ url, headers, proxy, ca, tap, clock: world.clock, signal });
  } catch (error) {
    world.signal.throwIfAborted();
    return { is: 'network', detail: describeError(error), isCertificateRefused: isCertificateTrouble(error) };
  }
}

/** Reads the beginning of a refusal's body, for a while: it says which refusal it is. */
async function beginningOf(answer: StreamAnswer, world: World, stop: AbortController): Promise<string> {
  const pieces: Buffer[] = [];
  const limit = new AbortController();
  world.clock.sleep(excerptLimitMs, limit.signal).then(
    () => stop.abort(new Error('the body took too long')),
    () => {},
  );
  try {
    await answer.hear((content) => {
      pieces.push(Buffer.from(content));
      if (pieces.reduce((sum, { length }) => sum + length, 0) > excerptBytes) stop.abort(new Error('that is enough'));
      return undefined;
    });
  } catch {
    // What came until then is enough to say what kind it is.
  } finally {
    limit.abort(new Error('read'));
  }
  world.signal.throwIfAborted();
  return Buffer.concat(pieces).toString('utf8');
}
