import { randomBytes } from 'node:crypto';
import { parsePublicKey } from '../../src/approval/ssh/ssh-key.ts';
import { passkeyNamespace } from '../../src/approval/statement/enrolment.ts';
import type { SignedStatement } from '../../src/approval/statement/statement.ts';
import type { Engine } from '../../src/engine/engine.ts';
import { invitePasskey } from '../../src/engine/login/invite-passkey.ts';
import type { EnrolmentInput, LoginDesk } from '../../src/engine/login/login-desk.ts';
import { openLoginDesk } from '../../src/engine/login/open-login-desk.ts';
import type { PasskeySummary } from '../../src/engine/login-reports.ts';
import { ecdsaAuthenticator } from './authenticator.ts';

/** The page on which tests make and use passkeys. */
export const page = 'https://runbook.example.com';
const rpId = 'runbook.example.com';

/** Somebody's device with a passkey for `page`, and what a browser tells of it. */
export interface Device {
  readonly publicKey: string;
  readonly offered: Omit<EnrolmentInput, 'of'>;
  /** Signs as a browser on `origin` does, its owner present and verified unless `flags` say otherwise. */
  sign(
    namespace: string,
    statement: string,
    how?: { origin?: string; flags?: number; clientData?: (text: string) => string },
  ): SignedStatement;
}

export function aDevice(): Device {
  const authenticator = ecdsaAuthenticator(rpId);
  const { key } = parsePublicKey(authenticator.publicKey);
  return {
    publicKey: authenticator.publicKey,
    offered: {
      spki: key.export({ format: 'der', type: 'spki' }),
      credential: randomBytes(32).toString('base64url'),
      origin: page,
      rpId,
      label: 'phone',
    },
    sign: (namespace, statement, { origin = page, flags = 0x05, ...how } = {}) => {
      const message = Buffer.from(statement);
      const signature = authenticator.approveOn({ namespace, message, origin, flags, ...how });
      return { statement, signature: signature.toString('base64') };
    },
  };
}

/** Invites somebody, and enrols the device as theirs. */
export async function enrolled(
  engine: Engine,
  person: string,
  device: Device = aDevice(),
): Promise<{
  readonly device: Device;
  readonly passkey: PasskeySummary;
  readonly desk: LoginDesk;
}> {
  const desk = openLoginDesk(engine);
  const { secret } = await invitePasskey(engine, person, 3_600_000);
  const statement = await desk.prepareEnrolment({ of: { secret }, ...device.offered });
  const signed = device.sign(passkeyNamespace, statement);
  return { device, passkey: await desk.enrol(signed, { secret }), desk };
}
