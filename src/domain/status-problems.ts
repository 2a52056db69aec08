// What is wrong on one server, and what to do. Takes what was found on disk; leaves the status: whether all is well, and if not, why not.
import { isOccasion } from './alert.ts';
import { nearlyFullBytes } from './disk-forecast.ts';
import { formatDuration, formatSize } from './quantity.ts';
import type { Problem, Status, StatusFacts, VaultStatus } from './status.ts';
import { hourMs, minuteMs } from './time.ts';

/** Waits that are longer than they should be in health. */
const lateMs = 10 * minuteMs;
const shipLateMs = 15 * minuteMs;
const messageLateMs = hourMs;

export function statusOf(facts: StatusFacts, version: string): Status {
  const { nowMs, troubles: _troubles, tellingTrouble: _tellingTrouble, limits: _limits, ...shown } = facts;
  const problems = problemsOf(facts);
  return { status: 1, version, at: new Date(nowMs).toISOString(), healthy: problems.length === 0, problems, ...shown };
}

/** Exported for tests. */
export function problemsOf(facts: StatusFacts): Problem[] {
  const found = [
    ...sightProblems(facts),
    ...servicesProblems(facts),
    ...heardProblems(facts),
    ...vaultProblems(facts),
    ...shipProblems(facts),
    ...diskProblems(facts),
    ...messageProblems(facts),
    ...tellingProblems(facts),
  ];
  // What an alert says as well is said once, in the words of what is seen now.
  const seen = new Set(found.map(({ code }) => code));
  return [...found, ...alertProblems(facts).filter(({ code }) => !seen.has(code))];
}

/** Who cannot see must not call it healthy. */
function sightProblems({ unseen, services }: StatusFacts): Problem[] {
  const hidden = services.filter(({ running }) => running === null).map(({ name }) => `whether ${name} runs`);
  const places = unseen.map(({ what, reason }) => `${what} (${reason})`);
  if (hidden.length + places.length === 0) return [];
  const sentence = `Not everything can be seen by this user: ${[...hidden, ...places].join('; ')}. Ask as root: sudo streamvault status; if root cannot see it either, the disk or the file is damaged.`;
  return [{ code: 'cannot-see', sentence }];
}

function servicesProblems({ services }: StatusFacts): Problem[] {
  return services
    .filter(({ name, running }) => running === false && name !== 'ship')
    .map(({ name }) => ({
      code: 'not-running',
      sentence: `streamvault ${name} does not run. Start it: systemctl start streamvault-${name}; journalctl -u streamvault-${name} says why it ended.`,
    }));
}

function heardProblems({ heard, server, services, limits, nowMs }: StatusFacts): Problem[] {
  return heard.flatMap(({ server: of, newest_minute_age_seconds: age, newest_minute: newest }): Problem[] => {
    const isOwn = of === server;
    const mostSeconds = isOwn ? 3 * 60 : limits.partnerSilentMs / 1000;
    const isQuiet = age === null || age > mostSeconds;
    const ingest = services.find(({ name }) => name === 'ingest');
    if (!isQuiet || (isOwn && ingest?.running !== true)) return [];
    // What has just been started owes nothing yet.
    if (isOwn && nowMs - Date.parse(ingest?.since ?? '') < mostSeconds * 1000) return [];
    const since = newest === null ? 'There is none' : `The newest is of ${newest}`;
    return isOwn
      ? [
          {
            code: 'no-minute-files',
            sentence: `ingest runs and writes no minute files. ${since}. Look at its log and at the disk.`,
          },
        ]
      : [
          {
            code: 'partner-silent',
            sentence: `The other server sends no minute files. ${since}. Look at streamvault status there, and at sshd here.`,
          },
        ];
  });
}

function vaultProblems({ vault, nowMs }: StatusFacts): Problem[] {
  return vault === null ? [] : [...overdueProblems(vault, nowMs), ...damageProblems(vault)];
}

function overdueProblems({ waiting }: VaultStatus, nowMs: number): Problem[] {
  const overdue = waiting.filter(({ due }) => Date.parse(due) + lateMs < nowMs);
  const [first] = overdue;
  if (first === undefined) return [];
  const count = overdue.length === 1 ? 'An hour is' : `${overdue.length} hours are`;
  return [
    {
      code: 'hour-overdue',
      sentence: `${count} overdue, the first is ${first.hour}. Its minute files are safe; look at the log of streamvault watch.`,
    },
  ];
}

function damageProblems({ damaged }: VaultStatus): Problem[] {
  if (damaged.length === 0) return [];
  return [
    {
      code: 'receipt-damaged',
      sentence: `Receipts that cannot be read: ${damaged.join(', ')}. Put them back from the backup; streamvault verify tells what else is damaged.`,
    },
  ];
}

function shipProblems({ to_ship, nowMs, services }: StatusFacts): Problem[] {
  if (to_ship === null || to_ship.oldest_minute === null) return [];
  if (nowMs - Date.parse(to_ship.oldest_minute) < shipLateMs) return [];
  const runs = services.find(({ name }) => name === 'ship')?.running;
  const look = runs === false ? 'streamvault ship does not run: start it.' : 'Look at the log of streamvault ship.';
  return [
    {
      code: 'not-shipped',
      sentence: `${to_ship.files} minute files wait for their shipment, the oldest since ${to_ship.oldest_minute}. They are safe here. ${look}`,
    },
  ];
}

function diskProblems({ disks }: StatusFacts): Problem[] {
  return disks
    .filter(({ free_bytes }) => free_bytes < nearlyFullBytes)
    .map(({ path, free_bytes }) => ({
      code: 'disk-filling',
      sentence: `The disk of ${path} is nearly full: ${formatSize(free_bytes)} are free. Free space, or move to a larger disk.`,
    }));
}

function messageProblems({ messages, nowMs }: StatusFacts): Problem[] {
  if (messages.oldest === null || nowMs - Date.parse(messages.oldest) < messageLateMs) return [];
  return [
    {
      code: 'messages-waiting',
      sentence: `${messages.waiting} messages could not be delivered yet, the oldest waits for ${formatDuration(nowMs - Date.parse(messages.oldest))}. streamvault check --probe tries the mail server.`,
    },
  ];
}

function tellingProblems({ tellingTrouble }: StatusFacts): Problem[] {
  return tellingTrouble === undefined ? [] : [{ code: 'alerts-not-kept', sentence: tellingTrouble }];
}

/** What lasts and was not ended; occasions are past, and stand in the report. */
function alertProblems({ troubles }: StatusFacts): Problem[] {
  return troubles
    .filter(({ cause, isActive }) => isActive && !isOccasion(cause))
    .map(({ cause, sentence }) => ({ code: cause, sentence }));
}
