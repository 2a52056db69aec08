// What the operating system refused about a file or a port, for a person. Takes any error; leaves a sentence, or nothing for other errors.
import { OperatorError, describeError } from '../domain/operator-error.ts';
import { hasCode } from './disk.ts';

const ofNetworkAndPrograms = /^(?:listen|connect|bind|getaddrinfo|spawn|kill)/;

/** undefined for what is no such refusal: that is for whoever knows better, or our own damage. */
export function systemRefusal(cause: unknown): OperatorError | undefined {
  if (hasCode(cause, 'EADDRINUSE', 'EADDRNOTAVAIL', 'ERR_SOCKET_BAD_PORT'))
    return new OperatorError(
      'wrong-usage',
      `Nobody can be answered there (${describeError(cause)}); nothing was started.`,
      'Name another port, or stop the program that has it.',
      { cause },
    );
  if (!(cause instanceof Error) || !('syscall' in cause) || ofNetworkAndPrograms.test(String(cause.syscall)))
    return undefined;
  const what = describeError(cause);
  if (hasCode(cause, 'EACCES', 'EPERM'))
    return new OperatorError(
      'disk-failed',
      `This user may not do that (${what}); what lies there stays as it is.`,
      "Run it as root, or as the services' user: sudo -u streamvault streamvault …",
      { cause },
    );
  if (hasCode(cause, 'ENOSPC', 'EDQUOT'))
    return new OperatorError(
      'disk-full',
      `No room is left (${what}); what was finished is safe.`,
      'Free space, then run it again.',
      { cause },
    );
  if (hasCode(cause, 'EROFS', 'EIO', 'EMFILE', 'ENFILE', 'ESTALE', 'ENOTDIR', 'EUCLEAN'))
    return new OperatorError(
      'disk-failed',
      `The disk refuses (${what}); what was finished is safe.`,
      'Look at that path and its disk (dmesg), then run it again.',
      { cause },
    );
  return undefined;
}
