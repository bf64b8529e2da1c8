import { whyNoKeys } from '../../approval/court/judge-issuer-keys.ts';
import { unnamedKeys } from '../../approval/people/issuers.ts';
import { sha256 } from '../../base/digest.ts';
import { LoginError } from '../../base/errors.ts';
import { canonicalize } from '../../base/jcs.ts';
import type { IssuerKeys } from '../../run/enrolment-events.ts';
import type { Engine } from '../engine.ts';
import { ensureConfig } from '../ensure-config.ts';

/**
 * Records those keys of an issuer that no entry names yet, before anything that they signed is recorded. Two
 * processes that have fetched the same ones record them once. Throws LoginError `issuer_keys_unfit`.
 */
export async function noteIssuerKeys(engine: Engine, named: IssuerKeys): Promise<void> {
  const { issuer, client } = named;
  const { rules } = await ensureConfig(engine);
  const keys = unnamedKeys(rules.people.issuers ?? [], named);
  if (keys.length === 0 && named.keys.length > 0) {
    return;
  }
  const data: IssuerKeys = { issuer, client, keys };
  const wrong = whyNoKeys(data);
  if (wrong !== null) {
    throw new LoginError({
      code: 'issuer_keys_unfit',
      message: `\`${issuer}\`: ${wrong}`,
      hint: 'ask whoever runs the issuer which keys it signs with',
    });
  }
  await engine.store.commit({
    run: null,
    expectedVersion: null,
    commandId: `issuer.${sha256(canonicalize(data))}`,
    events: [{ type: 'issuer.keys', data }],
  });
}
