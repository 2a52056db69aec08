// Secrets kept out of sentences: an answer may repeat what was asked, and what is said of it goes into logs and mails.
// Takes text and the secrets that it must not hold; leaves the text with `[redacted]` in their place.

/** Replaces every secret; empty ones are none. */
export const withoutSecrets = (text: string, secrets: readonly string[]): string =>
  secrets.filter((secret) => secret !== '').reduce((rest, secret) => rest.replaceAll(secret, '[redacted]'), text);
