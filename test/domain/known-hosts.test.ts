import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  describeHostKey,
  fingerprint,
  hostKeyAlgorithms,
  judgeHostKey,
  knownHost,
  knownHostsLine,
  parseKnownHosts,
} from '../../src/domain/known-hosts.ts';

const test = suite('known hosts');

const ed = 'AAAAC3NzaC1lZDI1NTE5AAAAIJ0GHI7BLnGVfx6jYuuhnqpY+npppNd2FisYVqt+SUU3';
const ec =
  'AAAAE2VjZHNhLXNoYTItbmlzdHAzODQAAAAIbmlzdHAzODQAAABhBI2Izd2208buBKcBDoNx8jTPYyIHg0UjDtXzB1CWHEjpUyKFBlHyPgKGjo+FcCzUG1G6irq5KbMkqZ6Xk5dkrLZN3J8s+ELSigJoep0YNTEznMMLRRUGNjFyja85rWklDA==';
const blob = (base64: string): Buffer => Buffer.from(base64, 'base64');

/** The verdict on the ed25519 key, offered by that host, under a file of these lines. */
function verdict(lines: string | string[], host = 'server1.example.org', port = 22): string {
  const text = [lines].flat().join('\n');
  return judgeHostKey(knownHost(parseKnownHosts(text), host, port), blob(ed));
}

const facts: [title: string, got: () => string, expected: string][] = [
  ['a plain name is known', () => verdict(`server1.example.org ssh-ed25519 ${ed}`), 'trusted'],
  ['a comment after the key is left alone', () => verdict(`server1.example.org ssh-ed25519 ${ed} by hand`), 'trusted'],
  [
    'names differ in case only',
    () => verdict(`Server1.Example.ORG ssh-ed25519 ${ed}`, 'sErver1.example.org'),
    'trusted',
  ],
  ['one of several names is known', () => verdict(`other,server1.example.org,192.0.2.1 ssh-ed25519 ${ed}`), 'trusted'],
  ['an address is known', () => verdict(`other,192.0.2.1 ssh-ed25519 ${ed}`, '192.0.2.1'), 'trusted'],
  ['an IPv6 address is known', () => verdict(`2001:db8::1 ssh-ed25519 ${ed}`, '2001:db8::1'), 'trusted'],
  ['an empty file knows nobody', () => verdict(''), 'unknown'],
  ['another name is unknown', () => verdict(`server2.example.org ssh-ed25519 ${ed}`), 'unknown'],
  ['a dot is a dot', () => verdict(`server1xexample.org ssh-ed25519 ${ed}`), 'unknown'],
  [
    'comments and broken lines count for nothing',
    () =>
      verdict([
        '# all',
        'server1.example.org ssh-ed25519',
        `server1.example.org ssh-rsa ${ed}`,
        '@odd server1.example.org x y',
      ]),
    'unknown',
  ],
  ['another key for the name is a change', () => verdict(`server1.example.org ecdsa-sha2-nistp384 ${ec}`), 'changed'],
  [
    'one of several keys is enough',
    () => verdict([`server1.example.org ecdsa-sha2-nistp384 ${ec}`, `server1.example.org ssh-ed25519 ${ed}`]),
    'trusted',
  ],
  ['* stands for any characters', () => verdict(`*.example.org ssh-ed25519 ${ed}`), 'trusted'],
  ['? stands for one character', () => verdict(`server?.example.org ssh-ed25519 ${ed}`), 'trusted'],
  ['? does not stand for none', () => verdict(`server1?.example.org ssh-ed25519 ${ed}`), 'unknown'],
  [
    'a negated name excludes its line',
    () => verdict(`*.example.org,!server1.example.org ssh-ed25519 ${ed}`),
    'unknown',
  ],
  [
    'a negated other name excludes nothing',
    () => verdict(`!server2.example.org,*.example.org ssh-ed25519 ${ed}`),
    'trusted',
  ],
  ['a negation alone matches nobody', () => verdict(`!server2.example.org ssh-ed25519 ${ed}`), 'unknown'],
  [
    'a port stands in brackets',
    () => verdict(`[server1.example.org]:2222 ssh-ed25519 ${ed}`, 'server1.example.org', 2222),
    'trusted',
  ],
  [
    'another port is unknown',
    () => verdict(`[server1.example.org]:2223 ssh-ed25519 ${ed}`, 'server1.example.org', 2222),
    'unknown',
  ],
  [
    'a name with a port says nothing of port 22',
    () => verdict(`[server1.example.org]:2222 ssh-ed25519 ${ed}`),
    'unknown',
  ],
  [
    'without a line for the port the plain name counts',
    () => verdict(`server1.example.org ssh-ed25519 ${ed}`, 'server1.example.org', 2222),
    'trusted',
  ],
  [
    'with a line for the port the plain name does not',
    () =>
      verdict(
        [`server1.example.org ssh-ed25519 ${ed}`, `[server1.example.org]:2222 ecdsa-sha2-nistp384 ${ec}`],
        'server1.example.org',
        2222,
      ),
    'changed',
  ],
  [
    'a hashed name is known',
    () => verdict(`|1|yfDzYJF2kjOrh86UgaFZrMO323Y=|d/C8NgE7W19vtBSKlD0CMe9NTF0= ssh-ed25519 ${ed}`, 'host.example'),
    'trusted',
  ],
  [
    'a hashed address is known',
    () => verdict(`|1|+ihmyzJ9GqNfq1YmawQs9rapO7I=|6+xs9CCaMqBged2BH+aYIybaLnw= ssh-ed25519 ${ed}`, '192.0.2.1'),
    'trusted',
  ],
  [
    'a hashed name with its port is known',
    () =>
      verdict(
        `|1|MmWV6AS3E3znh1d5RrJLFrn0Hk0=|CCd702Ll24EQv6qvUmR02k8pNL0= ecdsa-sha2-nistp384 ${ec}`,
        'host.example',
        2222,
      ),
    'changed',
  ],
  [
    'a hash of another version is no name',
    () => verdict(`|2|yfDzYJF2kjOrh86UgaFZrMO323Y=|d/C8NgE7W19vtBSKlD0CMe9NTF0= ssh-ed25519 ${ed}`, 'host.example'),
    'unknown',
  ],
  [
    'a revoked key is refused, whatever else stands there',
    () => verdict([`server1.example.org ssh-ed25519 ${ed}`, `@revoked * ssh-ed25519 ${ed}`]),
    'revoked',
  ],
  [
    'a revoked other key changes nothing',
    () => verdict([`server1.example.org ssh-ed25519 ${ed}`, `@revoked * ecdsa-sha2-nistp384 ${ec}`]),
    'trusted',
  ],
  [
    'a key revoked for another host is trusted here',
    () => verdict([`server1.example.org ssh-ed25519 ${ed}`, `@revoked server2.example.org ssh-ed25519 ${ed}`]),
    'trusted',
  ],
  ['an authority proves nothing', () => verdict(`@cert-authority *.example.org ssh-ed25519 ${ed}`), 'authority-only'],
  [
    'a key beside an authority is trusted',
    () => verdict([`@cert-authority * ecdsa-sha2-nistp384 ${ec}`, `server1.example.org ssh-ed25519 ${ed}`]),
    'trusted',
  ],
  [
    'lines may end in CR LF and be set apart by tabs',
    () => verdict(`server1.example.org\tssh-ed25519\t${ed}\r`),
    'trusted',
  ],
];
for (const [title, got, expected] of facts) test(title, () => assert.is(got(), expected));

test('only algorithms of known keys are asked for, and never one with SHA-1', () => {
  assert.equal(hostKeyAlgorithms([{ type: 'ssh-ed25519', blob: blob(ed) }]), ['ssh-ed25519']);
  assert.equal(hostKeyAlgorithms([{ type: 'ssh-rsa', blob: blob(ed) }]), ['rsa-sha2-512', 'rsa-sha2-256']);
  assert.is(hostKeyAlgorithms([]).includes('ssh-rsa'), false);
});

test('a fingerprint is written as ssh-keygen writes it', () => {
  assert.is(fingerprint(blob(ed)), 'SHA256:lQXPnxz42UY/RbIdcS2GhxD+YIPxz6FiP/2PSHdGGyA');
  assert.is(
    describeHostKey(blob(ec), 'root@vm'),
    '384 SHA256:e4aoSf82OyA3OkYWL+5+Z7FyVbxwBJSjWF+PABpcFgw root@vm (ECDSA)',
  );
});

test('the line for known_hosts is read back as trusted', () => {
  const line = knownHostsLine('server1.example.org', 2222, blob(ed));
  assert.is(verdict(line, 'server1.example.org', 2222), 'trusted');
});

test.run();
