import { judgeStart, type StartMeant, startFreshMs } from '../approval/court/judge-start.ts';
import type { Caller } from '../approval/people/initiator.ts';
import { parseStart } from '../approval/statement/start-statement.ts';
import { decisionId, type SignedStatement } from '../approval/statement/statement.ts';
import { DeniedError, IntegrityError } from '../base/errors.ts';
import type { Recorded } from '../run/events.ts';
import type { Rules } from '../run/judge.ts';
import type { Engine } from './engine.ts';
import { provenLogOf } from './proof/proven-log.ts';

/** A signature beside a start or a resumption, and what it must have been made for. */
export interface Signing {
  readonly signed: SignedStatement | undefined;
  readonly meant: StartMeant;
  /** As `StartCase.after`. */
  readonly after: number;
}

/**
 * The caller, with whoever signed as one more link; as they are where nobody did. Throws DeniedError or
 * IntegrityError with the reason why a signature does not count: it is never simply left out.
 */
export async function callerSigned(
  engine: Engine,
  { people }: Pick<Rules, 'people'>,
  { signed, meant, after }: Signing,
): Promise<Caller> {
  if (signed === undefined) {
    return engine.caller;
  }
  const { size } = parseStart(signed.statement).log;
  const { head, root } = await provenLogOf(engine.store).proveRoot(size);
  const judged = judgeStart({
    signed,
    meant,
    after,
    people,
    origin: engine.store.origin,
    decisionIndexUpperBound: head.size,
    rootAt: (at) => (at === size ? root : null),
    atMs: engine.clock.now().wallMs,
    withinMs: startFreshMs,
  });
  if (judged.kind === 'refused') {
    const facts = { code: judged.code, message: judged.message, hint: judged.hint };
    throw judged.code.startsWith('E_') ? new IntegrityError(facts) : new DeniedError(facts);
  }
  return { ...engine.caller, signer: judged.link };
}

/**
 * A resumption is signed for one time: within its minutes, somebody else of the same account could hand it
 * in once more, and act under a name that is not theirs. Throws DeniedError `start_replayed`.
 */
export function refuseReplayed(
  entries: readonly Recorded[],
  signed: SignedStatement | undefined,
): void {
  const known = entries.some(
    ({ event }) =>
      event.type === 'run.resumed' &&
      event.data.signed !== undefined &&
      signed !== undefined &&
      decisionId(event.data.signed) === decisionId(signed),
  );
  if (known) {
    throw new DeniedError({
      code: 'start_replayed',
      message: 'this signature has resumed the run before',
      hint: 'sign again: `runbook resume RUN --as NAME`',
    });
  }
}
