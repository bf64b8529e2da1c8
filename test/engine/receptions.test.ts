import { describe, expect, onTestFinished, test } from 'vitest';
import { localService } from '../../src/engine/local-service.ts';
import { attendReceptions } from '../../src/engine/office/attend-receptions.ts';
import { JournalFeed } from '../../src/engine/office/feed.ts';
import type { DriveOptions, Service } from '../../src/engine/service.ts';
import { type Chat, openChat } from '../support/chat.ts';
import { eventually } from '../support/eventually.ts';
import { elsewhereHolder } from '../support/holder.ts';
import { driving, openScene, type Scene } from '../support/scene.ts';
import { staff } from '../support/staff.ts';

const gated = `
name: gated
steps:
  - id: restart
    privileged: true
    run: "true"
`;

/** Clicks count, if for no more than the word of whoever started the run. */
const lenient = 'floor: { assurance: A0 }';

/** A process of this machine that has a chat, as `exec` does. */
function doorWith(scene: Scene, chat: Chat): Service {
  const engine = { ...scene.engine(), receptions: [chat.reception] };
  return localService(engine, scene.elsewhere);
}

async function begin(scene: Scene, door: Service, wait: DriveOptions['wait']) {
  const source = await door.openRunbook('runbook.yaml');
  const given = { source, given: {}, environment: null, reason: null, ticket: null };
  const run = await door.start(given);
  return { run, driven: door.drive(run, { ...driving(scene), wait }) };
}

describe('a reception', { timeout: 60_000 }, () => {
  test('is attended by a run that waits, and let go when the wait is over', async () => {
    const scene = openScene({ runbook: gated, policy: lenient });
    const chat = openChat();
    const { run, driven } = await begin(scene, doorWith(scene, chat), 'expiry');
    const front = await chat.front();
    expect(front.receives).toBe(true);
    expect(await scene.engine().store.getHold('reception')).toMatchObject({ pid: process.pid });
    expect(await chat.click(run, 'ROBIN', 'approve')).toMatchObject({ accepted: true });
    expect(await driven).toMatchObject({ status: 'succeeded' });
    expect(await scene.engine().store.getHold('reception')).toBeNull();
  });

  test('is told once of what is open by a process that does not wait', async () => {
    const scene = openScene({ runbook: gated });
    const chat = openChat();
    const { driven } = await begin(scene, doorWith(scene, chat), 'stop');
    expect(await driven).toMatchObject({ status: 'waiting' });
    expect(chat.told.map(({ receives }) => receives)).toEqual([false]);
    expect(chat.attended).toEqual([]);
  });

  test('is left to the process that has it', async () => {
    const scene = openScene({ runbook: gated });
    await elsewhereHolder(scene.engine().store, 'reception');
    const chat = openChat();
    const { driven } = await begin(scene, doorWith(scene, chat), 'stop');
    await driven;
    const waiting = await begin(scene, doorWith(scene, chat), { ms: 200 });
    await waiting.driven;
    expect([chat.told, chat.attended]).toEqual([[], []]);
  });

  test('that never comes back from telling does not keep a run', async () => {
    const scene = openScene({ runbook: gated });
    const chat = openChat({ tell: () => new Promise(() => undefined) });
    const { driven } = await begin(scene, doorWith(scene, chat), 'stop');
    expect(await driven).toMatchObject({ status: 'waiting' });
  });

  test('that throws is told as trouble and attended again', async () => {
    const scene = openScene({ runbook: gated });
    let attempts = 0;
    const chat = openChat({
      attend: async () => {
        attempts += 1;
        throw new Error('no socket');
      },
    });
    const { troubles } = staff(scene, { engine: { receptions: [chat.reception] } });
    await eventually(() => attempts).toBeGreaterThan(1);
    expect(troubles[0]).toBe('slack: Error: no socket');
  });

  test('is left to a server that lives, and taken back once it is gone', async () => {
    const scene = openScene({ runbook: gated });
    const server = await elsewhereHolder(scene.engine().store, 'serve');
    const chat = openChat();
    const { driven } = await begin(scene, doorWith(scene, chat), { ms: 4000 });
    expect(await scene.engine().store.getHold('reception')).toBeNull();
    expect(chat.attended).toEqual([]);
    process.kill(server.pid, 'SIGKILL');
    await eventually(() => chat.attended.length).toBe(1);
    await driven;
  });

  test('is given back when a server comes', async () => {
    const scene = openScene({ runbook: gated });
    const { store } = scene.engine();
    const chat = openChat();
    const { driven } = await begin(scene, doorWith(scene, chat), { ms: 4000 });
    await chat.front();
    expect(await store.getHold('reception')).not.toBeNull();
    await elsewhereHolder(store, 'serve');
    while ((await store.getHold('reception')) !== null) {
      await new Promise((done) => setTimeout(done, 10));
    }
    expect(await driven).toMatchObject({ status: 'waiting' });
  });

  test('whose other side hangs keeps no decided step', async () => {
    const scene = openScene({ runbook: gated, policy: lenient });
    const chat: Chat = openChat({
      attend: (front) => {
        chat.attended.push(front);
        return new Promise(() => undefined);
      },
    });
    const { run, driven } = await begin(scene, doorWith(scene, chat), 'expiry');
    expect(await chat.click(run, 'ROBIN', 'approve')).toMatchObject({ accepted: true });
    expect(await driven).toMatchObject({ status: 'succeeded' });
    expect(await scene.engine().store.getHold('reception')).toBeNull();
  });

  test('is taken over once the process that had it is gone', async () => {
    const scene = openScene({ runbook: gated });
    const { store } = scene.engine();
    const holder = await elsewhereHolder(store, 'reception');
    const chat = openChat();
    const feed = new JournalFeed(store);
    const over = new AbortController();
    const engine = { ...scene.engine(), receptions: [chat.reception] };
    const attending = attendReceptions(engine, { feed, url: null, signal: over.signal });
    onTestFinished(async () => {
      over.abort();
      await attending;
      feed.close();
    });
    expect(chat.attended).toEqual([]);
    process.kill(holder.pid, 'SIGKILL');
    await eventually(() => chat.attended.length).toBe(1);
  });
});
