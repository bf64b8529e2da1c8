import { describe, expect } from 'vitest';
import { check, python } from '../support/auditor.ts';
import { codesOf, exporting, openTouchScene, page, type TouchScene } from '../support/evidence.ts';
import { testWith } from '../support/foreign.ts';
import { forged } from '../support/forge.ts';

interface Theft {
  readonly what: string;
  /** What an entry says instead; null leaves it. */
  readonly change: (data: Data, type: string) => object | null;
  readonly said: RegExp;
  readonly code: string;
}

type Data = Record<string, unknown>;

/** Decisions by keys that people hold, made in ways that policy or the form does not allow. */
function decisionsOf({ security, passkey }: TouchScene): readonly Theft[] {
  const namespace = 'approval@runbook/v1';
  const resign =
    (person: string, sign: (message: Buffer) => Buffer, more: object = {}): Theft['change'] =>
    (data, type) => {
      const signature = sign(Buffer.from(String(data['statement']))).toString('base64');
      return type === 'approval.decided' && data['person'] === person
        ? { ...data, signature, ...more }
        : null;
    };
  const untouched = { presence: false, verified: false };
  const touch = { namespace, flags: 0x05, origin: page };
  return [
    {
      what: "another person's key",
      change: resign('robin', (message) => security.touch({ ...touch, message })),
      said: /entry \d+: .*the key is not robin's by people.yaml/,
      code: 'E_APPROVAL',
    },
    {
      what: 'a security key that nobody touched',
      change: resign(
        'lee',
        (message) => security.touch({ ...touch, message, flags: 0 }),
        untouched,
      ),
      said: /entry \d+: nobody else approved it/,
      code: 'E_QUORUM',
    },
    {
      what: 'a security key that nobody touched, said to be touched',
      change: resign('lee', (message) => security.touch({ ...touch, message, flags: 0 })),
      said: /entry \d+: .*the entry says other than what it rests on/,
      code: 'E_APPROVAL',
    },
    {
      what: 'a passkey that nobody touched',
      change: resign('pat', (message) => passkey.approveOn({ ...touch, message, flags: 0 })),
      said: /entry \d+: .*nobody was there whom the passkey knew/,
      code: 'E_APPROVAL',
    },
    {
      what: 'a passkey on the page of somebody else',
      change: resign('pat', (message) =>
        passkey.approveOn({ ...touch, message, origin: 'https://example.com.evil.net' }),
      ),
      said: /entry \d+: .*another page asked for it/,
      code: 'E_APPROVAL_SIG',
    },
    {
      what: 'a passkey that was asked for something else',
      change: resign('pat', (message) =>
        passkey.approveOn({ ...touch, message: Buffer.concat([message, Buffer.from(' ')]) }),
      ),
      said: /entry \d+: .*another page asked for it/,
      code: 'E_APPROVAL_SIG',
    },
    ...Object.entries({
      'inside a frame': '"crossOrigin":true',
      'inside a frame that is written otherwise': '"crossOrigin": true',
      'on a page that does not say where it stood': '"topOrigin":"https://evil.net"',
    }).map(([what, written]) => ({
      what: `a passkey ${what}`,
      change: resign('pat', (message) =>
        passkey.approveOn({
          ...touch,
          message,
          clientData: (text) => text.replace('"crossOrigin":false', written),
        }),
      ),
      said: /entry \d+: .*another page asked for it/,
      code: 'E_APPROVAL_SIG',
    })),
    {
      what: 'a signature made for something else',
      change: resign('lee', (message) =>
        security.touch({ ...touch, message, namespace: 'start@runbook/v1' }),
      ),
      said: /entry \d+: InvalidSignature/,
      code: 'E_APPROVAL_SIG',
    },
  ];
}

describe('a bundle made by a thief of the journal key', () => {
  const thefts: readonly Theft[] = [
    {
      what: 'claims that another person signed',
      change: (data, type) => (type === 'config.set' ? null : retold(data, type)),
      said: /entry \d+: /,
      code: 'E_APPROVAL_SIG',
    },
    {
      what: 'lets a step run that another request was about',
      change: (data, type) =>
        type === 'step.started' ? { ...data, digest: 'ab'.repeat(32) } : null,
      said: /entry \d+: another command was asked/,
      code: 'E_COMMAND_CHANGED',
    },
    {
      what: 'says that nobody needed to be asked',
      change: (data, type) => (type === 'step.started' ? withPermit(data, 'policy') : null),
      said: /entry \d+: privileged, and nobody was asked/,
      code: 'E_UNAPPROVED_EXECUTION',
    },
    {
      what: 'puts the approver behind the run',
      change: (data, type) =>
        type === 'run.started'
          ? {
              ...data,
              initiator: {
                kind: 'person',
                chain: [{ role: 'caller', identity: 'person:robin', person: 'robin' }],
              },
            }
          : null,
      said: /entry \d+: (nobody else approved it|.*its signer saw another log)/,
      code: 'E_SELF_APPROVAL',
    },
  ];

  testWith([python], 'still shows what people did not sign', async () => {
    const scene = await openTouchScene();
    const { bundle } = await exporting(scene);
    expect(check(forged(bundle, scene, () => null))).toMatchObject({ exitCode: 0 });
    for (const { what, change, said, code } of [...thefts, ...decisionsOf(scene)]) {
      const attacked = forged(bundle, scene, change);
      const { exitCode, said: words } = check(attacked);
      expect(exitCode, what).toBe(1);
      expect(words, what).toMatch(said);
      expect(await codesOf(attacked), what).toContain(code);
    }
  });
});

/** The same decision, by somebody else. */
function retold(data: Data, type: string): object | null {
  return type === 'approval.decided'
    ? { ...data, person: 'kim', statement: String(data['statement']).replace('robin', 'kim') }
    : null;
}

function withPermit(data: Data, kind: string): object {
  const { permit } = data;
  return { ...data, permit: typeof permit === 'object' ? { ...permit, kind } : permit };
}
