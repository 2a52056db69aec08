// What an archive of the wire is shown, and what it gives whoever writes beside it. Types only: hearing and archiving meet here.

/** The exchange as it goes over the wire. `headers` hold the bearer token: whoever keeps them must take it out first. */
export interface WireExchange {
  readonly method: 'GET';
  readonly url: string;
  /** The request line's target. */
  readonly path: string;
  /** Names and values in turn, in the order sent. */
  readonly headers: readonly string[];
  readonly remoteAddress: string;
}

/** Is given the exact bytes of one response, head and framing included, as they come from the (decrypted) connection. */
export interface WireSink {
  /** Valid only during the call. */
  bytes(bytes: Buffer): void;
  /** `isComplete`: the response ended in order, and not only its connection. */
  end(isComplete: boolean): void;
}

/** Where an archive of the wire listens: called once for each exchange, before its first byte. */
export type WireTap = (exchange: WireExchange) => WireSink;

/** An archive of the wire beside whoever hears the stream. */
export interface WireArchive {
  readonly tap: WireTap;
  /**
   * Resolves once the kernel has what the archive was shown until now, or the archive holds nobody up any longer; undefined: go on at
   * once. Who writes only then leaves nothing, however the process ends, that the archive has not.
   */
  ahead(): Promise<void> | undefined;
}
