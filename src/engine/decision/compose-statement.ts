import { encodeStatement, type Statement } from '../../approval/statement/statement.ts';
import { formatTime } from '../../base/clock.ts';
import { newNonce, type Sha256 } from '../../base/ids.ts';
import type { Slot } from '../../policy/policy.ts';
import type { Engine } from '../engine.ts';
import type { Bench } from './commit-decision.ts';

/** What somebody decides, and which slots they could fill by it. */
export interface Composing extends Pick<Statement, 'decision' | 'person' | 'reason'> {
  readonly slots: readonly Slot[];
}

/** What a person decides, as JCS text. The log that they are said to have seen is the head that we just proved. */
export function composeStatement(
  engine: Engine,
  { proven, request }: Bench,
  { decision, person, reason, slots }: Composing,
): string {
  const { content, hash } = request;
  const { size, root } = proven.head;
  return encodeStatement({
    v: 1,
    decision,
    request: hash,
    commands: content.commands.map(({ digest }) => digest),
    environment: content.target.environment,
    policy_digest: content.policy.evaluation.policy_digest as Sha256,
    slots: slots.map(({ id }) => id),
    reason,
    person,
    time: formatTime(engine.clock.now().wallMs),
    nonce: newNonce(),
    log: { origin: engine.store.origin, size, root: root.toString('base64') },
  });
}
