import { loginNamespace } from '../../approval/statement/enrolment.ts';
import { LoginError } from '../../base/errors.ts';
import { nothingBegun, takePending } from './callback.ts';
import { readAssertion } from './read-assertion.ts';
import { openSession } from './session.ts';
import { keepPending } from './to-issuer.ts';
import { wayBack } from './way-back.ts';
import type { WebRoute, WebVisit } from './web-route.ts';

/** Logging in with a passkey: the script asks what to sign, and hands in what was signed. */
export const passkeyLoginRoutes: readonly WebRoute[] = [
  {
    method: 'POST',
    path: '/login/passkey/begin',
    access: 'anyone',
    handle: async (visit) => {
      const prepared = visit.web.site.office.login.preparePasskeyLogin(visit.web.origin);
      const to = wayBack(visit.form.get('to'));
      keepPending(visit, { kind: 'passkey', prepared, to });
      return visit.json({ statement: prepared });
    },
  },
  {
    method: 'POST',
    path: '/login/passkey',
    access: 'anyone',
    handle: async (visit) => {
      const pending = takePending(visit);
      if (pending?.kind !== 'passkey') {
        throw nothingBegun();
      }
      const { prepared, to } = pending;
      const signature = await readSignature(visit);
      const signed = { statement: prepared, signature };
      await openSession(visit, { kind: 'passkey', prepared, signed });
      return visit.json({ to });
    },
  },
];

async function readSignature(visit: WebVisit): Promise<string> {
  const credential = visit.form.get('credential') ?? '';
  const publicKey = await visit.web.site.office.login.passkeyKey(credential);
  if (publicKey === null) {
    throw new LoginError({
      code: 'login_refused',
      message: 'that passkey is not enrolled here, or was removed',
      hint: 'log in another way, and enrol it on your account page',
    });
  }
  return readAssertion(visit, { publicKey, namespace: loginNamespace });
}
