import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Check, Reception } from '../../src/channels/channel.ts';
import { describeSelf } from '../../src/engine/hold.ts';
import { examine } from '../../src/engine/report/examine.ts';
import { examineReceptions } from '../../src/engine/report/examine-receptions.ts';
import { startRun } from '../../src/engine/start-run.ts';
import { issueToken } from '../support/click.ts';
import { openScene, type Scene } from '../support/scene.ts';

const runbook = 'name: hello\nsteps:\n  - { id: greet, exec: echo hello }\n';

/** What doctor says of these, by their names. */
async function doctor(
  scene: Scene,
  names: readonly string[],
  receptions: readonly Reception[] = [],
): Promise<readonly (readonly [string, boolean, string])[]> {
  const findings = await examine({ ...scene.engine(), receptions }, { stateDir: scene.state });
  return findings
    .filter(({ name }) => names.includes(name))
    .map(({ name, ok, message }) => [name, ok, message] as const);
}

function aReception(
  name: string,
  examine: (signal: AbortSignal) => Promise<readonly Check[]>,
): Reception {
  return {
    name,
    attend: async () => undefined,
    tell: async () => undefined,
    http: null,
    health: () => ({ ok: true, message: 'idle', backlog: 0 }),
    examine,
  };
}

const fine: Check = { name: 'slack token', ok: true, message: 'good', hint: null };
const never = new Promise<readonly Check[]>(() => undefined);

test('where nothing is served and nothing received, doctor speaks of neither', async () => {
  expect(await doctor(openScene({ runbook }), ['server', 'receiver'])).toEqual([]);
});

test('doctor says which process serves, and which receives', async () => {
  const scene = openScene({ runbook });
  const self = describeSelf(scene.engine());
  await scene.engine().store.takeHold('serve', self, () => true);
  await scene.engine().store.takeHold('reception', self, () => true);
  const who = `process ${process.pid} on ${self.host} since ${self.since}`;
  expect(await doctor(scene, ['server', 'receiver'])).toEqual([
    ['server', true, `${who}, 0 open runs`],
    ['receiver', true, who],
  ]);
});

test('a server that is gone is told, with the runs that wait for it', async () => {
  const scene = openScene({ runbook });
  const engine = scene.engine();
  const gone = { ...describeSelf(engine), startTime: '1' };
  await engine.store.takeHold('serve', gone, () => true);
  const who = `process ${process.pid} on ${gone.host} since ${gone.since}`;
  expect(await doctor(scene, ['server'])).toEqual([
    ['server', false, `nobody serves: ${who} is gone`],
  ]);
  await engine.store.releaseHold('serve', gone);
  await startServed(scene);
  expect(await doctor(scene, ['server'])).toEqual([
    ['server', false, 'nobody serves, and 1 open run of the API cannot go on'],
  ]);
});

test('every reception is asked, and what one finds wrong hides no other', async () => {
  const scene = openScene({ runbook });
  const receptions = [
    aReception('broken', () => Promise.reject(new TypeError('fetch failed'))),
    aReception('slack', async () => [fine]),
  ];
  expect(await doctor(scene, ['receiver', 'broken', 'slack token'], receptions)).toEqual([
    ['receiver', true, 'nobody just now: `runbook serve`, or a run while it waits'],
    ['broken', false, 'TypeError: fetch failed'],
    ['slack token', true, 'good'],
  ]);
});

test('one that does not answer is given up, and told to stop', async () => {
  const signals: AbortSignal[] = [];
  const silent = aReception('silent', (signal) => {
    signals.push(signal);
    return never;
  });
  expect(
    await examineReceptions(
      { ...openScene({ runbook }).engine(), receptions: [silent] },
      { limitMs: 1 },
    ),
  ).toEqual([{ name: 'silent', ok: false, message: 'no answer within 0.001 s', hint: null }]);
  expect(signals.map(({ aborted }) => aborted)).toEqual([true]);
});

/** As the API does it. */
async function startServed(scene: Scene): Promise<void> {
  const caller = { token: '4f7k', holder: { kind: 'person', id: 'ana' } } as const;
  await issueToken(scene, { ...caller, scopes: ['start'] });
  const text = readFileSync(join(scene.dir, 'runbook.yaml'), 'utf8');
  const source = { name: null, file: 'runbook.yaml', dir: scene.dir, text, trusted: false };
  const nothing = { given: {}, environment: null, reason: null, ticket: null };
  await startRun({ ...scene.engine(), caller }, { source, ...nothing });
}
