import { passkeyLine } from '../../approval/ssh/passkey-line.ts';
import { encodePasskeyText } from '../../approval/statement/enrolment.ts';
import { formatTime } from '../../base/clock.ts';
import { UsageError } from '../../base/errors.ts';
import { newNonce } from '../../base/ids.ts';
import { sanitizeLine } from '../../base/sanitize.ts';
import type { Engine } from '../engine.ts';
import { ensureConfig } from '../ensure-config.ts';
import { openHead } from '../proof/prove-entry.ts';
import { provenIdentities } from '../proof/proven-identities.ts';
import { readInvitation } from './invitation.ts';
import { refuseUnknown } from './invite-passkey.ts';
import type { EnrolmentInput } from './login-desk.ts';

/**
 * What a new passkey signs to become a person's. Records nothing. Throws LoginError `invitation_refused`,
 * UsageError `passkey_unfit`, `passkey_known`, `person_unknown`.
 */
export async function prepareEnrolment(engine: Engine, input: EnrolmentInput): Promise<string> {
  const { of, credential, origin, label } = input;
  const { trusted } = await ensureConfig(engine);
  const invited = 'secret' in of ? await readInvitation(engine, of.secret) : null;
  const person = 'secret' in of ? (invited?.person ?? '') : of.person;
  refuseUnknown(trusted.people.value, person);
  refuseUnfit(input);
  const line = passkeyLine(input);
  const owner = (await provenIdentities(engine.store)).ownerOf({ public: line, credential });
  if (owner !== null) {
    throw passkeyKnown(owner);
  }
  const { size, root } = await openHead(engine.store);
  return encodePasskeyText({
    v: 1,
    act: 'enrol',
    person,
    public: line,
    credential,
    origin,
    label,
    invite: invited?.invite ?? null,
    time: formatTime(engine.clock.now().wallMs),
    nonce: newNonce(),
    log: { origin: engine.store.origin, size, root: root.toString('base64') },
  });
}

function passkeyKnown(owner: string): UsageError {
  return new UsageError({
    code: 'passkey_known',
    message: `this passkey is or was \`${owner}\`'s already`,
    hint: 'make another one',
  });
}

/** As the statement's own reader has it, but said of the passkey. */
function refuseUnfit({ credential, label }: EnrolmentInput): void {
  if (!/^[\w-]{16,1400}$/.test(credential)) {
    throw unfit('has a name of another form than browsers give');
  }
  if (label !== null && (label.length === 0 || label.length > 100)) {
    throw unfit(`is called something of ${label.length} characters, and 1 to 100 fit`);
  }
  if (label !== null && sanitizeLine(label) !== label) {
    throw unfit(`is called \`${sanitizeLine(label)}\`, which has characters that nobody sees`);
  }
}

function unfit(what: string): UsageError {
  return new UsageError({ code: 'passkey_unfit', message: `the passkey ${what}` });
}
