import { parsePeople } from '../../approval/people/people-schema.ts';
import { keyNamespace } from '../../approval/statement/key-statement.ts';
import { reviewNamespace } from '../../approval/statement/review-statement.ts';
import { startNamespace } from '../../approval/statement/start-statement.ts';
import { approvalNamespace, resolveNamespace } from '../../approval/statement/statement.ts';
import { RunbookError } from '../../base/errors.ts';
import { recoveryPrincipal } from './signed-texts.ts';

/** `people.yaml` as it was in force from a time on. */
export interface PeopleInForce {
  readonly since: string;
  readonly text: string;
}

/** A recovery key as it was named at a time. */
export interface RecoveryInForce {
  readonly since: string;
  readonly publicKey: string;
}

/**
 * The file for `ssh-keygen -Y verify`: each person's keys, for what people sign and for the time in which
 * `people.yaml` gave them; and the recovery keys. Both oldest first.
 */
export function formatAllowedSigners(
  people: readonly PeopleInForce[],
  recovery: readonly RecoveryInForce[],
): string {
  const spans = people.map(({ since, text }) => ({ since, keys: keysIn(text) }));
  const lines = spans.flatMap(({ since, keys }, at) =>
    keys
      .filter((key) => !(spans[at - 1]?.keys.includes(key) ?? false))
      .map((key) => {
        const end = spans.slice(at).find((later) => !later.keys.includes(key))?.since ?? null;
        const [person = '', ...rest] = key.split(' ');
        return lineOf({ principal: person, namespaces, since, end, key: rest.join(' ') });
      }),
  );
  const recoveries = recovery.map(({ since, publicKey }, at) =>
    lineOf({
      principal: recoveryPrincipal,
      namespaces: keyNamespace,
      since,
      end: recovery[at + 1]?.since ?? null,
      key: publicKey,
    }),
  );
  return [...lines, ...recoveries].map((line) => `${line}\n`).join('');
}

/** As OpenSSH takes it, in UTC: `20261122082000Z`. */
export function sshTime(time: string, roundUp = false): string {
  const seconds = Math[roundUp ? 'ceil' : 'floor'](Date.parse(time) / 1000);
  return `${new Date(seconds * 1000).toISOString().replaceAll(/[-:T]|\.\d+Z$/g, '')}Z`;
}

const namespaces = [approvalNamespace, resolveNamespace, reviewNamespace, startNamespace].join(',');

/** `robin ssh-ed25519 AAAA…`, one for each key; a file that cannot be read names nobody. */
function keysIn(text: string): readonly string[] {
  try {
    return parsePeople(text, 'people.yaml').people.flatMap(({ name, sshKeys }) =>
      sshKeys.map((key) => `${name} ${key}`),
    );
  } catch (error) {
    if (error instanceof RunbookError) {
      return [];
    }
    throw error;
  }
}

function lineOf(of: {
  readonly principal: string;
  readonly namespaces: string;
  readonly since: string;
  readonly end: string | null;
  readonly key: string;
}): string {
  const until = of.end === null ? '' : `,valid-before="${sshTime(of.end, true)}"`;
  return `${of.principal} namespaces="${of.namespaces}",valid-after="${sshTime(of.since)}"${until} ${of.key}`;
}
