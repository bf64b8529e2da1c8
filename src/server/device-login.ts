import {
  begunDeviceLogin,
  type DeviceBody,
  deviceBody,
  deviceOutcome,
  loginWays,
} from '../engine/wire/login.ts';
import { openRoute, type Route } from './route.ts';

/** Whoever calls these bears no token yet. What comes of them depends on who logs in at the issuer. */
export const deviceLoginRoutes: readonly Route[] = [
  openRoute({
    path: '/v1/login',
    summary: 'How to come by a token: the issuers that take a login from a terminal',
    answer: loginWays,
    handle: async ({ devices }, context) => context.json(devices.ways, 200),
  }),
  openRoute<DeviceBody>({
    method: 'POST',
    path: '/v1/login/device',
    summary: 'Begin to log in from a terminal (RFC 8628)',
    body: deviceBody,
    answer: begunDeviceLogin,
    handle: async ({ devices }, context, body) => context.json(await devices.begin(body), 200),
  }),
  openRoute({
    method: 'POST',
    path: '/v1/login/device/{id}',
    summary: 'Ask whether somebody has logged in; then the token, told this once',
    answer: deviceOutcome,
    handle: async ({ devices }, context) =>
      context.json(await devices.poll(context.req.param('id') ?? ''), 200),
  }),
];
