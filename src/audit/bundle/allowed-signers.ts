import type { Person } from '../../approval/people/people.ts';
import { parsePeople } from '../../approval/people/people-schema.ts';
import { passkeyNamespace } from '../../approval/statement/enrolment.ts';
import { keyNamespace } from '../../approval/statement/key-statement.ts';
import { reviewNamespace } from '../../approval/statement/review-statement.ts';
import { startNamespace } from '../../approval/statement/start-statement.ts';
import { approvalNamespace, resolveNamespace } from '../../approval/statement/statement.ts';
import { RunbookError } from '../../base/errors.ts';
import { recoveryPrincipal } from './signed-texts.ts';

/** What an entry says of people's keys, and when. */
export type KeysChange = { readonly since: string } & (
  | { readonly kind: 'people'; readonly text: string }
  | {
      readonly kind: 'enrolled';
      readonly passkey: string;
      readonly person: string;
      readonly publicKey: string;
    }
  | { readonly kind: 'removed'; readonly passkey: string }
);

/** A recovery key as it was named at a time. */
export interface RecoveryInForce {
  readonly since: string;
  readonly publicKey: string;
}

/**
 * The file for `ssh-keygen -Y verify`: each person's keys, for what people sign and for the time in which
 * `people.yaml` gave them, or the journal their passkeys; and the recovery keys. Both oldest first.
 */
export function formatAllowedSigners(
  changes: readonly KeysChange[],
  recovery: readonly RecoveryInForce[],
): string {
  const spans = spansOf(changes);
  const lines = spans.flatMap(({ since, keys }, at) =>
    [...keys]
      .filter(([key]) => !(spans[at - 1]?.keys.has(key) ?? false))
      .map(([key, ofPasskey]) => {
        const end = spans.slice(at).find((later) => !later.keys.has(key))?.since ?? null;
        const [principal = '', ...rest] = key.split(' ');
        const known = ofPasskey ? `${namespaces},${passkeyNamespace}` : namespaces;
        return lineOf({ principal, namespaces: known, since, end, key: rest.join(' ') });
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

interface Span {
  readonly since: string;
  /** `robin ssh-ed25519 AAAA…`, and whether it is a passkey's. */
  readonly keys: ReadonlyMap<string, boolean>;
}

/** After each change. A passkey of somebody whom the file does not name is nobody's. */
function spansOf(changes: readonly KeysChange[]): readonly Span[] {
  let people: readonly Person[] = [];
  const passkeys = new Map<string, { readonly person: string; readonly publicKey: string }>();
  return changes.map((change) => {
    if (change.kind === 'people') {
      people = peopleIn(change.text);
    } else if (change.kind === 'enrolled') {
      passkeys.set(change.passkey, change);
    } else {
      passkeys.delete(change.passkey);
    }
    const own = people.flatMap(({ name, sshKeys }) => sshKeys.map((key) => `${name} ${key}`));
    const enrolled = [...passkeys.values()]
      .filter(({ person }) => people.some(({ name }) => name === person))
      .map(({ person, publicKey }) => `${person} ${publicKey}`);
    const keys = new Map<string, boolean>();
    own.forEach((key) => keys.set(key, false));
    enrolled.forEach((key) => keys.set(key, true));
    return { since: change.since, keys };
  });
}

/** A file that cannot be read names nobody. */
function peopleIn(text: string): readonly Person[] {
  try {
    return parsePeople(text, 'people.yaml').people;
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
