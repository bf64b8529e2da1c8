import type { RunId } from '../../src/base/ids.ts';
import type { Answer, Front, Reception } from '../../src/channels/channel.ts';

/** A chat that shows nothing and passes on every click, as one that is trusted to know who clicked. */
export interface Chat {
  readonly reception: Reception;
  /** The fronts it was given, newest last; `told` once each by `tell`. */
  readonly attended: Front[];
  readonly told: Front[];
  /** Waits until it is attended to. */
  readonly front: () => Promise<Front>;
  /** Somebody clicks under the run's newest request. */
  readonly click: (
    run: RunId,
    who: 'ANA' | 'ROBIN' | 'KIM',
    decision: 'approve' | 'reject',
  ) => Promise<Answer>;
}

export function openChat(of: Partial<Reception> = {}): Chat {
  const attended: Front[] = [];
  const told: Front[] = [];
  const front = async (): Promise<Front> => {
    for (;;) {
      const latest = attended.at(-1);
      if (latest !== undefined) {
        return latest;
      }
      await new Promise((done) => setTimeout(done, 10));
    }
  };
  let clicks = 0;
  return {
    attended,
    told,
    front,
    reception: {
      name: 'slack',
      attend: async (given, signal) => {
        attended.push(given);
        await new Promise<void>((done) => {
          signal.addEventListener('abort', () => {
            done();
          });
        });
      },
      tell: async (given) => {
        told.push(given);
      },
      http: null,
      health: () => ({ ok: true, message: 'connected', backlog: 0 }),
      examine: async () => [],
      ...of,
    },
    click: async (run, who, decision) => {
      const given = await front();
      const [request] = (await given.requestsOf(run)).slice(-1);
      if (request === undefined) {
        throw new Error(`run ${run} has no request`);
      }
      clicks += 1;
      return given.attest({
        request: (await given.look(request)).hash,
        decision,
        reason: decision === 'reject' ? 'not today' : null,
        identity: `slack:T0TEAM/U0${who}`,
        matchedBy: null,
        event: `slack:${clicks}.${run}`,
        raw: Buffer.from(`{"click":${clicks}}`),
      });
    },
  };
}
