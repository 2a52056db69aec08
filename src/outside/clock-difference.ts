// This machine's clock held against another one's, by the Date of an HTTP answer. Asked without a token: no answer need know us.
import { clockAheadMs } from '../domain/clock-offset.ts';
import { productName, productVersion } from '../domain/product.ts';
import type { HttpCall } from './http-call.ts';
import type { World } from './world.ts';

export interface ClockAsked {
  readonly url: string;
  readonly proxy?: string | undefined;
  /** PEM certificates of authorities to trust; undefined: the well-known ones. */
  readonly authorities?: readonly string[] | undefined;
}

/** Ms by which our clock is ahead of the one that answers at that address; undefined where the answer has no date. */
export async function clockDifference(
  asked: ClockAsked,
  { clock, signal, call }: Pick<World, 'clock' | 'signal'> & { call: HttpCall },
): Promise<number | undefined> {
  const askedMs = clock.now();
  const headers = { 'User-Agent': `${productName}/${productVersion}` };
  const answer = await call({ method: 'HEAD', headers, signal, ...asked });
  const { date } = answer.headers;
  return typeof date === 'string' ? clockAheadMs({ askedMs, answeredMs: clock.now(), date }) : undefined;
}
