import { expect, onTestFinished, test } from 'vitest';
import { parseYaml } from '../../../src/base/yaml.ts';
import { openWebhooks } from '../../../src/channels/webhooks/open-webhooks.ts';
import { openOffice } from '../../../src/engine/office/open-office.ts';
import { openScene } from '../../support/scene.ts';
import { openReceiver } from './receiver.ts';

const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;

test('an office tells a receiver the story of a run, request, decision and all', async () => {
  const receiver = await openReceiver(secret);
  const scene = openScene({
    runbook: 'name: hello\nsteps: [{ id: change, privileged: true, run: "true" }]\n',
  });
  const section = parseYaml(
    `[{ name: ops, url: "${receiver.url}", secret: { env: OPS }, allow_private: true }]`,
    'config.yaml',
    'config_invalid',
  );
  const plain = scene.engine();
  const reception = openWebhooks(section, { clock: plain.clock, env: { OPS: secret } });
  const office = openOffice(
    { ...plain, receptions: [reception] },
    {
      url: 'https://runbook.example.com',
      serviceFor: ({ store, caller }) => scene.service(store, caller),
    },
  );
  const stop = new AbortController();
  const working = office.work(stop.signal);
  onTestFinished(async () => {
    stop.abort();
    await working;
  });
  while (!reception.health().message.includes('up to date')) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }

  const { run } = await scene.exec();
  const { words, content } = await scene.open();
  await scene.decide(scene.people.robin, 'approve');
  await scene.resume(run);
  const types = () => receiver.got.map(({ event }) => event?.type);
  while (!types().includes('run.finished')) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }

  expect(types()).toEqual([
    'config.set',
    'run.started',
    'approval.requested',
    'approval.decided',
    'run.resumed',
    'step.started',
    'step.finished',
    'run.finished',
  ]);
  const asked = receiver.got[2]?.event?.data;
  expect(asked).toMatchObject({ run, runbook: 'hello', environment: 'local' });
  expect(asked).toMatchObject({ request: content.id, words });
  expect(receiver.got[3]?.event?.data).toMatchObject({ request: content.id, words });
});
