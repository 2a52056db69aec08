import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readAuthorities } from '../../src/outside/authorities.ts';
import { type Letter, type MailServer, MailError, sendLetter, tryMailServer } from '../../src/outside/mail.ts';
import { makeCertificate } from '../support/certificate.ts';
import { freePort, startMailServer } from '../support/mail-server.ts';
import { peerTest } from '../support/peers.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const test = suite('mail');

const letter: Letter = {
  from: 'The archive <archive@example.org>',
  to: ['a@example.org', 'B <b@example.org>'],
  subject: 'Bericht — 日報',
  text: 'Es läuft.\n.\nA line with a lone dot above.\n',
  html: '<p>Es läuft.</p>',
  attachments: [{ name: 'report.txt', text: 'hour\ttotal\n' }],
  sentMs: Date.parse('2026-03-10T02:00:00Z'),
  messageId: '4711@example.org',
  inReplyTo: '4710@example.org',
};

async function troubleOf(work: Promise<void>): Promise<MailError> {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  assert.instance(error, MailError);
  return error as MailError;
}

test('a letter arrives for one receiver, addressed to all, with its Message-ID, date and the letter it answers', async () => {
  await using server = await startMailServer();
  await sendLetter({ smtp: `smtp://127.0.0.1:${server.port}` }, letter, 'B <b@example.org>');
  const [taken] = server.taken;
  assert.is(taken?.messageId, '<4711@example.org>');
  assert.equal(taken?.receivers, ['b@example.org']);
  assert.match(taken?.source ?? '', /^To: a@example\.org, B <b@example\.org>\r$/m);
  assert.match(taken?.source ?? '', /^In-Reply-To: <4710@example\.org>\r$/m);
  assert.match(taken?.source ?? '', /^Date: Tue, 10 Mar 2026 02:00:00 \+0000\r$/m);
  assert.match(taken?.source ?? '', /^Auto-Submitted: auto-generated\r$/m);
  assert.match(taken?.source ?? '', /multipart\/alternative/);
});

peerTest(test, ['openssl'], 'STARTTLS and a login work against a server whose authority is one’s own', async () => {
  const certificate = makeCertificate(temporaryFolder());
  const login = { user: 'archive', password: 'ünd %40 so' };
  await using server = await startMailServer({ certificate, login });
  const authorities = await readAuthorities(certificate.authorityPath, '[mail] ca_file');
  const mail: MailServer = { smtp: `smtp://localhost:${server.port}`, ...login, authorities };
  await tryMailServer(mail);
  await sendLetter(mail, letter, 'a@example.org');
  assert.is(server.taken.length, 1);
});

peerTest(test, ['openssl'], 'TLS from the start works as well', async () => {
  const certificate = makeCertificate(temporaryFolder());
  await using server = await startMailServer({ certificate, isSecure: true });
  const authorities = await readAuthorities(certificate.authorityPath, '[mail] ca_file');
  await sendLetter({ smtp: `smtps://localhost:${server.port}`, authorities }, letter, 'a@example.org');
  assert.is(server.taken.length, 1);
});

peerTest(test, ['openssl'], 'a certificate of nobody known is refused, before any login', async () => {
  const certificate = makeCertificate(temporaryFolder());
  const login = { user: 'archive', password: 'secret' };
  await using server = await startMailServer({ certificate, login, isSecure: true });
  const error = await troubleOf(
    sendLetter({ smtp: `smtps://localhost:${server.port}`, ...login }, letter, 'a@example.org'),
  );
  assert.is(error.trouble, 'certificate');
  assert.match(error.remedy, 'ca_file');
  assert.is(server.taken.length, 0);
});

peerTest(test, ['openssl'], 'a certificate that is out of date is refused', async () => {
  const certificate = makeCertificate(temporaryFolder(), 0);
  await using server = await startMailServer({ certificate });
  const authorities = await readAuthorities(certificate.authorityPath, '[mail] ca_file');
  const error = await troubleOf(tryMailServer({ smtp: `smtp://localhost:${server.port}`, authorities }));
  assert.is(error.trouble, 'certificate');
  assert.match(error.message, 'expired');
});

peerTest(test, ['openssl'], 'on this machine a certificate is checked as well, wherever TLS is used', async () => {
  const certificate = makeCertificate(temporaryFolder());
  const other = makeCertificate(temporaryFolder());
  await using server = await startMailServer({ certificate });
  const authorities = await readAuthorities(other.authorityPath, '[mail] ca_file');
  const error = await troubleOf(tryMailServer({ smtp: `smtp://127.0.0.1:${server.port}`, authorities }));
  assert.is(error.trouble, 'certificate');
  await using secure = await startMailServer({ certificate, isSecure: true });
  assert.is((await troubleOf(tryMailServer({ smtp: `smtps://127.0.0.1:${secure.port}` }))).trouble, 'certificate');
});

peerTest(test, ['openssl'], 'the certificate itself will do as its own authority', async () => {
  const certificate = makeCertificate(temporaryFolder());
  await using server = await startMailServer({ certificate });
  const authorities = await readAuthorities(certificate.certificatePath, '[mail] ca_file');
  await tryMailServer({ smtp: `smtp://127.0.0.1:${server.port}`, authorities });
});

peerTest(
  test,
  ['openssl'],
  'a server of this machine that no authority is named for gets letters without TLS',
  async () => {
    const certificate = makeCertificate(temporaryFolder());
    await using server = await startMailServer({ certificate });
    await sendLetter({ smtp: `smtp://127.0.0.1:${server.port}` }, letter, 'a@example.org');
    assert.equal(
      server.taken.map(({ isSecure }) => isSecure),
      [false],
    );
  },
);

peerTest(test, ['openssl'], 'where it wants TLS it is said what makes that possible', async () => {
  const certificate = makeCertificate(temporaryFolder());
  const login = { user: 'archive', password: 'secret' };
  await using server = await startMailServer({ certificate, login });
  const error = await troubleOf(sendLetter({ smtp: `smtp://127.0.0.1:${server.port}`, ...login }, letter, 'a@b.org'));
  assert.is(error.trouble, 'certificate');
  assert.match(error.message, 'wants TLS');
  assert.match(error.remedy, 'ca_file');
});

test('a server without STARTTLS is given no letter and no password', async () => {
  await using server = await startMailServer();
  const error = await troubleOf(
    sendLetter({ smtp: `smtp://127.0.0.1:${server.port}`, authorities: [] }, letter, 'a@example.org'),
  );
  assert.is(error.trouble, 'certificate');
  assert.match(error.message, 'does not secure the connection');
  assert.is(server.taken.length, 0);
});

test('a wrong password is told as such', async () => {
  await using server = await startMailServer({ login: { user: 'archive', password: 'right' } });
  const error = await troubleOf(
    tryMailServer({ smtp: `smtp://127.0.0.1:${server.port}`, user: 'archive', password: 'wrong' }),
  );
  assert.is(error.trouble, 'login');
  assert.match(error.remedy, 'password_file');
  assert.not.match(error.message, 'wrong');
});

test('a receiver that is refused is trouble with the letter, not with the server', async () => {
  await using server = await startMailServer();
  server.refuse = () => ({ code: 550, text: 'No such user here' });
  const error = await troubleOf(sendLetter({ smtp: `smtp://127.0.0.1:${server.port}` }, letter, 'a@example.org'));
  assert.is(error.trouble, 'letter');
  assert.match(error.message, 'No such user here');
});

test('a server that is not there is told as unreachable', async () => {
  const error = await troubleOf(tryMailServer({ smtp: `smtp://127.0.0.1:${await freePort()}` }));
  assert.is(error.trouble, 'unreachable');
  assert.is(error.code, 'unreachable');
});

test.run();
