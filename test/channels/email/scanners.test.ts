import { expect, test } from 'vitest';
import { systemClock } from '../../../src/base/clock.ts';
import type { Reception } from '../../../src/channels/channel.ts';
import { openEmail } from '../../../src/channels/email/open-email.ts';
import { ana, openServed, robin, startGated } from '../../server/served.ts';
import { openMailbox } from './mailbox.ts';

test('whoever follows every link of a mail, logged in or not, changes nothing', async () => {
  const mailbox = await openMailbox();
  const smtp = {
    host: '127.0.0.1',
    port: mailbox.port,
    tls: 'off',
    ca: null,
    login: null,
  } as const;
  const email = openEmail(
    { from: 'runbook@ops.example.com', smtp, to: null, routes: [] },
    { env: {}, clock: systemClock, log: () => undefined },
  );
  const where = { url: '' };
  // A server knows its port once it listens.
  const reception: Reception = {
    ...email,
    attend: (front, signal) =>
      email.attend(
        {
          ...front,
          get url() {
            return where.url;
          },
        },
        signal,
      ),
  };
  const morePeople = '  - { name: lee, groups: [sre], emails: [lee@example.com] }\n';
  const served = await openServed({ receptions: [reception], morePeople });
  where.url = served.url.replace('127.0.0.1', 'localhost');
  const token = await served.token(ana, ['start', 'read']);
  await startGated(served, token);
  await expect.poll(() => mailbox.got.length, { timeout: 20_000 }).toBe(1);
  const [mail] = mailbox.got;
  const links = [...(mail?.text ?? '').matchAll(/\bhttps?:\/\/\S+/g)].map(([link]) => link);
  const more = [...(mail?.html ?? '').matchAll(/(?:href|src|action)="([^"]*)"/g)].map(
    ([, link = '']) => link,
  );
  expect(new Set([...links, ...more]).size).toBe(1);

  const { store } = served.scene.engine();
  const cookie = `runbook_session=${await served.token(robin, ['read', 'decide'])}`;
  const before = await store.head();
  const pages: string[] = [];
  for (const link of [...links, ...more]) {
    for (const headers of [{}, { cookie }]) {
      for (const method of ['GET', 'HEAD', 'OPTIONS']) {
        const response = await fetch(link, { method, headers });
        await response.text();
        expect(response.status).toBeLessThan(500);
      }
      // What previews do with a page they got: they follow what it links to.
      const page = await (await fetch(link, { headers })).text();
      pages.push(page);
      for (const [, next = ''] of page.matchAll(/(?:href|src)="(\/[^"]*)"/g)) {
        await (await fetch(new URL(next, link), { headers })).text();
      }
    }
  }
  // Logged in they came as far as the form that decides.
  expect(pages.some((page) => page.includes('<form') && page.includes('approve'))).toBe(true);
  expect(await store.head()).toEqual(before);
  expect((await served.scene.open()).state).toBe('pending');
});
