import { beforeEach, describe, expect, test } from 'vitest';
import { openConnection } from '../../src/client/connection.ts';
import { remoteService } from '../../src/client/remote-service.ts';
import type { DriveOptions, Service } from '../../src/engine/service.ts';
import { ana, gated, openServed, type Served } from '../server/served.ts';

const slow = `name: slow
params: { key: { type: string, secret: true, required: false } }
env: { KEY: "\${{ params.key }}" }
steps:
  - { id: say, run: 'while :; do echo "begun $KEY"; sleep 0.1; done' }
  - { id: never, exec: [echo, never] }
finally:
  - { id: tidy, exec: [echo, tidied] }
`;

let served: Served;
let service: Service;
beforeEach(async () => {
  served = await openServed({ files: { 'gated.yaml': gated, 'slow.yaml': slow } });
  const token = await served.token(ana, ['start', 'read']);
  service = remoteService(
    openConnection({ url: served.url, ca: null, token, claims: {}, program: 'runbook test' }),
  );
});

async function start(name: string, given = {}): ReturnType<Service['start']> {
  const source = await service.openRunbook(name);
  return service.start({ source, given, environment: null, reason: null, ticket: null });
}

interface Heard {
  readonly options: DriveOptions;
  readonly events: string[];
  text(): string;
}

function listen(on: { readonly output?: () => void; readonly waiting?: () => void } = {}): Heard & {
  readonly interrupt: AbortController;
} {
  const events: string[] = [];
  const chunks: Buffer[] = [];
  const interrupt = new AbortController();
  const listener = {
    recorded: ({ event }: { readonly event: { readonly type: string } }) => {
      events.push(event.type);
    },
    output: (_step: string, _stream: string, chunk: Buffer) => {
      chunks.push(chunk);
      on.output?.();
    },
    waiting: () => on.waiting?.(),
    delayed: () => undefined,
  };
  const hurry = new AbortController().signal;
  return {
    events,
    interrupt,
    text: () => Buffer.concat(chunks).toString('utf8'),
    options: { wait: 'expiry', listener, signal: interrupt.signal, hurry },
  };
}

describe('a run that a server drives', () => {
  test('is ended there by an interrupt here, and followed to its end', async () => {
    const run = await start('slow', { key: 'hunter22' });
    const heard = listen({ output: () => heard.interrupt.abort() });
    const report = await service.drive(run, heard.options);
    expect(report).toMatchObject({ status: 'cancelled', terminal: true, exit_code: 17 });
    expect(report.steps.map(({ status }) => status)).toEqual([
      'cancelled',
      'cancelled',
      'succeeded',
    ]);
    expect(heard.text()).toContain('begun ');
    expect(heard.text()).not.toContain('hunter22');
    expect(heard.events.at(-1)).toBe('run.finished');
  });

  test('is left at its gate by an interrupt, and waits on', async () => {
    const run = await start('gated');
    const heard = listen({ waiting: () => heard.interrupt.abort() });
    expect(await service.drive(run, heard.options)).toMatchObject({ status: 'waiting' });
    expect(await service.status(run)).toMatchObject({ status: 'waiting', terminal: false });
  });

  test('ends at a gate whose time is over with 12, and asks anew when it is resumed', async () => {
    const run = await start('gated');
    const heard = listen({ waiting: () => served.scene.clock.shift(31 * 60_000) });
    expect(await service.drive(run, heard.options)).toMatchObject({
      status: 'expired',
      terminal: false,
      exit_code: 12,
    });
    const again = listen();
    const resumed = await service.drive(await service.resume({ run, given: {} }), {
      ...again.options,
      wait: 'stop',
    });
    expect(resumed).toMatchObject({ status: 'waiting', exit_code: 10 });
    expect(again.events).toContain('approval.requested');
  });

  test('is told of whole, however far it came before anybody listened', async () => {
    const run = await start('gated');
    await service.wait(run, 500, new AbortController().signal);
    const heard = listen();
    await service.drive(run, { ...heard.options, wait: 'stop' });
    expect(heard.events).toEqual(['step.started', 'step.finished', 'approval.requested']);
    expect(heard.text()).toBe('before\n');
  });

  test('is not started when the runbook is not the one that was looked at', async () => {
    const source = await service.openRunbook('gated');
    const text = source.text.replace('before', 'after');
    const input = { given: {}, environment: null, reason: null, ticket: null };
    await expect(service.start({ ...input, source: { ...source, text } })).rejects.toMatchObject({
      code: 'runbook_changed',
    });
  });
});

test('tokens are issued, listed and revoked from afar', async () => {
  const admin = remoteService(
    openConnection({
      url: served.url,
      ca: null,
      token: await served.token(ana, ['admin']),
      claims: {},
      program: 'runbook test',
    }),
  );
  const issued = await admin.issueToken({
    holder: { kind: 'agent', id: 'deploy-bot' },
    scopes: ['start'],
    label: 'nightly',
    expiresInMs: 60_000,
  });
  expect(issued.secret).toMatch(/^rbk_/);
  expect((await admin.tokens()).map(({ token }) => token)).toContain(issued.token);
  expect((await admin.revokeToken(issued.token)).revoked_at).not.toBeNull();
  await expect(service.tokens()).rejects.toMatchObject({ exitCode: 13 });
});
