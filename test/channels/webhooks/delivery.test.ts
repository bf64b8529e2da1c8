import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { systemClock } from '../../../src/base/clock.ts';
import { newRunId } from '../../../src/base/ids.ts';
import { parseYaml } from '../../../src/base/yaml.ts';
import type { Front, Reception } from '../../../src/channels/channel.ts';
import { openWebhooks, type WebhookDeps } from '../../../src/channels/webhooks/open-webhooks.ts';
import type { Endpoint } from '../../../src/channels/webhooks/settings.ts';
import {
  approvalRequested,
  configSet,
  runFinished,
  runStarted,
} from '../../support/some-events.ts';
import { openJournal } from './front.ts';
import { openReceiver, type Receiver } from './receiver.ts';

const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
const newSecret = `whsec_${Buffer.alloc(32, 9).toString('base64')}`;
const env = { OPS: secret, NEW: newSecret };

type Line = Partial<Record<'secret' | 'events' | 'environments', string>> & Pick<Endpoint, 'name'>;

const lineOf = (
  url: string,
  { name, secret: source = '{ env: OPS }', events, environments }: Line,
) =>
  [
    `- name: ${name}`,
    `  url: ${url}`,
    `  secret: ${source}`,
    '  allow_private: true',
    ...(events === undefined ? [] : [`  events: ${events}`]),
    ...(environments === undefined ? [] : [`  environments: ${environments}`]),
  ].join('\n');

function webhooks(lines: readonly string[], deps: Partial<WebhookDeps> = {}): Reception {
  const section = parseYaml(lines.join('\n'), 'config.yaml', 'config_invalid');
  return openWebhooks(section, { clock: systemClock, env, pause: breathe, ...deps });
}

/** So that a failing endpoint is tried again at once, and nothing spins. */
async function breathe(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 2));
}

/** Attends until the test ends or `leave` is called. */
function attend(reception: Reception, front: Front): { leave(): Promise<void> } {
  const stop = new AbortController();
  const attended = reception.attend(front, stop.signal);
  const leave = async (): Promise<void> => {
    stop.abort();
    await attended;
  };
  onTestFinished(leave);
  return { leave };
}

async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isSo())) {
    await breathe();
  }
}

/** An endpoint that has been served once, so that what comes next is due. */
async function greet(reception: Reception, front: Front): Promise<void> {
  await reception.tell(front, new AbortController().signal);
}

async function scene(receiver: Receiver, line: Omit<Line, 'name'> = {}) {
  const journal = openJournal();
  const reception = webhooks([lineOf(receiver.url, { name: 'ops', ...line })]);
  await greet(reception, journal.front);
  return { ...journal, reception };
}

describe('what a receiver gets', () => {
  test('is signed so that the standard library verifies it, and named by the leaf hash', async () => {
    const receiver = await openReceiver(secret);
    const { front, reception, write } = await scene(receiver);
    await write(configSet('os:robin@web1'));
    attend(reception, front);
    await until(() => receiver.taken.length === 1);

    const [got] = receiver.got;
    const [entry] = await front.entries(1, 1);
    expect(got?.id).toBe(entry?.hash);
    expect(got?.headers['content-type']).toBe('application/json');
    expect(got?.event).toMatchObject({
      type: 'config.set',
      timestamp: entry?.time,
      data: { seq: 1, hash: entry?.hash, run: null, url: null, data: { by: 'os:robin@web1' } },
    });
  });

  test('leads to the request where the API shows it', async () => {
    const receiver = await openReceiver(secret);
    const { front, store, reception } = await scene(receiver, { events: '[approval.*]' });
    const run = newRunId();
    const asked = approvalRequested(run);
    const events = [runStarted(), asked];
    await store.commit({ run, expectedVersion: 0, commandId: 'start', events });
    attend(reception, front);
    await until(() => receiver.taken.length === 1);

    const request = asked.type === 'approval.requested' ? asked.data.id : '';
    expect(receiver.got[0]?.event?.data).toMatchObject({
      run,
      request,
      // Its blobs are not in this journal: the card's words cannot be made, and that stops nothing.
      words: null,
      url: `https://runbook.example.com/v1/requests/${request}`,
    });
  });

  test('comes in the order of the journal, each once', async () => {
    const receiver = await openReceiver(secret);
    const { front, reception, write } = await scene(receiver);
    attend(reception, front);
    for (let count = 0; count < 30; count += 1) {
      await write(configSet());
    }
    await until(() => receiver.taken.length === 30);
    expect(receiver.taken).toEqual(Array.from({ length: 30 }, (_, index) => index + 1));
    expect(reception.health()).toMatchObject({ ok: true, backlog: 0 });
  });

  test('is what the endpoint asked for, of the environments it named', async () => {
    const receiver = await openReceiver(secret);
    const filter = { events: '[run.started, config.set]', environments: '[prod]' };
    const { front, store, reception, write } = await scene(receiver, filter);
    for (const environment of ['staging', 'prod']) {
      const events = [runStarted({ environment }), runFinished()];
      await store.commit({ run: newRunId(), expectedVersion: 0, commandId: environment, events });
    }
    await write(configSet());
    attend(reception, front);
    await until(async () => (await front.notes.get('cursor.ops'))?.includes('"next":6') ?? false);
    expect(receiver.got.map(({ event }) => [event?.type, event?.data['environment']])).toEqual([
      ['run.started', 'prod'],
    ]);
  });

  test('begins with what happens after the endpoint was first served', async () => {
    const receiver = await openReceiver(secret);
    const journal = openJournal();
    await journal.write(configSet(), configSet());
    const reception = webhooks([lineOf(receiver.url, { name: 'ops' })]);
    await greet(reception, journal.front);
    await journal.write(configSet());
    await greet(reception, journal.front);
    expect(receiver.taken).toEqual([3]);
  });
});

describe('secrets', () => {
  test('a receiver with another secret refuses every event, and that is told', async () => {
    const receiver = await openReceiver(newSecret, ({ event }) => (event === null ? 401 : 200));
    const { front, reception, write } = await scene(receiver);
    await write(configSet());
    await reception.tell(front, new AbortController().signal);
    expect(receiver.taken).toEqual([]);
    expect(reception.health().ok).toBe(false);
    expect(reception.health().message).toContain('it answered 401');
  });

  test('while one takes the place of another, a receiver may hold either', async () => {
    const old = await openReceiver(secret);
    const fresh = await openReceiver(newSecret);
    for (const receiver of [old, fresh]) {
      const { front, reception, write } = await scene(receiver, {
        secret: '[{ env: OPS }, { env: NEW }]',
      });
      await write(configSet());
      await greet(reception, front);
      expect(receiver.taken).toEqual([1]);
    }
  });

  test('a missing or malformed one sends nothing, and names the variable alone', async () => {
    const receiver = await openReceiver(secret);
    for (const value of [undefined, 'hunter2', 'whsec_aGk=']) {
      const journal = openJournal();
      const reception = webhooks([lineOf(receiver.url, { name: 'ops' })], { env: { OPS: value } });
      await greet(reception, journal.front);
      await journal.write(configSet());
      await greet(reception, journal.front);
      expect(reception.health().message).toMatch(/variable `OPS` holds no/);
      expect(reception.health().message).not.toContain('hunter2');
    }
    expect(receiver.got).toEqual([]);
  });
});

describe('when something fails', () => {
  test('a crash between the delivery and the cursor delivers again, under the same id', async () => {
    const receiver = await openReceiver(secret);
    const { front, reception, write } = await scene(receiver);
    await write(configSet());
    const stop = new AbortController();
    await reception.tell(
      {
        ...front,
        notes: {
          ...front.notes,
          put: () => {
            stop.abort();
            throw new Error('killed');
          },
        },
      },
      stop.signal,
    );
    await greet(webhooks([lineOf(receiver.url, { name: 'ops' })]), front);
    expect(receiver.taken).toEqual([1, 1]);
    expect(receiver.got[0]?.id).toBe(receiver.got[1]?.id);
  });

  test('after an outage, and a restart in the middle of it, everything comes in order', async () => {
    const receiver = await openReceiver(secret, () => 500);
    const { front, reception, write } = await scene(receiver);
    const first = attend(reception, front);
    await write(configSet(), configSet());
    await until(() => reception.health().backlog === 2);
    expect(reception.health().message).toMatch(/^ops: 2 entries wait since .*: it answered 500$/);
    await first.leave();

    await write(configSet());
    const again = webhooks([lineOf(receiver.url, { name: 'ops' })]);
    attend(again, front);
    receiver.answer = () => 200;
    await until(() => receiver.taken.length === 3);
    expect(receiver.taken).toEqual([1, 2, 3]);
    await until(() => again.health().ok && again.health().backlog === 0);
  });

  test('a receiver that is not there is tried until it is', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    await new Promise((resolve) => server.close(resolve));
    const journal = openJournal();
    const reception = webhooks([lineOf(`http://127.0.0.1:${port}/hook`, { name: 'ops' })]);
    await greet(reception, journal.front);
    await journal.write(configSet());
    await greet(reception, journal.front);
    expect(reception.health().message).toContain('the connection failed: ECONNREFUSED');
  });

  test('410 ends it until the settings change', async () => {
    const receiver = await openReceiver(secret, () => 410);
    const { front, reception, write } = await scene(receiver);
    await write(configSet());
    await greet(reception, front);
    expect(reception.health().message).toContain('it answered 410 and is left alone');

    receiver.answer = () => 200;
    await greet(webhooks([lineOf(receiver.url, { name: 'ops' })]), front);
    expect(receiver.got).toHaveLength(1);
    await greet(webhooks([lineOf(`${receiver.url}/2`, { name: 'ops' })]), front);
    expect(receiver.taken).toEqual([1]);
  });

  test('429 and 503 are waited out as long as they ask', async () => {
    const statuses = [429, 503];
    const receiver = await openReceiver(secret, (_got, response) => {
      const status = statuses.shift();
      response.setHeader('retry-after', status === 429 ? '1200' : 'Wed, 21 Oct 2099 07:28:00 GMT');
      return status ?? 200;
    });
    const journal = openJournal();
    const waits: number[] = [];
    const reception = webhooks([lineOf(receiver.url, { name: 'ops' })], {
      pause: async (ms) => {
        waits.push(ms);
        await breathe();
      },
    });
    await greet(reception, journal.front);
    await journal.write(configSet());
    attend(reception, journal.front);
    await until(() => receiver.taken.length === 1);
    expect(waits).toEqual([1_200_000, 3_600_000]);
  });

  test('a redirect is not followed', async () => {
    const elsewhere = await openReceiver(secret);
    const receiver = await openReceiver(secret, (_got, response) => {
      response.setHeader('location', elsewhere.url);
      return 307;
    });
    const { front, reception, write } = await scene(receiver);
    await write(configSet());
    await greet(reception, front);
    expect(elsewhere.got).toEqual([]);
    expect(reception.health().message).toContain('it answered 307, and redirects are not followed');
  });

  test('a slow endpoint delays no other, and is given up after its time', async () => {
    const slow = await openReceiver(secret, () => null);
    const quick = await openReceiver(secret);
    const journal = openJournal();
    const lines = [lineOf(slow.url, { name: 'slow' }), lineOf(quick.url, { name: 'quick' })];
    await greet(webhooks(lines), journal.front);
    await journal.write(configSet(), configSet());
    const patient = webhooks(lines);
    const attended = attend(patient, journal.front);
    await until(() => quick.taken.length === 2 && slow.got.length === 1);
    expect(slow.got).toHaveLength(1);
    await attended.leave();

    const hasty = webhooks(lines, { timeoutMs: 20 });
    await greet(hasty, journal.front);
    expect(hasty.health().message).toContain('did not answer within 20ms');
    expect(hasty.health().message).toContain('quick: up to date');
  });

  test('a journal that was put back is told of, and nothing is skipped or sent', async () => {
    const receiver = await openReceiver(secret);
    const { front, reception, write } = await scene(receiver);
    await write(configSet('os:ana@web1'), configSet('os:ana@web1'));
    await greet(reception, front);

    const older = openJournal();
    await older.write(configSet('os:ana@web1'));
    await older.front.notes.put('cursor.ops', await front.notes.get('cursor.ops'));
    await older.write(configSet('os:ana@web1'));
    const again = webhooks([lineOf(receiver.url, { name: 'ops' })]);
    await greet(again, older.front);
    expect(again.health()).toMatchObject({ ok: false });
    expect(again.health().message).toContain('the journal no longer holds what was delivered');
    expect(receiver.taken).toEqual([1, 2]);
  });
});

describe('examine', () => {
  test('sends a signed ping and says what came back', async () => {
    const receiver = await openReceiver(secret);
    const reception = webhooks([lineOf(receiver.url, { name: 'ops' })]);
    const [check] = await reception.examine(new AbortController().signal, false);
    expect(check).toMatchObject({ name: 'webhook ops', ok: true, hint: null });
    expect(receiver.got[0]?.event).toMatchObject({ type: 'ping', data: { endpoint: 'ops' } });
  });

  test('says which secret is missing', async () => {
    const reception = webhooks([lineOf('http://127.0.0.1:9/', { name: 'ops' })], { env: {} });
    const [check] = await reception.examine(new AbortController().signal, false);
    expect(check?.ok).toBe(false);
    expect(check?.message).toContain('`OPS`');
  });
});
