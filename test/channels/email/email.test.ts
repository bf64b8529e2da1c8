import { expect, onTestFinished, test } from 'vitest';
import { parseYaml } from '../../../src/base/yaml.ts';
import { openEmail } from '../../../src/channels/email/open-email.ts';
import { parseEmailSettings } from '../../../src/channels/email/settings.ts';
import { tellReceptions } from '../../../src/engine/office/attend-receptions.ts';
import { openOffice } from '../../../src/engine/office/open-office.ts';
import { openScene, type Scene, type SceneOptions } from '../../support/scene.ts';
import { type Mailbox, openMailbox } from './mailbox.ts';

const url = 'https://runbook.example.com';

const runbook = `name: restart
steps:
  - { id: change, name: Restart one node, privileged: true, exec: [echo, hello] }
`;

/** Robin may decide and has an address; so has ana, who starts. */
function openMailScene(options: Partial<SceneOptions> = {}): Scene {
  const scene = openScene({ runbook, ...options });
  scene.trusted.people = scene.trusted.people
    .replace('name: ana,', 'name: ana, emails: [ana@example.com],')
    .replace('name: robin,', 'name: robin, emails: [robin@example.com, robin@home.example],')
    .replace('name: kim,', 'name: kim, emails: [kim@example.com],');
  return scene;
}

/** An office that mails, as `runbook serve` has it. */
function work(scene: Scene, port: number, more = '', where: string | null = url) {
  const section = parseYaml(
    `{ from: runbook@ops.example.com, smtp: { host: 127.0.0.1, port: ${port}, tls: off } ${more} }`,
    'config.yaml',
    'config_invalid',
  );
  const log: object[] = [];
  const engine = scene.engine();
  const reception = openEmail(
    parseEmailSettings(section),
    { env: {}, clock: scene.clock, log: (line) => log.push(line) },
    { firstMs: 20, mostMs: 20 },
  );
  const office = openOffice(
    { ...engine, receptions: [reception] },
    { url: where, serviceFor: ({ store, caller }) => scene.service(store, caller) },
  );
  const stopping = new AbortController();
  const working = office.work(stopping.signal);
  const stop = async () => {
    stopping.abort();
    await working;
  };
  onTestFinished(stop);
  return { reception, log, stop };
}

/** Once it has read all of the journal and sent what that called for. */
async function settled(scene: Scene): Promise<void> {
  const isSettled = async () => {
    const { store } = scene.engine();
    const { size } = await store.head();
    const notes = await store.listNotes('email');
    const cursor = Number(notes.find(({ key }) => key === 'cursor')?.value ?? 0);
    return cursor >= size && notes.every(({ key }) => !key.startsWith('due/'));
  };
  await expect.poll(isSettled, { timeout: 20_000 }).toBe(true);
}

test('everybody who may decide gets a mail that says what, where, who, why and until when, with one link', async () => {
  const mailbox = await openMailbox();
  const scene = openMailScene();
  work(scene, mailbox.port);
  await scene.exec();
  await settled(scene);
  const { content, words } = await scene.open();
  expect(receivers(mailbox)).toEqual(['kim@example.com', 'robin@example.com']);
  const [mail] = mailbox.got;
  expect(mailbox.header(0, 'subject')).toBe('Approval needed: change of restart in local');
  expect(mailbox.header(0, 'from')).toBe('runbook <runbook@ops.example.com>');
  expect(mailbox.header(0, 'to')).toBe(mail?.to.join());
  expect(mailbox.header(0, 'auto-submitted')).toBe('auto-generated');
  expect(mailbox.header(0, 'message-id')).toMatch(
    new RegExp(`^<${content.id}\\.asked\\.[0-9a-f]{16}@ops\\.example\\.com>$`),
  );
  for (const body of [mail?.text ?? '', mail?.html ?? '']) {
    for (const told of [
      'echo hello',
      'change: Restart one node',
      'local',
      'who is ana',
      'none given',
      content.limits.pending_until,
      words,
    ]) {
      expect(body).toContain(told);
    }
  }
  expect(linksIn(mail?.text ?? '')).toEqual([`${url}/requests/${content.id}`]);
  expect(linksIn(mail?.html ?? '')).toEqual(Array(2).fill(`${url}/requests/${content.id}`));
});

/** Each once a mail, whatever their order: mails of one entry have none. */
const receivers = ({ got }: Mailbox) => got.flatMap(({ to }) => to).sort();

const linksIn = (text: string) => text.match(/\bhttps?:\/\/[^\s"<]+/g) ?? [];

test('whoever was asked and whoever asked hear how it went, in the same thread and once', async () => {
  const mailbox = await openMailbox();
  const scene = openMailScene();
  work(scene, mailbox.port);
  const { run } = await scene.exec();
  await settled(scene);
  await scene.decide(scene.people.robin, 'approve', 'looks right');
  await scene.resume(run);
  await settled(scene);
  const [first, second, ...told] = mailbox.got;
  const asked = ['kim@example.com', 'robin@example.com'];
  expect(receivers(mailbox)).toEqual(['ana@example.com', ...asked, ...asked].sort());
  for (const mail of [first, second]) {
    const answer = told.find(({ to }) => to[0] === mail?.to[0]);
    const id = mail?.headers.get('message-id');
    expect(answer?.headers.get('in-reply-to')).toEqual(id);
    expect(answer?.headers.get('references')).toEqual(id);
    expect(answer?.headers.get('subject')).toEqual([`Re: ${mail?.headers.get('subject')?.[0]}`]);
  }
  for (const { text, html } of told) {
    expect(text).toContain('It was approved.\nApproved by robin (A3, cli): looks right');
    expect(html).toContain('<p>Approved by robin (A3, cli): looks right</p>');
  }
  expect(await scene.engine().store.listNotes('email')).toMatchObject([{ key: 'cursor' }]);
});

test('a rejection is told with its reason', async () => {
  const mailbox = await openMailbox();
  const scene = openMailScene();
  work(scene, mailbox.port);
  await scene.exec();
  await settled(scene);
  await scene.decide(scene.people.robin, 'reject', 'not on a Friday');
  await expect
    .poll(() => mailbox.got.at(-1)?.text ?? '', { timeout: 20_000 })
    .toContain('It was rejected.\nRejected by robin (A3, cli): not on a Friday');
});

test('a restart sends nothing twice, and what came meanwhile once', async () => {
  const mailbox = await openMailbox();
  const scene = openMailScene();
  const first = work(scene, mailbox.port);
  const { run } = await scene.exec();
  await settled(scene);
  await first.stop();
  await scene.restart();
  const second = work(scene, mailbox.port);
  await settled(scene);
  await second.stop();
  await scene.restart();
  await scene.decide(scene.people.robin, 'approve');
  await scene.resume(run);
  work(scene, mailbox.port);
  await settled(scene);
  expect(receivers(mailbox)).toHaveLength(5);
  const ids = mailbox.got.map((_, index) => mailbox.header(index, 'message-id'));
  expect(new Set(ids).size).toBe(5);
});

test('while the server is away mails wait, health says since when, and then they go', async () => {
  const gone = await openMailbox();
  const { port } = gone;
  await gone.close();
  const scene = openMailScene();
  const office = work(scene, port);
  await scene.exec();
  await expect
    .poll(() => office.reception.health(), { timeout: 20_000 })
    .toMatchObject({
      ok: false,
      backlog: 2,
      message: expect.stringMatching(/^2 wait since \d{4}-.*ECONNREFUSED/) as string,
    });
  expect((await office.reception.examine(new AbortController().signal, true))[0]).toMatchObject({
    ok: false,
  });
  const back = await openMailbox({}, port);
  await expect.poll(() => back.got.length, { timeout: 20_000 }).toBe(2);
  await settled(scene);
  expect(office.reception.health()).toMatchObject({ ok: true, message: 'nothing waits' });
  expect(await office.reception.examine(new AbortController().signal, true)).toEqual([
    { name: 'email', ok: true, message: `127.0.0.1:${port} takes mail from us`, hint: null },
  ]);
});

test('what is decided while the server is away asks nobody any more', async () => {
  const gone = await openMailbox();
  await gone.close();
  const scene = openMailScene();
  const office = work(scene, gone.port);
  await scene.exec();
  await expect.poll(() => office.reception.health().backlog, { timeout: 20_000 }).toBe(2);
  await scene.decide(scene.people.robin, 'reject', 'no');
  const back = await openMailbox({}, gone.port);
  await settled(scene);
  expect(back.got.map((_, index) => back.header(index, 'subject').slice(0, 3))).toEqual([
    'Re:',
    'Re:',
    'Re:',
  ]);
});

test('a mailbox that is refused keeps nobody else waiting, for good or for a while', async () => {
  const mailbox = await openMailbox();
  mailbox.refuse = (to) =>
    to === 'robin@example.com' ? { code: 550, message: 'no such mailbox' } : null;
  const scene = openMailScene();
  const office = work(scene, mailbox.port);
  await scene.exec();
  await settled(scene);
  expect(mailbox.got.map(({ to }) => to[0])).toEqual(['kim@example.com']);
  expect(office.log).toEqual([
    expect.objectContaining({
      event: 'email',
      to: 'robin@example.com',
      refused: expect.stringContaining('550 no such mailbox') as string,
    }),
  ]);
  let late = 0;
  mailbox.refuse = (to) => {
    late += to === 'robin@example.com' ? 1 : 0;
    return to === 'robin@example.com' && late < 3 ? { code: 450, message: 'later' } : null;
  };
  await scene.decide(scene.people.kim, 'reject', 'no');
  await settled(scene);
  expect(mailbox.got.at(-1)?.to).toEqual(['robin@example.com']);
  const kims = ['kim@example.com', 'kim@example.com'];
  expect(receivers(mailbox)).toEqual(['ana@example.com', ...kims, 'robin@example.com']);
});

test('only groups and addresses that `to` names are told, and a route says so for its environment', async () => {
  const mailbox = await openMailbox();
  const scene = openMailScene();
  const to = 'to: [group:sre, ops-list@example.com]';
  const routes = 'routes: [{ environment: prod, to: [all@example.com] }]';
  work(scene, mailbox.port, `, ${to}, ${routes}`);
  await scene.exec();
  await settled(scene);
  expect(receivers(mailbox)).toEqual(['ops-list@example.com', 'robin@example.com']);
});

test('reminders go to those who were asked, and an escalation asks those whom it is for', async () => {
  const mailbox = await openMailbox();
  const scene = openMailScene({
    policy: `
floor: { pending: 2h }
rules:
  - name: slow
    when: "true"
    require:
      remind: 10m
      approvals: [{ id: peer, from: [robin], escalate: [{ after: 15m, to: [kim] }] }]
`,
  });
  work(scene, mailbox.port);
  const { run } = await scene.exec();
  await settled(scene);
  scene.clock.shift(16 * 60_000);
  await scene.resume(run);
  await settled(scene);
  const subject = 'Approval needed: change of restart in local';
  const mails = mailbox.got.map(({ to, headers }) => `${to[0]}: ${headers.get('subject')?.[0]}`);
  expect(mails[0]).toBe(`robin@example.com: ${subject}`);
  expect(mails.slice(1).sort()).toEqual([
    `kim@example.com: ${subject}`,
    `robin@example.com: Re: ${subject}`,
  ]);
  const again = mailbox.got.find(({ headers }) => headers.has('in-reply-to'));
  expect(again?.text).toContain('A step still waits.');
});

test('without a page a mail says how to read and decide in a terminal', async () => {
  const mailbox = await openMailbox();
  const scene = openMailScene();
  work(scene, mailbox.port, '', null);
  await scene.exec();
  await expect.poll(() => mailbox.got.length, { timeout: 20_000 }).toBe(2);
  const { content } = await scene.open();
  expect(mailbox.got[0]?.text).toContain(`  runbook review ${content.id}\n`);
  expect(linksIn(mailbox.got[0]?.text ?? '')).toEqual([]);
  expect(mailbox.got[0]?.html).not.toContain('<a ');
});

test('a process that goes away mails what waits, and the next one does not again', async () => {
  const mailbox = await openMailbox();
  const scene = openMailScene();
  await scene.exec();
  const first = work(scene, mailbox.port);
  await first.stop();
  await tellReceptions({ ...scene.engine(), receptions: [first.reception] });
  await settled(scene);
  expect(mailbox.got).toHaveLength(2);
  await tellReceptions({ ...scene.engine(), receptions: [first.reception] });
  expect(mailbox.got).toHaveLength(2);
});
