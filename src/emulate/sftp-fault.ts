// Faults of the embedded SFTP server, on demand. Takes faults with the requests they aim at;
// leaves, for each request that comes in, the one fault that befalls it. Nothing here touches the network.

/** The requests of SFTP version 3 that the server answers, and the two steps before them. */
export type SftpRequest =
  | 'CONNECT'
  | 'LOGIN'
  | 'OPEN'
  | 'CLOSE'
  | 'READ'
  | 'WRITE'
  | 'FSTAT'
  | 'FSETSTAT'
  | 'STAT'
  | 'LSTAT'
  | 'SETSTAT'
  | 'OPENDIR'
  | 'READDIR'
  | 'REALPATH'
  | 'REMOVE'
  | 'MKDIR'
  | 'RMDIR'
  | 'RENAME';

/** What befalls a request. OpenSSH says no more than "Failure" of a full disk, and so does `no-space` here. */
export type SftpMishap =
  /** The connection is reset, before the request is carried out or after it, so that only the answer is lost. */
  | { readonly is: 'drop'; readonly when?: 'before' | 'after' }
  | {
      readonly is: 'refuse';
      readonly with: 'no-space' | 'permission-denied' | 'no-such-file' | 'unsupported';
    }
  /** Carried out that much later (milliseconds of the server's clock), and everything after it as well. */
  | { readonly is: 'slow'; readonly delayMs: number }
  /** Answered as done without doing it (a READ gives bytes of zero). */
  | { readonly is: 'lie' }
  /** One bit of the bytes written or read is wrong, the size right. */
  | { readonly is: 'corrupt' }
  /** Only half of the bytes are written, all are claimed. */
  | { readonly is: 'shorten' }
  /** From here on the far side says nothing any more, not even to keep-alives. */
  | { readonly is: 'hang' };

export type SftpFault = SftpMishap & {
  readonly on: SftpRequest | 'any';
  /** Requests of that kind that pass unharmed first; 0 by default. */
  readonly skip?: number;
  /** How many requests it befalls after that; 1 by default, Infinity for all. */
  readonly times?: number;
};

export interface SftpFaults {
  add(fault: SftpFault): void;
  clear(): void;
  /** The mishap of a request that has just come in; counts it. The oldest fault that fits is the one. */
  take(request: SftpRequest): SftpMishap | undefined;
}

export function sftpFaults(): SftpFaults {
  let armed: { fault: SftpFault; skip: number; times: number }[] = [];
  return {
    add: (fault) => void armed.push({ fault, skip: fault.skip ?? 0, times: fault.times ?? 1 }),
    clear: () => void (armed = []),
    take(request) {
      for (const entry of armed) {
        if (entry.fault.on !== request && entry.fault.on !== 'any') continue;
        if (entry.skip > 0) {
          entry.skip -= 1;
          continue;
        }
        entry.times -= 1;
        armed = armed.filter(({ times }) => times > 0);
        return entry.fault;
      }
      return undefined;
    },
  };
}
