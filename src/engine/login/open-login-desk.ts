import type { Engine } from '../engine.ts';
import { enrolPasskey } from './enrol-passkey.ts';
import { readInvitation } from './invitation.ts';
import { hasPasskeys, passkeyKey } from './list-passkeys.ts';
import type { LoginDesk } from './login-desk.ts';
import { noteIssuerKeys } from './note-issuer-keys.ts';
import { prepareEnrolment } from './prepare-enrolment.ts';
import { preparePasskeyLogin, signIn } from './sign-in.ts';

/** Where people come in who bear no token yet. */
export function openLoginDesk(engine: Engine): LoginDesk {
  return {
    preparePasskeyLogin: (origin) => preparePasskeyLogin(engine, origin),
    passkeyKey: (credential) => passkeyKey(engine, credential),
    hasPasskeys: (origin) => hasPasskeys(engine, origin),
    signIn: (shown, session) => signIn(engine, shown, session),
    invitation: (secret) => readInvitation(engine, secret),
    prepareEnrolment: (input) => prepareEnrolment(engine, input),
    enrol: (signed, because) => enrolPasskey(engine, signed, because),
    noteIssuerKeys: (keys) => noteIssuerKeys(engine, keys),
  };
}
