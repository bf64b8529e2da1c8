import { formatPublicKey, parsePublicKey } from '../../approval/ssh/ssh-key.ts';
import { encodeKeyStatement, type KeyStatement } from '../../approval/statement/key-statement.ts';
import { formatTime } from '../../base/clock.ts';
import { DeniedError, UsageError } from '../../base/errors.ts';
import { newNonce } from '../../base/ids.ts';
import { openNote } from '../../journal/checkpoint.ts';
import { keyAt, newestKey, recoveryNow } from '../../journal/key-history.ts';
import { formatVerifierKey } from '../../journal/verifier-key.ts';
import type { Engine } from '../engine.ts';
import type { KeyChange, PreparedChange } from '../service.ts';

/**
 * What the recovery key is to sign, as of the present head. For a rotation the new key is made, and lies
 * ready; nothing is recorded. Throws UsageError `recovery_missing`, `since_missing`, `since_ahead`,
 * `recovery_same`, `recovery_late`, and DeniedError `agent_decides`.
 */
export async function prepareChange(engine: Engine, change: KeyChange): Promise<PreparedChange> {
  refuseAgent(engine);
  const statement =
    change.act === 'rotate'
      ? await stateRotation(engine, change)
      : await stateRecovery(engine, change.public);
  const signers =
    statement.act === 'rotate'
      ? [await requireRecovery(engine)]
      : [statement.public, ...(statement.previous === null ? [] : [statement.previous])];
  return { statement: encodeKeyStatement(statement), signers };
}

/** Whatever key an agent can reach, nobody has decided anything. */
export function refuseAgent({ caller }: Engine): void {
  if (caller.agent !== undefined && caller.agent !== '') {
    throw new DeniedError({
      code: 'agent_decides',
      message: `agent \`${caller.agent}\` cannot change the journal's keys: a person does`,
    });
  }
}

async function stateRotation(
  engine: Engine,
  { reason, since }: Extract<KeyChange, { readonly act: 'rotate' }>,
): Promise<KeyStatement> {
  await requireRecovery(engine);
  const compromised_since = sinceOf(engine, reason, since);
  const common = await stateCommon(engine);
  const { name, publicKey } = newestKey(await engine.store.keys());
  const next = await engine.store.prepareKey();
  return {
    act: 'rotate',
    from: formatVerifierKey(name, publicKey),
    to: formatVerifierKey(name, next),
    reason,
    compromised_since,
    ...common,
  };
}

async function stateRecovery(engine: Engine, line: string): Promise<KeyStatement> {
  const named = formatPublicKey(parsePublicKey(line));
  const previous = recoveryNow(await engine.store.keys())?.public ?? null;
  if (previous === named) {
    throw new UsageError({
      code: 'recovery_same',
      message: 'this key is the recovery key already',
      hint: '`runbook journal key show` says since when',
    });
  }
  if (previous === null) {
    await refuseLate(engine);
  }
  return { act: 'recovery', public: named, previous, ...(await stateCommon(engine)) };
}

/** Of pruned entries nobody can say that they named none: no verifier believes a first one after them. */
async function refuseLate({ store }: Engine): Promise<void> {
  const { size } = await store.head();
  const [pruned] = await store.pruned(0, size);
  if (pruned !== undefined) {
    throw new UsageError({
      code: 'recovery_late',
      message: `entry ${pruned.seq} was pruned: no verifier could tell any more that it named no recovery key`,
      hint: 'a recovery key is named before anything is pruned; this journal goes on without one',
    });
  }
}

async function stateCommon({
  store,
  clock,
}: Engine): Promise<Pick<KeyStatement, 'v' | 'time' | 'nonce' | 'log'>> {
  const { note, size } = await store.head();
  const { checkpoint } = openNote(note, [keyAt(await store.keys(), size)]);
  return {
    v: 1,
    time: formatTime(clock.now().wallMs),
    nonce: newNonce(),
    log: { origin: store.origin, size, root: checkpoint.root.toString('base64') },
  };
}

async function requireRecovery({ store }: Engine): Promise<string> {
  const recovery = recoveryNow(await store.keys());
  if (recovery === null) {
    throw new UsageError({
      code: 'recovery_missing',
      message: 'no recovery key is named, and only that can hand the journal to another key',
      hint: '`runbook journal key recovery --key FILE` names one, while the present key is there',
    });
  }
  return recovery.public;
}

function sinceOf({ clock }: Engine, reason: string, since: string | null): string | null {
  if ((reason === 'compromised') !== (since !== null)) {
    throw new UsageError({
      code: 'since_missing',
      message:
        since === null
          ? 'since when others may have had the key is not said'
          : `\`--since\` says when a key was compromised, but the reason is \`${reason}\``,
      hint: '`--reason compromised --since 2026-11-21T22:00:00Z`: rather too early than too late',
    });
  }
  if (since !== null && Date.parse(since) > clock.now().wallMs) {
    throw new UsageError({
      code: 'since_ahead',
      message: `the key was not compromised yet: \`${since}\` is still to come`,
    });
  }
  return since;
}
