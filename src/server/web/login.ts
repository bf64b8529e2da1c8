import { layoutLogin } from '../../pages/login.ts';
import { callbackRoute } from './callback.ts';
import { writeCookie } from './cookies.ts';
import { passkeyLoginRoutes } from './passkey-login.ts';
import { findLogin, sendToIssuer } from './to-issuer.ts';
import { wayBack } from './way-back.ts';
import type { WebRoute } from './web-route.ts';

/** Logging in and out. */
export const loginRoutes: readonly WebRoute[] = [
  {
    method: 'GET',
    path: '/login',
    access: 'anyone',
    handle: async (visit) => {
      const to = wayBack(visit.context.req.query('to'));
      if (visit.visitor !== null) {
        return visit.seeOther(to);
      }
      const main = layoutLogin({ issuers: visit.web.logins, to });
      return visit.page({ title: 'Log in', main });
    },
  },
  {
    method: 'POST',
    path: '/login/oidc',
    access: 'anyone',
    handle: async (visit) => {
      const login = findLogin(visit.web, visit.form.get('issuer'));
      const to = wayBack(visit.form.get('to'));
      return sendToIssuer(visit, {
        login,
        fresh: null,
        pending: (begun) => ({ kind: 'login', to, ...begun }),
      });
    },
  },
  callbackRoute,
  ...passkeyLoginRoutes,
  {
    method: 'POST',
    path: '/logout',
    access: 'person',
    handle: async (visit, { service, bearing }) => {
      await service.revokeToken(bearing.caller.token);
      writeCookie(visit.context, visit.web, { name: 'session', value: null, maxAgeS: 0 });
      return visit.seeOther('/login');
    },
  },
];
