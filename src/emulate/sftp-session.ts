// One SFTP session of the embedded server: requests are carried out one after the other, in the order they came,
// so that "the third write" is the same write in every run. Takes the wire and the faults; leaves changed files.
import type { Socket } from 'node:net';
import type { Attributes, SFTPWrapper } from 'ssh2';
import type { Clock } from '../outside/clock.ts';
import type { SftpFaults, SftpMishap, SftpRequest } from './sftp-fault.ts';
import { type SftpAnswer, status, statusAnswer, statusOf } from './sftp-answer.ts';
import { SftpFolder } from './sftp-folder.ts';

export interface SessionSetting {
  readonly socket: Socket;
  readonly folder: string;
  readonly clock: Clock;
  readonly faults: SftpFaults;
  /** Told of each request as it comes in. */
  note(request: SftpRequest): void;
}

type Work = () => Promise<SftpAnswer>;
type Reply = (answer: SftpAnswer) => void;

const refusals = {
  'no-space': status.failure,
  'permission-denied': status.permissionDenied,
  'no-such-file': status.noSuchFile,
  unsupported: status.unsupported,
};

export function serveSftp(wire: SFTPWrapper, setting: SessionSetting): void {
  const files = new SftpFolder(setting.folder);
  let last: Promise<void> = Promise.resolve();

  function take(request: SftpRequest, id: number, work: (mishap: SftpMishap | undefined) => Promise<SftpAnswer>): void {
    setting.note(request);
    const mishap = setting.faults.take(request);
    const answer: Reply = (given) => {
      if (setting.socket.destroyed) return;
      send(wire, id, request === 'READ' && mishap?.is === 'corrupt' ? damaged(given) : given);
    };
    last = last.then(() =>
      carryOut(() => work(mishap), { mishap, setting, request }).then((given) => given && answer(given)),
    );
  }

  wire.on('OPEN', (id, path, ...how) => take('OPEN', id, () => files.open(path, ...how)));
  wire.on('CLOSE', (id, handle) => take('CLOSE', id, () => files.close(handle)));
  wire.on('READ', (id, handle, ...range) => take('READ', id, () => files.read(handle, ...range)));
  wire.on('WRITE', (id, handle, ...[offset, data]) => {
    take('WRITE', id, (mishap) => files.write(handle, offset, written(data, mishap)));
  });
  wire.on('FSTAT', (id, handle) => take('FSTAT', id, () => files.fstat(handle)));
  wire.on('FSETSTAT', (id, handle, to: Attributes) => take('FSETSTAT', id, () => files.fsetstat(handle, to)));
  wire.on('STAT', (id, path) => take('STAT', id, () => files.stat(path)));
  wire.on('LSTAT', (id, path) => take('LSTAT', id, () => files.lstat(path)));
  wire.on('SETSTAT', (id, path, to: Attributes) => take('SETSTAT', id, () => files.setstat(path, to)));
  wire.on('OPENDIR', (id, path) => take('OPENDIR', id, () => files.opendir(path)));
  wire.on('READDIR', (id, handle) => take('READDIR', id, () => files.readdir(handle)));
  wire.on('REALPATH', (id, path) => take('REALPATH', id, () => files.realpath(path)));
  wire.on('REMOVE', (id, path) => take('REMOVE', id, () => files.remove(path)));
  wire.on('MKDIR', (id, path) => take('MKDIR', id, () => files.mkdir(path)));
  wire.on('RMDIR', (id, path) => take('RMDIR', id, () => files.rmdir(path)));
  wire.on('RENAME', (id, from, to) => take('RENAME', id, () => files.rename(from, to)));
  // OpenSSH's client waits for the far side to close as well.
  wire.on('end', () => void last.then(() => wire.end()));
  // As with a real server, what a client wrote before it vanished is still written; only then are its files closed.
  setting.socket.once('close', () => void last.then(() => files.closeAll()));
}

interface Circumstances {
  readonly mishap: SftpMishap | undefined;
  readonly setting: SessionSetting;
  readonly request: SftpRequest;
}

/** Does the work, or what the mishap makes of it. Resolves to nothing where no answer may be sent any more. */
async function carryOut(work: Work, { mishap, setting, request }: Circumstances): Promise<SftpAnswer | undefined> {
  const { socket, clock } = setting;
  if (mishap?.is === 'hang') {
    socket.pause();
    return undefined;
  }
  if (mishap?.is === 'drop' && mishap.when !== 'after') return drop(socket);
  if (mishap?.is === 'refuse') return statusAnswer(refusals[mishap.with]);
  if (mishap?.is === 'slow') await clock.sleep(mishap.delayMs);
  if (mishap?.is === 'lie' && request !== 'READ' && request !== 'OPEN') return statusAnswer(status.ok);
  const answer = await work().catch((error: unknown) => statusAnswer(statusOf(error)));
  if (mishap?.is === 'drop') return drop(socket);
  return mishap?.is === 'lie' && answer.is === 'data' ? { is: 'data', data: answer.data.fill(0) } : answer;
}

function drop(socket: Socket): undefined {
  socket.resetAndDestroy();
}

function written(data: Buffer, mishap: SftpMishap | undefined): Buffer {
  if (mishap?.is === 'shorten') return data.subarray(0, data.length >> 1);
  return mishap?.is === 'corrupt' ? oneBitWrong(data) : data;
}

const damaged = (answer: SftpAnswer): SftpAnswer =>
  answer.is === 'data' ? { is: 'data', data: oneBitWrong(answer.data) } : answer;

function oneBitWrong(data: Buffer): Buffer {
  const copy = Buffer.from(data);
  const middle = copy.length >> 1;
  if (copy.length > 0) copy.writeUInt8(copy.readUInt8(middle) ^ 1, middle);
  return copy;
}

function send(wire: SFTPWrapper, id: number, answer: SftpAnswer): void {
  if (answer.is === 'status') wire.status(id, answer.code);
  else if (answer.is === 'handle') wire.handle(id, answer.handle);
  else if (answer.is === 'data') wire.data(id, answer.data);
  else if (answer.is === 'names') wire.name(id, answer.names);
  else wire.attrs(id, answer.attributes);
}
