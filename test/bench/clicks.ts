import { setTimeout as sleep } from 'node:timers/promises';
import type { RequestId, RunId } from '../../src/base/ids.ts';
import type { Front, Reception } from '../../src/channels/channel.ts';
import { localService } from '../../src/engine/local-service.ts';
import { openOffice } from '../../src/engine/office/open-office.ts';
import { issueToken } from '../../src/engine/token/tokens.ts';
import { engineIn, nothingElse } from './engine-in.ts';

const text = `name: change
steps:
  - { id: change, privileged: true, run: ":" }
`;

/**
 * `DIR RUNS CLICKS`: that many runs of an agent wait in one office, and so many of them are approved by a
 * click, one after the other. Prints one JSON object: milliseconds from the click to the durable start of
 * its step, and how much memory the process holds while they wait.
 */
async function main(dir: string, runs: number, clicks: number): Promise<void> {
  const fronts: Front[] = [];
  const engine = engineIn(dir, [collecting(fronts)]);
  const office = openOffice(engine, {
    serviceFor: (theirs) => localService(theirs, nothingElse),
    url: null,
  });
  const over = new AbortController();
  const working = office.work(over.signal);
  const holder = { kind: 'agent', id: 'bot' } as const;
  const grant = { holder, scopes: ['start'], label: null, expiresInMs: 86_400_000 } as const;
  const { token } = await issueToken(engine, grant);
  const service = office.serviceFor({ token, holder });
  for (let at = 0; at < runs; at += 1) {
    await service.start(input(dir));
  }
  const front = await firstOf(fronts);
  while ((await front.open()).length < runs || office.figures().active > 0) {
    await sleep(50);
  }
  const rssMb = Math.round(process.memoryUsage().rss / 1e6);
  const started = startsOf(office.feed);
  const took: number[] = [];
  // From the middle, so that neither the first nor the newest run is all there is to it.
  const open = await front.open();
  for (const request of open.slice(runs >> 1).slice(0, clicks)) {
    took.push(await click(front, request, started));
  }
  over.abort();
  await working;
  await engine.store.close();
  process.stdout.write(`${JSON.stringify({ took, rss_mb: rssMb })}\n`);
}

async function click(
  front: Front,
  request: RequestId,
  started: ReturnType<typeof startsOf>,
): Promise<number> {
  const { hash, content } = await front.look(request);
  const runs = started(content.run);
  const from = performance.now();
  const { accepted, message } = await front.attest({
    request: hash,
    decision: 'approve',
    reason: null,
    identity: 'slack:T1/UROBIN',
    matchedBy: null,
    event: `slack:T1/UROBIN/${request}`,
    raw: Buffer.from('{}'),
  });
  if (!accepted) {
    throw new Error(message);
  }
  return (await runs) - from;
}

/** Answers when a run's next step has durably started. */
function startsOf(feed: ReturnType<typeof openOffice>['feed']): (run: RunId) => Promise<number> {
  return (run) =>
    new Promise((resolve) => {
      const leave = feed.follow({
        recorded: (entry) => {
          if (entry.run === run && entry.event.type === 'step.started') {
            leave();
            resolve(performance.now());
          }
        },
      });
    });
}

/** A reception that hands over what it sees of the journal. */
function collecting(fronts: Front[]): Reception {
  return {
    name: 'slack',
    attend: (front, signal) =>
      new Promise((resolve) => {
        fronts.push(front);
        signal.addEventListener('abort', () => resolve());
      }),
    tell: () => Promise.resolve(),
    http: null,
    health: () => ({ ok: true, message: '', backlog: 0 }),
    examine: () => Promise.resolve([]),
  };
}

function input(dir: string) {
  const source = { name: 'change', file: 'change.yaml', dir, text, trusted: false };
  return { source, given: {}, environment: null, reason: null, ticket: null };
}

async function firstOf(fronts: readonly Front[]): Promise<Front> {
  for (;;) {
    const [front] = fronts;
    if (front !== undefined) {
      return front;
    }
    await sleep(10);
  }
}

await main(process.argv[2] ?? '', Number(process.argv[3]), Number(process.argv[4]));
