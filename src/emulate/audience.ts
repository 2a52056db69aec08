// Everybody who listens: connections that stand, and the last ones that did. Takes listeners as they come and go;
// leaves them to whoever aims a fault, and the list that GET /2/connections gives.
import type { Fault } from './fault.ts';
import type { Listener } from './listener.ts';

interface Past {
  readonly id: string;
  readonly connectedAtMs: number;
  readonly endedAtMs: number;
  readonly reason: string;
}

const mostPast = 50;

export class Audience {
  readonly #standing = new Map<number, Listener>();
  #past: Past[] = [];
  #last = 0;

  /** The number of the next connection, counted from 1. */
  nextNumber(): number {
    return ++this.#last;
  }

  add(listener: Listener): void {
    this.#standing.set(listener.setting.number, listener);
  }

  remove(listener: Listener, endedAtMs: number, reason: string): void {
    this.#standing.delete(listener.setting.number);
    const { connectedAtMs, setting } = listener;
    this.#past = [{ id: idOf(setting.number), connectedAtMs, endedAtMs, reason }, ...this.#past].slice(0, mostPast);
  }

  get standing(): Listener[] {
    return [...this.#standing.values()];
  }

  /** Those that a fault aims at. */
  aimedAt({ to, connection }: Fault): Listener[] {
    return this.standing.filter(
      ({ setting }) =>
        (to === undefined || setting.label === to) && (connection === undefined || setting.number === connection),
    );
  }

  byId(id: string): Listener | undefined {
    return this.standing.find(({ setting }) => idOf(setting.number) === id);
  }

  /** As GET /2/connections gives them. */
  list(which: 'active' | 'inactive'): object {
    const shown =
      which === 'active'
        ? this.standing.map(({ setting, connectedAtMs }) => ({ ...described(idOf(setting.number), connectedAtMs) }))
        : this.#past.map(({ id, connectedAtMs, endedAtMs, reason }) => ({
            ...described(id, connectedAtMs),
            disconnected_at: new Date(endedAtMs).toISOString(),
            disconnect_reason: reason,
          }));
    return { data: shown, meta: { result_count: shown.length } };
  }
}

const idOf = (number: number): string => String(1_000_000 + number);

const described = (id: string, connectedAtMs: number): object => ({
  id,
  endpoint_name: 'sample_stream',
  connected_at: new Date(connectedAtMs).toISOString(),
  client_ip: '127.0.0.1',
});
