import { UsageError } from '../../base/errors.ts';
import type { Engine } from '../engine.ts';
import { listPasskeys } from './list-passkeys.ts';
import type { LoginDesk } from './login-desk.ts';

/** Where people come in who bear no token yet. */
export function openLoginDesk(engine: Engine): LoginDesk {
  return {
    preparePasskeyLogin: notYet,
    passkeyKey: async (credential) => {
      const passkeys = await listPasskeys(engine);
      const found = passkeys.find((it) => it.credential === credential && it.removed_at === null);
      return found?.public ?? null;
    },
    signIn: notYet,
    invitation: notYet,
    prepareEnrolment: notYet,
    enrol: notYet,
    noteIssuerKeys: notYet,
  };
}

function notYet(): never {
  throw new UsageError({ code: 'not_built_yet', message: 'this is not built yet' });
}
