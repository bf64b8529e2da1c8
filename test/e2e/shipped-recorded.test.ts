import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { type Office, openCli, openOffice, root } from '../support/cli.ts';
import { type Answer, openRecorder, type Recorder } from '../support/recorder.ts';
import { throughTheGate } from './story.ts';

interface Scene {
  readonly office: Office;
  readonly recorder: Recorder;
  /** How the stand-in was called so far, each call as one line of arguments. */
  readonly lines: () => readonly string[];
}

/** Somebody else's program, played by a stand-in that writes down how it was called. */
async function openScene(name: string, answers: readonly Answer[]): Promise<Scene> {
  const recorder = openRecorder({ [name]: answers });
  onTestFinished(() => recorder.close());
  const office = await openOffice({
    env: { RUNBOOK_PATH: join(root, 'runbooks'), PATH: recorder.path },
  });
  // No argument of these runbooks holds a space, so a line says exactly which arguments there were.
  const lines = () =>
    recorder.calls().map(({ program, argv }) => {
      expect(argv.filter((word) => /\s/.test(word))).toEqual([]);
      return [program, ...argv].join(' ');
    });
  return { office, recorder, lines };
}

const argvOf = (name: string, ...params: readonly string[]) => [
  name,
  ...params.flatMap((param) => ['-p', param]),
];

const json = (...values: readonly object[]) => values.map((value) => JSON.stringify(value));

test('kubernetes-rollout-restart asks, restarts once it may, waits and looks again', async () => {
  const ready = { replicas: 3, readyReplicas: 3, updatedReplicas: 3 };
  const deployment = (generation: number) => ({
    metadata: { generation },
    spec: { replicas: 3 },
    status: { ...ready, observedGeneration: generation },
  });
  const { office, lines } = await openScene('kubectl', [
    { to: 'auth can-i', stdout: ['yes\n'] },
    { to: 'get', stdout: json(deployment(7), deployment(8)) },
    { to: 'rollout restart', stdout: ['deployment.apps/web restarted\n'] },
    { to: 'rollout status', stdout: ['deployment "web" successfully rolled out\n'] },
  ]);
  const at = 'kubectl --context=prod-eu --namespace=shop';
  const before = [
    `${at} auth can-i patch deployment/web`,
    `${at} get --output=json -- deployment web`,
  ];

  await throughTheGate(
    office,
    { key: office.robin, privileged: 'restart' },
    argvOf('kubernetes-rollout-restart', 'context=prod-eu', 'namespace=shop', 'deployment=web'),
    () => {
      expect(lines()).toEqual(before);
    },
  );
  expect(lines()).toEqual([
    ...before,
    `${at} rollout restart -- deployment web`,
    `${at} rollout status --timeout=10m -- deployment web`,
    `${at} get --output=json -- deployment web`,
  ]);
});

test('kubernetes-rollout-restart ends before its first step where we may not', async () => {
  const { office, lines } = await openScene('kubectl', [
    { to: 'auth can-i', stdout: ['no\n'], exit: 1 },
  ]);
  const argv = argvOf('kubernetes-rollout-restart', 'context=prod-eu', 'deployment=web');
  const ended = await office.drive('exec', ...argv);
  expect(ended).toMatchObject({ status: 'failed', exit_code: 1, requests: [] });
  expect(ended.steps.map(({ status }) => status)).toEqual([
    'failed',
    ...Array<string>(4).fill('skipped'),
  ]);
  expect(lines()).toHaveLength(1);
});

test('postgres-kill-long-queries shows what would end, and ends it once it may', async () => {
  const { office, recorder, lines } = await openScene('psql', [
    {
      to: 'list.sql',
      stdout: json({ count: 2, pids: [410, 411], oldest: '2026-03-01' }, { count: 0, pids: [] }),
    },
    { to: 'kill.sql', stdout: json({ ended: 2 }) },
  ]);
  const psql = 'psql -X -A -t --set=ON_ERROR_STOP=1 --set=minutes=45';
  const list = `${psql} --file=./postgres-kill-long-queries/list.sql`;
  const password = 'hunter2-hunter2';

  const { waiting, ended, said } = await throughTheGate(
    office.with({ env: { PGPASSWORD: password, PGOPTIONS: '-c search_path=elsewhere' } }),
    { key: office.robin, privileged: 'kill' },
    argvOf('postgres-kill-long-queries', 'host=db1.example.com', 'database=shop', 'minutes=45'),
    () => {
      expect(lines()).toEqual([list]);
    },
  );
  expect(waiting.steps[0]?.outputs).toEqual({ count: 2, pids: [410, 411] });
  expect(ended.steps[1]?.outputs).toEqual({ ended: 2 });
  expect(lines()).toEqual([list, `${psql} --file=./postgres-kill-long-queries/kill.sql`, list]);
  for (const { env, cwd } of recorder.calls()) {
    expect(cwd).toBe(join(root, 'runbooks'));
    expect(env).toMatchObject({
      PGHOST: 'db1.example.com',
      PGDATABASE: 'shop',
      PGUSER: 'postgres',
      PGSSLMODE: 'verify-full',
      PGPASSWORD: password,
    });
    expect(env).not.toHaveProperty('PGOPTIONS');
  }
  expect(said).not.toContain(password);
});

test('postgres-kill-long-queries asks nobody where nothing runs too long', async () => {
  const { office, lines } = await openScene('psql', [
    { to: 'list.sql', stdout: json({ count: 0, pids: [] }) },
  ]);
  const ended = await office
    .with({ env: { PGPASSWORD: 'hunter2-hunter2' } })
    .drive('exec', ...argvOf('postgres-kill-long-queries', 'host=db1', 'database=shop'));
  expect(ended.steps.map(({ status }) => status)).toEqual(['succeeded', 'skipped', 'succeeded']);
  expect(lines()).toHaveLength(2);
});

test('aws-scale-service changes the number of tasks, and waits until they run', async () => {
  const service = (desiredCount: number) => ({
    services: [{ status: 'ACTIVE', deployments: [{}], desiredCount, runningCount: desiredCount }],
  });
  const { office, recorder, lines } = await openScene('aws', [
    { to: 'describe-services', stdout: json(service(2), service(6)) },
    { to: 'update-service', stdout: json({ service: { desiredCount: 6 } }) },
    { to: 'wait services-stable' },
  ]);
  const describe = 'aws ecs describe-services --output=json --cluster=prod --services=checkout';

  await throughTheGate(
    office.with({ env: { AWS_PROFILE: 'ops', AWS_SECRET_ACCESS_KEY: 'not-inherited' } }),
    { key: office.robin, privileged: 'scale' },
    argvOf('aws-scale-service', 'cluster=prod', 'service=checkout', 'tasks=6'),
    () => {
      expect(lines()).toEqual([describe]);
    },
  );
  expect(lines()).toEqual([
    describe,
    'aws ecs update-service --output=json --cluster=prod --service=checkout --desired-count=6',
    'aws ecs wait services-stable --cluster=prod --services=checkout',
    describe,
  ]);
  for (const { env } of recorder.calls()) {
    expect(env).toMatchObject({ AWS_PROFILE: 'ops', AWS_PAGER: '' });
    expect(env).not.toHaveProperty('AWS_SECRET_ACCESS_KEY');
  }
});

test('ssh-drain-host drains one host, by a command that no parameter is part of', async () => {
  const node = (SchedulingEligibility: string) => ({
    ID: 'f00d',
    SchedulingEligibility,
    DrainStrategy: null,
  });
  const { office, lines } = await openScene('ssh', [
    { to: 'node status', stdout: json(node('eligible'), node('ineligible')) },
    { to: 'node drain', stdout: ['drain complete\n'] },
  ]);
  const ssh =
    'ssh -o BatchMode=yes -o StrictHostKeyChecking=yes -o ConnectTimeout=10 -- web7.example.com nomad';
  const status = `${ssh} node status -self -json`;

  await throughTheGate(
    office,
    { key: office.robin, privileged: 'drain' },
    argvOf('ssh-drain-host', 'host=web7.example.com'),
    () => {
      expect(lines()).toEqual([status]);
    },
  );
  expect(lines()).toEqual([status, `${ssh} node drain -self -enable -yes -deadline=10m`, status]);
});

test.each([
  ['ssh-drain-host', 'host=-oProxyCommand=id'],
  ['ssh-drain-host', 'host=web7;id'],
  ['kubernetes-rollout-restart', 'deployment=web', 'context=--kubeconfig=/tmp/x'],
  ['aws-scale-service', 'tasks=1', 'service=checkout', 'cluster=--debug'],
  ['postgres-kill-long-queries', 'database=shop', 'host=/var/run/postgresql'],
  ['export-database', 'output=/srv/copy.sqlite', 'database=relative.db'],
  ['rotate-secret', 'file=/srv/secret', 'service=http://user@host'],
])(
  '%s refuses a parameter that would mean something else to its program',
  async (name, ...params) => {
    const cli = openCli({ env: { RUNBOOK_PATH: join(root, 'runbooks') } });
    const { exitCode, code, message } = await cli.failure('exec', ...argvOf(name, ...params));
    expect([exitCode, code]).toEqual([2, 'params_invalid']);
    expect(message).toContain(params.at(-1)?.split('=')[0]);
  },
);
