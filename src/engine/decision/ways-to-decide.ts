import { attestedAssurance } from '../../approval/court/judge-attested.ts';
import { personNamed } from '../../approval/people/identity.ts';
import { accountIdentity } from '../../approval/people/initiator.ts';
import { fits, type TallyDecision } from '../../approval/tally/tally.ts';
import { RunbookError } from '../../base/errors.ts';
import type { Slot } from '../../policy/policy.ts';
import type { Decided } from '../../run/events.ts';
import { standingApproval } from '../../run/recount.ts';
import type { Engine } from '../engine.ts';
import { findRequest } from '../find.ts';
import { listPasskeys } from '../login/list-passkeys.ts';
import type { DecisionWays } from '../login-reports.ts';
import { refuseEarly, slotsAsking } from './asked-slots.ts';
import { type Bench, openBench, refuseClosed } from './commit-decision.ts';
import { personsToken } from './decide-as-myself.ts';
import { decidingHolder } from './deciding-holder.ts';
import { takesLogins } from './means-of.ts';
import { refuseTied } from './prepare-decision.ts';

/** What evidence proves of whoever brings it. */
type Proven = Pick<TallyDecision, 'assurance' | 'presence' | 'verified'>;

/**
 * How the caller can decide this request now. It refuses in the words in which the decision itself would be
 * refused, by asking the same questions. Throws as `findRequest`.
 */
export async function waysToDecide(engine: Engine, request: string): Promise<DecisionWays> {
  const bench = await openBench(engine, await findRequest(engine, request));
  const holder = await settle(async () =>
    decidingHolder(engine, personsToken(engine), bench.inForce.rules.people),
  );
  if (holder.kind === 'refused') {
    return { ...nothing, refusal: holder.refusal };
  }
  const person = holder.value;
  const passkeys = (await listPasskeys(engine, person)).filter((one) => one.removed_at === null);
  const standing = standingOf(engine, bench, person);
  const asked = await settle(() => mayApprove(engine, bench, person));
  const open = asked.kind === 'refused' ? [] : asked.value.filter((slot) => !fills(standing, slot));
  const assurance = sessionAssurance(engine, bench);
  const reaches = (proven: Proven): boolean => open.some((slot) => fits(proven, slot));
  return {
    person,
    refusal: asked.kind === 'refused' ? asked.refusal : null,
    approve: {
      passkey: reaches({ assurance: 'A3', presence: true, verified: true }),
      login: canLogIn(engine, bench, person) && reaches({ assurance: 'A2', ...untouched }),
      session: reaches({ assurance, ...untouched }) ? assurance : null,
    },
    reject:
      (await settle(() => maySay(engine, bench, { decision: 'reject', person }))).kind === 'ok',
    revoke:
      standing !== null &&
      (await settle(() => maySay(engine, bench, { decision: 'revoke', person }))).kind === 'ok',
    passkeys,
  };
}

const untouched = { presence: false, verified: false };

const nothing: DecisionWays = {
  person: null,
  refusal: null,
  approve: { passkey: false, login: false, session: null },
  reject: false,
  revoke: false,
  passkeys: [],
};

/** The slots that an approval could fill. Throws what the approval would be refused with. */
function mayApprove(engine: Engine, bench: Bench, person: string): readonly Slot[] {
  refuseTied(bench, person);
  refuseClosed(engine, bench, 'approve');
  refuseEarly(engine, bench, person);
  return slotsAsking(engine, bench, { decision: 'approve', person });
}

function maySay(
  engine: Engine,
  bench: Bench,
  said: Pick<TallyDecision, 'decision' | 'person'>,
): void {
  refuseTied(bench, said.person);
  refuseClosed(engine, bench, said.decision);
  slotsAsking(engine, bench, said);
}

/** Their approval that counts; null where there is none. */
function standingOf(
  engine: Engine,
  { inForce, proven, request }: Bench,
  person: string,
): Decided | null {
  const { people } = inForce.rules;
  const court = { state: proven.state, people, origin: engine.store.origin, rootAt: proven.rootAt };
  return standingApproval(request, person, court)?.data ?? null;
}

function fills(standing: Decided | null, slot: Slot): boolean {
  return standing !== null && fits(standing, slot);
}

function canLogIn(engine: Engine, { inForce }: Bench, person: string): boolean {
  const accounts = personNamed(inForce.rules.people, person)?.oidc ?? [];
  return accounts.length > 0 && takesLogins(engine);
}

function sessionAssurance(engine: Engine, { inForce, proven }: Bench): 'A0' | 'A1' {
  const { initiator, started } = proven.state;
  const { people } = inForce.rules;
  const receiver = accountIdentity(engine.account);
  return attestedAssurance(receiver, { people, initiator, served: started.via === 'api' });
}

type Settled<Value> =
  | { readonly kind: 'ok'; readonly value: Value }
  | { readonly kind: 'refused'; readonly refusal: NonNullable<DecisionWays['refusal']> };

/** What a question answers, or what it refuses with. Every error that is not said to a caller passes through. */
async function settle<Value>(ask: () => Value | Promise<Value>): Promise<Settled<Value>> {
  try {
    return { kind: 'ok', value: await ask() };
  } catch (error) {
    if (!(error instanceof RunbookError) || !told.has(error.exitCode)) {
      throw error;
    }
    const { code, message, hint } = error;
    return { kind: 'refused', refusal: { code, message, hint: hint ?? null } };
  }
}

/** Usage, rejected, expired, denied: what somebody who decides is told, and no failure of ours. */
const told: ReadonlySet<number> = new Set([2, 11, 12, 13]);
