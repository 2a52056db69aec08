// The stand-in for OSF behaves as the real one is known to: what is asked of it here, the publisher relies on.
import { createHash } from 'node:crypto';
import { request as ask } from 'node:http';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { osfOrders, parseOsfFaults } from '../../src/emulate/osf-fault.ts';
import { type OsfStandIn, startOsf } from '../../src/emulate/osf.ts';

const test = suite('osf stand-in');
const token = 'token';
const nowMs = Date.parse('2026-03-10T13:00:00Z');
const start = (pageSize = 100): Promise<OsfStandIn> =>
  startOsf({ project: 'abc12', token, now: () => nowMs, pageSize });

interface Answer {
  readonly status: number;
  // oxlint-disable-next-line typescript/no-explicit-any -- an answer of another program
  readonly body: any;
  readonly retryAfter: string | null;
}

async function send(method: string, url: string, body?: string | Buffer): Promise<Answer> {
  const headers = { authorization: `Bearer ${token}` };
  const answer = await fetch(url, { method, headers, ...(body !== undefined && { body }) });
  return { status: answer.status, body: await answer.json(), retryAfter: answer.headers.get('retry-after') };
}

const root = async (osf: OsfStandIn) => (await send('GET', `${osf.api}/v2/nodes/abc12/files/`)).body.data[0];

async function made(osf: OsfStandIn) {
  const storage = await root(osf);
  const folder = await send('PUT', `${storage.links.new_folder}&name=2026`, '');
  const file = await send('PUT', `${folder.body.data.links.upload}?kind=file&name=a.xz`, 'bytes');
  return { storage, folder, file };
}

test('a folder and a file are made with 201, with their hashes and links; again it is 409', async () => {
  await using osf = await start();
  const { storage, folder, file } = await made(osf);
  assert.is(storage.attributes.provider, 'osfstorage');
  assert.equal([folder.status, file.status], [201, 201]);
  assert.is(file.body.data.attributes.extra.hashes.sha256, createHash('sha256').update('bytes').digest('hex'));
  const again = await send('PUT', `${storage.links.new_folder}&name=2026`, '');
  assert.equal([again.status, again.body.data], [409, {}]);
  const taken = await send('PUT', `${folder.body.data.links.upload}?kind=file&name=a.xz`, 'other');
  assert.equal([taken.status, taken.body.data.links.upload], [409, file.body.data.links.upload]);
  const next = await send('PUT', file.body.data.links.upload, 'bytes');
  assert.equal([next.status, next.body.data.attributes.current_version], [200, 2]);
});

test('a name that is taken is answered before the body is read', async () => {
  await using osf = await start();
  const { folder } = await made(osf);
  const status = await new Promise<number | string>((resolve) => {
    const headers = { authorization: `Bearer ${token}`, 'content-length': '100000000' };
    const upload = ask(`${folder.body.data.links.upload}?kind=file&name=a.xz`, { method: 'PUT', headers });
    upload.on('response', (answer) => resolve(answer.statusCode ?? 0)).on('error', (error) => resolve(error.message));
    upload.flushHeaders();
  });
  assert.is(status, 409);
});

test('a body without its length is refused with 411, a final slash too few or too many with 404', async () => {
  await using osf = await start();
  const { folder, file } = await made(osf);
  const upload: string = folder.body.data.links.upload;
  const chunked = await fetch(`${upload}?kind=file&name=b`, {
    method: 'PUT',
    headers: { authorization: `Bearer ${token}` },
    body: new Blob(['x']).stream(),
    duplex: 'half',
  } as RequestInit);
  assert.is(chunked.status, 411);
  assert.is((await send('PUT', `${upload.replace(/\/$/, '')}?kind=file&name=b`, 'x')).status, 404);
  assert.is((await send('PUT', `${file.body.data.links.upload}/`, 'x')).status, 404);
});

test('a listing comes in pages, with the next one’s address, and may be asked for one name', async () => {
  await using osf = await start(2);
  const { storage } = await made(osf);
  for (const name of ['2027', '2028', '2029']) await send('PUT', `${storage.links.new_folder}&name=${name}`, '');
  const list: string = storage.relationships.files.links.related.href;
  const names: string[] = [];
  for (let next: string | null = `${list}/?page[size]=100`; next;) {
    const { body }: Answer = await send('GET', next);
    names.push(...body.data.map((item: { attributes: { name: string } }) => item.attributes.name));
    next = body.links.next;
  }
  assert.equal(names, ['2026', '2027', '2028', '2029']);
  assert.is((await send('GET', `${list}/?filter[name][eq]=2028`)).body.data.length, 1);
});

test('each fault is what its name says, for as many requests as were ordered', async () => {
  await using osf = await start();
  const { file } = await made(osf);
  const link: string = file.body.data.links.upload;
  const meet = async (fault: string): Promise<number | string> => {
    osf.fault(fault);
    return send('PUT', link, 'more').then(
      ({ status }) => status,
      () => 'cut',
    );
  };
  const statuses: Record<string, number | string> = {};
  for (const fault of ['reset', 'reset-after', 'half', 'slow-down', 'unavailable', 'quota', 'expired'])
    statuses[fault] = await meet(fault);
  for (const fault of ['checked-out', 'length-required', 'wrong-bytes']) statuses[fault] = await meet(fault);
  assert.equal(statuses, {
    reset: 'cut',
    'reset-after': 'cut',
    half: 'cut',
    'slow-down': 429,
    unavailable: 503,
    quota: 507,
    expired: 401,
    'checked-out': 403,
    'length-required': 411,
    'wrong-bytes': 200,
  });
  assert.is((await send('PUT', link, 'more')).status, 200, 'none is left');
});

test('faults are read from words, with when, how long, how often, what share', () => {
  assert.equal(parseOsfFaults('quota at=5m for=1m; reset share=0.1;; slow-down times=3'), [
    { is: 'quota', at: 300_000, for: 60_000 },
    { is: 'reset', share: 0.1 },
    { is: 'slow-down', times: 3 },
  ]);
  for (const wrong of ['flood', 'quota at=soon', 'quota until=5m', 'reset share'])
    assert.throws(
      () => parseOsfFaults(wrong),
      (error: Error) => error.name === 'OperatorError',
    );
});

test('a fault comes from when on it was ordered until it is over, and what only changes meet no question meets', () => {
  let clockMs = 0;
  const orders = osfOrders(() => clockMs, 1);
  orders.order('quota at=10s for=5s');
  const befall = (method: string): string | undefined =>
    orders.befall({ method, path: '', isListing: false, atMs: clockMs });
  const seen = [9, 10, 14, 15].map((second) => {
    clockMs = second * 1000;
    return [befall('GET'), befall('PUT')];
  });
  const none = [undefined, undefined];
  assert.equal(seen, [none, [undefined, 'quota'], [undefined, 'quota'], none]);
});

test.run();
