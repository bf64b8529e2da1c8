import type { Refused } from '../../approval/court/court.ts';
import {
  type EnrolmentCase,
  enrolUntilMs,
  judgeEnrolment,
} from '../../approval/court/judge-enrolment.ts';
import type { Enrolment } from '../../approval/statement/enrolment.ts';
import { decisionId, type SignedStatement } from '../../approval/statement/statement.ts';
import { formatTime } from '../../base/clock.ts';
import { type RunbookError, UsageError } from '../../base/errors.ts';
import { newTokenId } from '../../base/ids.ts';
import type { KnownPasskey } from '../../run/enrolments.ts';
import { errorOf } from '../decision/commit-decision.ts';
import type { Engine } from '../engine.ts';
import { ensureConfig, type InForce } from '../ensure-config.ts';
import type { PasskeySummary } from '../login-reports.ts';
import { openHead, proveRoot } from '../proof/prove-entry.ts';
import { type Identities, provenIdentities } from '../proof/proven-identities.ts';
import { untilSettled } from '../until-settled.ts';
import { findInvitation, invitationRefused } from './invitation.ts';
import { summarisePasskey } from './list-passkeys.ts';
import type { EnrolledBy } from './login-desk.ts';
import { provePossession } from './prove-possession.ts';

/** What somebody wants recorded. */
interface Wanted {
  readonly signed: SignedStatement;
  readonly text: Enrolment;
  readonly because: EnrolmentCase['because'];
}

/**
 * Records that a passkey is a person's, in one commit with the use of what says so. Twice is the same as
 * once. Throws LoginError `invitation_refused`, UsageError `passkey_known`, DeniedError or IntegrityError with
 * the reason.
 */
export async function enrolPasskey(
  engine: Engine,
  signed: SignedStatement,
  by: EnrolledBy,
): Promise<PasskeySummary> {
  // Before anything is told of what is enrolled already.
  const text = provePossession(signed);
  const known = await untilSettled(async () => {
    const before = await findSame(engine, signed);
    if (before === null) {
      await commitEnrolment(engine, { signed, text, because: await becauseOf(engine, by) });
    }
    return before ?? findSame(engine, signed);
  });
  if (known === null) {
    // Somebody else's passkey had been committed by the same invitation.
    throw invitationRefused();
  }
  return summarisePasskey(engine, known);
}

async function findSame(
  { store }: Engine,
  { statement }: SignedStatement,
): Promise<KnownPasskey | null> {
  const known = (await provenIdentities(store)).passkeys();
  return known.find(({ data }) => data.statement === statement) ?? null;
}

async function becauseOf(engine: Engine, by: EnrolledBy): Promise<EnrolmentCase['because']> {
  return 'login' in by ? { kind: 'login', login: by.login } : findInvitation(engine, by.secret);
}

async function commitEnrolment(engine: Engine, wanted: Wanted): Promise<void> {
  const inForce = await ensureConfig(engine);
  const identities = await provenIdentities(engine.store);
  await refuseEnrolment(engine, wanted, { inForce, identities });
  const { signed, text, because } = wanted;
  const { person, credential, origin, label, invite } = text;
  await engine.store.commit({
    run: null,
    expectedVersion: null,
    // Two that use one invitation at once enrol one passkey.
    commandId: `passkey.${invite === null ? `login.${decisionId(signed)}` : `invite.${invite}`}`,
    events: [
      {
        type: 'passkey.enrolled',
        data: {
          passkey: newTokenId(),
          person,
          public: text.public,
          credential,
          origin,
          label,
          ...signed,
          invite,
          login: because.kind === 'login' ? because.login : null,
        },
      },
    ],
    guards: { ...inForce.guards, beforeMs: enrolUntilMs(text, because) },
  });
}

async function refuseEnrolment(
  engine: Engine,
  { signed, text, because }: Wanted,
  of: { readonly inForce: InForce; readonly identities: Identities },
): Promise<void> {
  const { store, clock } = engine;
  const head = await openHead(store);
  const root = await proveRoot(store, text.log.size, head);
  const judged = judgeEnrolment({
    signed,
    because,
    people: of.inForce.rules.people,
    origin: store.origin,
    decisionIndexUpperBound: head.size,
    rootAt: () => root,
    time: formatTime(clock.now().wallMs),
    ownerOf: (passkey) => of.identities.ownerOf(passkey),
  });
  if (judged.kind === 'refused') {
    throw refusalOf(judged);
  }
}

const ofInvitations = ['other_invite', 'invite_used', 'invite_expired', 'person_unknown'];

function refusalOf(judged: Refused): RunbookError {
  if (ofInvitations.includes(judged.code)) {
    return invitationRefused();
  }
  return judged.code === 'passkey_known' ? new UsageError(judged) : errorOf(judged);
}
