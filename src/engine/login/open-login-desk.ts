import { UsageError } from '../../base/errors.ts';
import type { Engine } from '../engine.ts';
import type { LoginDesk } from './login-desk.ts';

/** Where people come in who bear no token yet. */
export function openLoginDesk(_engine: Engine): LoginDesk {
  return {
    preparePasskeyLogin: notYet,
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
