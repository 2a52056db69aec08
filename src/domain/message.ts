// A message to people: what an alert, a notice or a report says, in the form in which it waits in the outbox.
// Takes troubles and tellings; leaves subjects, texts and the JSON that commands and webhooks get.
import { type AlertCause, alertTitles, isOccasion } from './alert.ts';
import { productName } from './product.ts';
import { formatDuration } from './quantity.ts';
import type { Telling, TellingKind, Trouble } from './telling.ts';

const messageWays = ['mail', 'command', 'webhook'] as const;
/** How a message can reach people. */
export type MessageWay = (typeof messageWays)[number];

/** JSON, one file each in the outbox. */
export interface Message {
  /** The file's name without its ending; there is never a second message of the same name. */
  readonly name: string;
  /** Random, made with the message: the same for each try, so that a mail that arrives twice is seen to be one. */
  readonly id: string;
  /** The id of the message that this one answers. */
  readonly answers?: string;
  readonly atMs: number;
  readonly ways: readonly MessageWay[];
  readonly subject: string;
  readonly text: string;
  readonly html?: string;
  readonly attachments?: readonly { readonly name: string; readonly text: string }[];
  /** What commands and webhooks get beside subject and text. */
  readonly data?: Readonly<Record<string, unknown>>;
}

/** Who speaks: server 1 or 2, and which of its services. */
export interface Speaker {
  readonly server: number;
  readonly service: string;
}

/** "[streamvault 1] stream ended" */
export const subjectOf = (server: number, words: string): string => `[${productName} ${server}] ${words}`;

/** 2026-03-10_ingest_stream-ended_1_began */
const tellingName = ({ cause }: Trouble, { day, episode, kind }: Telling, service: string): string =>
  `${day}_${service}_${cause}_${episode}_${kind}`;

const subjectWords: Readonly<Record<TellingKind, (title: string) => string>> = {
  began: (title) => title,
  lasts: (title) => `still: ${title}`,
  more: (title) => `gathered: ${title}`,
  over: (title) => `over: ${title}`,
};

/** Which ways a trouble's message may take: trouble with one way is told by the others. */
function waysOf({ cause }: Trouble): MessageWay[] {
  if (cause === 'mail-failing') return ['command', 'webhook'];
  return cause === 'hook-failing' ? ['mail'] : [...messageWays];
}

/** Epoch ms as people and machines read it alike: 2026-03-10 13:05:07 UTC. */
const timeWords = (epochMs: number): string => `${new Date(epochMs).toISOString().slice(0, 19).replace('T', ' ')} UTC`;

/** The message of a telling, but for its id. */
export function tellingMessage(
  trouble: Trouble,
  telling: Telling,
  { speaker, nowMs }: { speaker: Speaker; nowMs: number },
): Omit<Message, 'id'> {
  const title = alertTitles[trouble.cause];
  return {
    name: tellingName(trouble, telling, speaker.service),
    atMs: nowMs,
    ways: waysOf(trouble),
    subject: subjectOf(speaker.server, subjectWords[telling.kind](title)),
    text: tellingText(trouble, telling, speaker),
    data: {
      cause: trouble.cause,
      state: telling.kind,
      server: speaker.server,
      service: speaker.service,
      sentence: telling.kind === 'over' ? (trouble.endSentence ?? trouble.sentence) : trouble.sentence,
      since: new Date(trouble.sinceMs).toISOString(),
      last: new Date(trouble.lastMs).toISOString(),
      times: trouble.times,
      facts: trouble.facts,
    },
  };
}

function tellingText(trouble: Trouble, telling: Telling, speaker: Speaker): string {
  const facts = Object.entries(trouble.facts).map(([key, value]) => `${key}: ${wordsOf(value)}`);
  const sections = [
    tellingSentences(trouble, telling),
    tellingTimes(trouble, telling),
    facts,
    closing(telling.kind, trouble.cause, speaker),
  ];
  return `${sections
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')}\n`;
}

const wordsOf = (value: unknown): string => (typeof value === 'string' ? value : (JSON.stringify(value) ?? ''));

function tellingSentences(trouble: Trouble, { kind }: Telling): string[] {
  const { sentence, untold, untoldMore } = trouble;
  const rest = untoldMore > 0 ? [`… and ${untoldMore} more, which the log has.`] : [];
  if (kind === 'more') return ['After the first message of that day there was also:', '', ...untold, ...rest];
  if (kind !== 'over') return [...new Set([...untold, sentence]), ...rest];
  const others = untold.filter((text) => text !== trouble.endSentence);
  return [trouble.endSentence ?? 'It is over.', ...(others.length > 0 ? ['', 'Meanwhile:', ...others, ...rest] : [])];
}

function tellingTimes(trouble: Trouble, { kind }: Telling): string[] {
  const times = trouble.times > 1 ? [`How often: ${trouble.times} times`] : [];
  const since = `Since: ${timeWords(trouble.sinceMs)}`;
  if (kind === 'more') return times;
  if (kind !== 'over' || trouble.endedMs === undefined) return [since, ...times];
  const lasted = formatDuration(Math.max(0, trouble.endedMs - trouble.sinceMs));
  return [since, `Until: ${timeWords(trouble.endedMs)} (${lasted})`, ...times];
}

function closing(kind: TellingKind, cause: AlertCause, { server, service }: Speaker): string[] {
  const from = `-- \n${productName} ${service} on server ${server}. "${productName} status" there shows how things stand.`;
  const gathered = isOccasion(cause)
    ? 'More of the same today is gathered into one message tomorrow.'
    : 'More of the same today is counted, not mailed; one message follows when it is over.';
  return kind === 'began' || kind === 'lasts' ? [gathered, from] : [from];
}

/** The notice that a service started. Its name holds the second, so that each start is told. */
export function startNotice(speaker: Speaker, version: string, nowMs: number): Omit<Message, 'id'> {
  const { server, service } = speaker;
  const stamp = new Date(nowMs).toISOString().slice(0, 19).replaceAll(':', '-');
  return {
    name: `${stamp}_${service}_started`,
    atMs: nowMs,
    ways: ['mail'],
    subject: subjectOf(server, `${service} started`),
    text: `${productName} ${version} ${service} started on server ${server}, ${timeWords(nowMs)}.\n\nThis notice can be switched off: [mail] notice_at_start = false.\n`,
  };
}
