// The first configuration of a server, made from the example: its number, its own sections on, the others left out.
// Takes and leaves TOML text, so that every comment of the example stays where it is.

const sectionsOf = { 1: ['ingest', 'watch', 'alerts'], 2: ['ingest', 'ship', 'alerts'] } as const;

/** The example with `server` set, and every section that this server need not have commented out. */
export function exampleFor(server: 1 | 2, example: string): string {
  let isOn = true;
  const lines = example.split('\n').map((line) => {
    if (line.startsWith('server = ')) return line.replace(/^server = \d/, `server = ${server}`);
    const section = /^\[([a-z_]+)\]/.exec(line)?.[1];
    if (section !== undefined) isOn = (sectionsOf[server] as readonly string[]).includes(section);
    return isOn || line === '' || line.startsWith('#') ? line : `# ${line}`;
  });
  return lines.join('\n');
}
