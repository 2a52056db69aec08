// Names that no other has: drawn from the machine's randomness.
import { randomUUID } from 'node:crypto';

/** A new name for a record: `<urn:uuid:…>`. */
export const newUrn = (): string => `<urn:uuid:${randomUUID()}>`;
