// A new key pair for servers and accounts that exist for a test or a demo only. Takes nothing; leaves both halves in OpenSSH's form.
import ssh2 from 'ssh2';

/** An ed25519 key. One in about two hundred that ssh2 1.17 makes it cannot read itself ("Malformed OpenSSH private key"); those are thrown away. */
export function newKeyPair(): { readonly private: string; readonly public: string } {
  for (;;) {
    const pair = ssh2.utils.generateKeyPairSync('ed25519');
    if (!(ssh2.utils.parseKey(pair.private) instanceof Error)) return pair;
  }
}
