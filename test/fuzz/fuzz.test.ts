// Whatever comes: random bytes, lines, names, documents and texts, drawn from a printed seed. STREAMVAULT_FUZZ is how many times
// the usual number of draws is made.
import { execFileSync } from 'node:child_process';
import { isUtf8 } from 'node:buffer';
import fc from 'fast-check';
import { stringify } from 'smol-toml';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readConfig } from '../../src/config/read.ts';
import { csvRow } from '../../src/domain/csv.ts';
import { judgeHostKey, knownHost, parseKnownHosts } from '../../src/domain/known-hosts.ts';
import { LineSplitter } from '../../src/domain/line-splitter.ts';
import {
  minuteFileName,
  parseMinuteFileName,
  parseOlderFileName,
  parsePartName,
  partName,
} from '../../src/domain/minute-file.ts';
import { OperatorError } from '../../src/domain/operator-error.ts';
import { parseReceipt, type Receipt, receiptText } from '../../src/domain/receipt.ts';
import { readPayload, tweetColumns, tweetRows, unreadableReasons, userColumns } from '../../src/domain/tweet.ts';
import { LineCutter } from '../../src/ingest/line-cutter.ts';
import { readOlderSettings, readPairs } from '../../src/older/settings.ts';
import { configurationKeys } from '../support/configuration-keys.ts';
import { parsedCsv } from '../support/parsed-csv.ts';
import { neededPeer, peerTest } from '../support/peers.ts';
import { seed } from '../support/seed.ts';

const test = suite('fuzz');
const times = Number(process.env['STREAMVAULT_FUZZ'] ?? 1);
const draws = (numRuns: number) => ({ seed: seed | 0, numRuns: Math.round(numRuns * times) });

/** Bytes cut at random places. */
const pieces = fc.array(
  fc.oneof(
    fc.uint8Array({ maxLength: 40 }),
    fc.constantFrom('\n', '\r\n', '{"data":{"id":"1"}}\n', '{', '}', '\r', '{}\r\n').map((text) => Buffer.from(text)),
  ),
  { maxLength: 40 },
);

test('the line splitter gives every byte back, however the bytes were cut', () => {
  fc.assert(
    fc.property(pieces, fc.integer({ min: 1, max: 50 }), (parts, longest) => {
      const whole = Buffer.concat(parts);
      const lines: Buffer[] = [];
      let open: Buffer[] = [];
      const splitter = new LineSplitter(
        {
          line: (line) => {
            assert.ok(line.length <= longest);
            lines.push(Buffer.from(line));
          },
          longPart(part, isLast) {
            open.push(Buffer.from(part));
            if (!isLast) return;
            const long = Buffer.concat(open);
            assert.ok(long.length > longest);
            lines.push(long);
            open = [];
          },
        },
        longest,
      );
      for (const part of parts) splitter.push(Buffer.from(part));
      splitter.finish();
      assert.is(open.length, 0);
      assert.is(splitter.lines, lines.length);
      const expected = whole.toString('latin1').split('\n');
      if (expected.at(-1) === '') expected.pop();
      assert.equal(
        lines.map((line) => line.toString('latin1')),
        expected,
      );
    }),
    draws(500),
  );
});

test('ingest’s cutter hears the same payloads, however the network cut them', () => {
  const hear = (parts: readonly Uint8Array[]): string[] => {
    const heard: string[] = [];
    const cutter = new LineCutter({
      payload: (bytes, start, end) => heard.push(Buffer.from(bytes.subarray(start, end)).toString('latin1')),
      aside: (reason, line) => heard.push(`${reason} ${line.toString('latin1')}`),
    });
    for (const part of parts) cutter.feed(Buffer.from(part));
    cutter.end();
    return heard;
  };
  fc.assert(
    fc.property(pieces, (parts) => {
      const whole = Buffer.concat(parts);
      const bytes = [...whole].map((byte) => Uint8Array.of(byte));
      assert.equal(hear(parts), hear([whole]));
      assert.equal(hear(bytes), hear([whole]));
    }),
    draws(300),
  );
});

test('a minute file’s name is read back as it was written, and nothing else is taken for one', () => {
  const file = fc.record({
    minute: fc.integer({ min: 0, max: 100_000_000 }),
    lines: fc.integer({ min: 0, max: 1e9 }),
    connectedSeconds: fc.integer({ min: 0, max: 60 }),
    digest: fc.stringMatching(/^[0-9a-f]{16}$/),
  });
  fc.assert(
    fc.property(file, fc.string(), fc.nat(80), (written, noise, at) => {
      const name = minuteFileName(written);
      assert.equal(parseMinuteFileName(name), { ...written });
      assert.is(parsePartName(partName(written.minute)), written.minute);
      const other = name.slice(0, at) + noise + name.slice(at + 1);
      const read = parseMinuteFileName(other);
      if (read !== undefined) assert.is(minuteFileName(read), other);
    }),
    draws(1_000),
  );
});

test('no text is a name with a way in it', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.stringMatching(/^[./\\T\dZ_-]+\.jsonl$/)), (name) => {
      for (const parse of [parseMinuteFileName, parsePartName, parseOlderFileName])
        if (parse(name) !== undefined) assert.not.match(name, /[/\\\0]|\.\./);
    }),
    draws(1_000),
  );
});

test('any JSON is a tweet with all its columns, or unreadable for a reason of the list', () => {
  const key = fc.constantFrom(
    'id',
    'data',
    'text',
    'author_id',
    'author',
    'includes',
    'users',
    'public_metrics',
    '__twarc',
    '__proto__',
    'referenced_tweets',
    'note_tweet',
    'x',
  );
  const { value } = fc.letrec<{ value: unknown }>((tie) => ({
    value: fc.oneof(
      { depthSize: 'small' },
      fc.constantFrom('1', '12345678901234567890', '', '\r\n', null, true, -0, 1e308),
      fc.string({ unit: 'binary' }),
      fc.double(),
      fc.array(tie('value'), { maxLength: 3 }),
      fc.dictionary(key, tie('value'), { maxKeys: 6 }),
    ),
  }));
  const line = fc.oneof(value, fc.record({ data: fc.dictionary(key, value), includes: value }));
  fc.assert(
    fc.property(line, (drawn) => {
      const payload = readPayload(JSON.parse(JSON.stringify(drawn) ?? 'null'));
      if (typeof payload === 'string') return assert.ok(unreadableReasons.includes(payload));
      const { tweet, user } = tweetRows(payload);
      const [row = [], userRow = [], ...more] = parsedCsv(tweet + user);
      assert.equal([row.length, userRow.length, more], [tweetColumns.length, userColumns.length, []]);
      assert.not.match(row[tweetColumns.indexOf('text')] ?? '', /[\r\n]/);
    }),
    draws(2_000),
  );
});

const pythonRows = `
import csv, json, sys
csv.field_size_limit(2**31 - 1)
sys.stdin.reconfigure(encoding='utf-8', newline='')
for row in csv.reader(sys.stdin, strict=True):
    print(json.dumps(row))
`;

peerTest(test, ['python3'], 'rows are read back cell by cell by a reader that is not ours', () => {
  const cell = fc.oneof(fc.string({ unit: 'grapheme' }), fc.stringMatching(/^[",\r\n ;'=\t]*$/));
  // Python's reader takes a row of one empty field for an empty line; ours never have fewer than two.
  const row = fc.array(cell, { minLength: 2, maxLength: 20 });
  const rows = fc
    .sample(row, { ...draws(3_000), seed: seed | 0 })
    .filter((cells) => !cells.some((text) => text.includes('\0')));
  const text = rows.map(csvRow).join('');
  const printed = execFileSync(neededPeer('python3'), ['-c', pythonRows], {
    input: text,
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  const read = printed
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as string[]);
  assert.is(read.length, rows.length);
  for (const [index, cells] of rows.entries()) assert.equal(read[index], cells);
});

test('any document is a configuration, or a list of what is wrong with it', () => {
  const names = [...new Set(configurationKeys().flatMap((key) => key.split('.')))];
  const value = fc.oneof(
    fc.string(),
    fc.integer(),
    fc.boolean(),
    fc.constantFrom('15m', '/a', 'UTC', 'https://x', '1:2', '127.0.0.1:9'),
    fc.array(fc.string(), { maxLength: 3 }),
  );
  const section = fc.dictionary(fc.oneof(fc.constantFrom(...names), fc.stringMatching(/^[a-z]{1,8}$/)), value, {
    maxKeys: 8,
  });
  const table = fc.dictionary(fc.constantFrom(...names), fc.oneof(value, section), { maxKeys: 8 });
  const text = fc.oneof(
    table.map((drawn) => stringify(drawn)),
    fc.string({ unit: 'binary' }),
    fc.string(),
  );
  fc.assert(
    fc.property(text, (source) => {
      try {
        readConfig(source, 'fuzz', ['ingest']);
      } catch (error) {
        assert.instance(error, OperatorError);
        assert.is((error as OperatorError).code, 'config-invalid');
      }
    }),
    draws(1_500),
  );
});

test('known_hosts of any text trusts no key that does not stand in it', () => {
  const key = Buffer.from('0000000b7373682d6564323535313900000020'.concat('ab'.repeat(32)), 'hex');
  const line = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc
      .tuple(fc.constantFrom('h', '*', '!h', 'h,*', '|1|a|b', '@revoked h', '[h]:22', '((', '\\'), fc.string())
      .map(([host, rest]) => `${host} ssh-ed25519 ${rest}`),
  );
  fc.assert(
    fc.property(fc.array(line, { maxLength: 10 }), fc.string(), (lines, host) => {
      const verdict = judgeHostKey(knownHost(parseKnownHosts(lines.join('\n')), host, 22), key);
      assert.is.not(verdict, 'trusted');
    }),
    draws(1_000),
  );
});

test('a receipt is read back as it was written; any other text is none, and never a way out of the vault', () => {
  const base: Receipt = {
    receipt: 1,
    streamvault: '1.0.0',
    hour: '2026-03-10T14',
    start: '2026-03-10T14:00Z',
    zone: 'UTC',
    generation: 1,
    made_at: '2026-03-10T15:00:00.000Z',
    complete: true,
    servers: [1, 2],
    gaps: { missing_1: 0, missing_2: 0, gap_1: 0, gap_2: 0, joint_gap: 0 },
    counts: {
      server_1: 1,
      server_2: 1,
      both: 1,
      only_1: 0,
      only_2: 0,
      total: 1,
      duplicates_within: 0,
      duplicates_across: 0,
      'held-by-next': 0,
      unreadable: {},
    },
    left_out: [],
    outputs: [{ kind: 'IDs', file: '2026-03-10_14_IDs.txt.xz', bytes: 1, rows: 1, sha256: '0' }],
    inputs: [],
  };
  assert.equal(parseReceipt(receiptText(base)), base);
  const keys = Object.keys(base) as (keyof Receipt)[];
  fc.assert(
    fc.property(fc.constantFrom(...keys), fc.jsonValue(), fc.string({ unit: 'binary' }), (key, value, text) => {
      for (const candidate of [JSON.stringify({ ...base, [key]: value }), text]) {
        const read = parseReceipt(candidate);
        for (const { file } of read?.outputs ?? []) assert.not.match(file, /[/\\]|\.\./);
      }
    }),
    draws(1_500),
  );
});

test('older settings of any text are read or refused with a sentence', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.string({ unit: 'binary' }).map((text) => `SERVER=1\n${text}`),
      ),
      (text) => {
        const settings = readOlderSettings(text);
        if (typeof settings === 'string') assert.match(settings, 'SERVER');
        else assert.ok(settings.server === 1 || settings.server === 2);
        for (const value of readPairs(text).values()) assert.type(value, 'string');
      },
    ),
    draws(1_000),
  );
});

test('the draws hold bytes that are no text, so that the splitters were tried on them', () => {
  const drawn = fc.sample(fc.uint8Array({ minLength: 8 }), { ...draws(50), seed: seed | 0 });
  assert.ok(drawn.some((bytes) => !isUtf8(bytes)));
});

test.run();
