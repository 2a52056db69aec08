// What an SFTP server refuses. Takes the status of version 3 as ssh2 gives it; leaves an error of ours.

/** The far side refused something; the connection stands. OpenSSH says no more than `failed` of a full disk or a quota. */
export class FarRefusal extends Error {
  override readonly name = 'FarRefusal';
  readonly kind: 'no-such-file' | 'no-permission' | 'failed';
  constructor(kind: FarRefusal['kind'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.kind = kind;
  }
}

export const noSuchFile = 2;
const permissionDenied = 3;
export const failure = 4;
export const fileAlreadyExists = 11;

/** The status that came with an error, if one did. */
export const statusOf = (error: unknown): unknown =>
  error instanceof Error && 'code' in error ? error.code : undefined;

/** The far side's status as an error of ours; anything else (a lost connection) goes on as it is. */
export function refusal(error: unknown, what: string): unknown {
  const status = statusOf(error);
  const kind = status === noSuchFile ? 'no-such-file' : status === permissionDenied ? 'no-permission' : 'failed';
  const said = error instanceof Error ? error.message : String(error);
  return typeof status === 'number' ? new FarRefusal(kind, `${what}: ${said}`, { cause: error }) : error;
}

/** The same work, its failures told as refusals of `what`. */
export async function told<T>(what: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw refusal(error, what);
  }
}

/** Is this the answer of a server that lacks an extension? */
export const isNotOffered = (error: unknown): boolean =>
  error instanceof Error && (error.message.includes('does not support') || statusOf(error) === 8);
