import { existsSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { TokenIssued } from '../../src/approval/token.ts';
import { formatTime } from '../../src/base/clock.ts';
import { sha256 } from '../../src/base/digest.ts';
import type { RequestId, Sha256 } from '../../src/base/ids.ts';
import { attestDecision, type Heard } from '../../src/engine/decision/attest-decision.ts';
import { localService } from '../../src/engine/local-service.ts';
import type { DecisionReport } from '../../src/engine/reports.ts';
import type { Service } from '../../src/engine/service.ts';
import type { Decided } from '../../src/run/events.ts';
import type { Store } from '../../src/store/store.ts';
import { openScene, type Scene, type SceneOptions } from './scene.ts';

export const host = hostname();

export const gated = `
name: gated
steps:
  - id: restart
    privileged: true
    run: echo ran >> ran.txt
`;

const anasToken = { token: 'a0a0a0a0a0a0a0a0', holder: { kind: 'person', id: 'ana' } } as const;

/**
 * Ana calls at the API, and the receiver runs under an account of its own, as `runbook serve` does: its
 * word is A1.
 */
export function openServed(options: Partial<SceneOptions> = {}): Scene {
  const caller = { ...anasToken, ...options.caller };
  const scene = openScene({ runbook: gated, account: `runbook@${host}`, ...options, caller });
  return {
    ...scene,
    exec: async (given) => {
      await issueToken(scene, { ...caller, scopes: ['start', 'read', 'admin'] });
      return scene.exec(given);
    },
  };
}

/** A token that its bearer has from the account that keeps the journal. Issued twice, it is issued once. */
export async function issueToken(
  scene: Scene,
  of: Pick<TokenIssued, 'token' | 'holder' | 'scopes'>,
): Promise<void> {
  const { token, holder, scopes } = of;
  const data: TokenIssued = {
    token,
    hash: sha256(token),
    holder,
    scopes,
    label: null,
    expires_at: formatTime(scene.clock.now().wallMs + 24 * 3_600_000),
    by: `os:runbook@${host}`,
  };
  await scene.engine().store.commit({
    run: null,
    expectedVersion: null,
    commandId: `token.${token}`,
    events: [{ type: 'token.issued', data }],
  });
}

/** The same journal, entered from an account of the host instead of with a token. */
export function asAccount(scene: Scene, osUser: string): Service {
  return localService({ ...scene.engine(), caller: { osUser } }, scene.elsewhere);
}

export function ran(scene: Scene): boolean {
  return existsSync(join(scene.dir, 'ran.txt'));
}

/** What the journal says was decided in a run. */
export async function decisionsOf(scene: Scene, run: string): Promise<Decided[]> {
  const { run: id } = await scene.service().status(run);
  return (await scene.service().events(id, 0)).flatMap(({ event }) =>
    event.type === 'approval.decided' ? [event.data] : [],
  );
}

/** What a person's click brings: their account in Slack, and an event of its own. */
export interface Click extends Partial<Heard> {
  /** `robin`, for the account `slack:T0TEAM/U0ROBIN`. */
  readonly by: string;
}

let clicks = 0;

/** Hands a click on the open request to the engine, as the process that received it does. */
export async function click(scene: Scene, of: Click, store?: Store): Promise<DecisionReport> {
  const request = of.request ?? (await scene.open()).hash;
  clicks += 1;
  const { by, ...changes } = of;
  return attestDecision(scene.engine(store), {
    request,
    decision: 'approve',
    reason: null,
    identity: `slack:T0TEAM/U0${by.toUpperCase()}`,
    matchedBy: null,
    event: `click-${clicks}`,
    raw: Buffer.from(`{"type":"block_actions","user":"${by}"}`),
    channel: 'slack',
    ...changes,
  });
}

/** The open request, as a card names it. */
export async function cardOf(scene: Scene): Promise<{ request: RequestId; hash: Sha256 }> {
  const { hash, content } = await scene.open();
  return { request: content.id, hash };
}
