import * as v from 'valibot';
import { issuedToken } from './about.ts';
import { count, optionalText } from './values.ts';

/** Logging in from a terminal by device flow (RFC 8628); see `about.ts` for the rest. */

const issuer = v.object({ issuer: v.string(), name: v.string() });

/** How somebody who bears no token can come by one: issuers by device flow, none where that is not offered. */
export const loginWays = v.object({ device: v.array(issuer) });
export type LoginWays = v.InferOutput<typeof loginWays>;

export const deviceBody = v.strictObject({
  /** May be left out where there is only one. */
  issuer: optionalText,
  /** What the token is for, as `token list` shows it: `runbook login on laptop`. */
  label: v.pipe(v.string(), v.regex(/^[ -~]{1,100}$/)),
});
export type DeviceBody = v.InferOutput<typeof deviceBody>;

/** Seconds, as RFC 8628 has them. `id` is the secret of whoever began: it fetches the token. */
export const begunDeviceLogin = v.object({
  id: v.string(),
  issuer: v.string(),
  name: v.string(),
  user_code: v.string(),
  verification_uri: v.string(),
  verification_uri_complete: v.nullable(v.string()),
  expires_in: count,
  interval: count,
});
export type BegunDeviceLogin = v.InferOutput<typeof begunDeviceLogin>;

/** The token is told once. */
export const deviceOutcome = v.variant('status', [
  v.object({ status: v.picklist(['pending', 'slow_down']), interval: count }),
  v.object({ status: v.literal('issued'), issued: issuedToken }),
]);
export type DeviceOutcome = v.InferOutput<typeof deviceOutcome>;
