import { onTestFinished } from 'vitest';
import type { TokenCaller } from '../../src/approval/people/initiator.ts';
import type { RunId } from '../../src/base/ids.ts';
import type { Json } from '../../src/base/json.ts';
import type { Engine } from '../../src/engine/engine.ts';
import { localService } from '../../src/engine/local-service.ts';
import { openOffice } from '../../src/engine/office/open-office.ts';
import type { Office } from '../../src/engine/office.ts';
import type { RunReport } from '../../src/engine/reports.ts';
import type { Service } from '../../src/engine/service.ts';
import type { Store } from '../../src/store/store.ts';
import { issueToken } from './click.ts';
import type { Scene } from './scene.ts';

/** An agent of ana's, calling the API. */
export const bot: TokenCaller = {
  token: 'b0tb0tb0tb0tb0t1',
  holder: { kind: 'agent', id: 'deploy-bot' },
};

/** An office at work, as a server has it. */
export interface Staffed {
  readonly office: Office;
  /** The API as ana's agent calls it. */
  readonly door: Service;
  readonly store: Store;
  /** What was told as trouble: `run or reception: code`. */
  readonly troubles: string[];
  readonly start: (given?: Readonly<Record<string, Json>>) => Promise<RunId>;
  /** Waits until the run stands so. */
  readonly settled: (run: RunId, status: RunReport['status']) => Promise<RunReport>;
  /** A graceful stop. */
  readonly stop: () => Promise<void>;
  /** As `kill -9`: nothing that it still does reaches the journal. */
  readonly crash: () => void;
}

export function staff(
  scene: Scene,
  of: {
    readonly store?: Store;
    readonly workers?: number;
    readonly engine?: Partial<Engine>;
  } = {},
): Staffed {
  const { store, crash, close } = mortal(of.store ?? scene.openStore());
  const troubles: string[] = [];
  const office = openOffice(
    { ...scene.engine(store), ...of.engine },
    {
      serviceFor: (engine) => localService(engine, scene.elsewhere),
      url: null,
      ...(of.workers === undefined ? {} : { workers: of.workers }),
      onTrouble: (place, error) => {
        troubles.push(`${place}: ${String((error as { code?: unknown }).code ?? error)}`);
      },
    },
  );
  const over = new AbortController();
  const ended = office.work(over.signal);
  const stop = async () => {
    over.abort();
    await ended.catch(() => undefined);
    await close();
  };
  onTestFinished(stop);
  const known = issueToken(scene, { ...bot, scopes: ['start', 'read'] });
  const door = office.serviceFor(bot);
  return {
    office,
    door,
    store,
    troubles,
    stop,
    crash,
    start: async (given = {}) => {
      await known;
      return door.start({
        source: await door.openRunbook('runbook.yaml'),
        given,
        environment: null,
        reason: null,
        ticket: null,
      });
    },
    settled: async (run, status) => {
      for (;;) {
        const report = await scene.service().status(run);
        if (report.status === status) {
          return report;
        }
        await new Promise((done) => setTimeout(done, 20));
      }
    },
  };
}

/** A store whose process can die: from then on it answers nothing. */
function mortal(store: Store): {
  readonly store: Store;
  readonly crash: () => void;
  readonly close: () => Promise<void>;
} {
  let alive = true;
  let open = true;
  const close = async () => {
    if (open) {
      open = false;
      alive = false;
      await store.close();
    }
  };
  const guarded = new Proxy(store, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name, target);
      if (typeof member !== 'function') {
        return member;
      }
      return alive
        ? (member.bind(target) as unknown)
        : () => Promise.reject(new Error(`\`${String(name)}\` of a process that is gone`));
    },
  });
  return {
    store: guarded,
    crash: () => {
      alive = false;
    },
    close,
  };
}
