// What a process had not read when it was stopped: bytes that the kernel had received for it and still held.
// Takes a child and the port that it is connected to on this machine; leaves it stopped, to be killed or to go on (SIGCONT).
import { readFileSync } from 'node:fs';
import type { Child } from './child.ts';

/** Stops the process and gives the bytes that wait in its sockets. Synchronous: whatever this process would send meanwhile is not sent. */
export function stopUnread({ process: { pid }, ...child }: Pick<Child, 'process' | 'end'>, port: number): number {
  if (pid === undefined || child.end !== undefined) return 0;
  process.kill(pid, 'SIGSTOP');
  while (!isStopped(pid)) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
  return unreadFrom(port);
}

/** Stopped (T), or dead already (Z, X). */
function isStopped(pid: number): boolean {
  const state = /^State:\s+(\S)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? '';
  return 'TZX'.includes(state);
}

/** The receive queues of this machine's IPv4 sockets whose other end is that port (proc_net_tcp(5)). */
function unreadFrom(port: number): number {
  const wanted = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  let bytes = 0;
  for (const line of readFileSync('/proc/net/tcp', 'utf8').split('\n').slice(1)) {
    const [, , other = '', , queues = ''] = line.trim().split(/\s+/);
    if (other.endsWith(wanted)) bytes += Number.parseInt(queues.slice(queues.indexOf(':') + 1), 16) || 0;
  }
  return bytes;
}
