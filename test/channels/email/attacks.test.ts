import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { compose } from '../../../src/channels/email/compose.ts';
import { type Occasion, outcomes } from '../../../src/channels/email/mail.ts';
import { openPost } from '../../../src/channels/email/post.ts';
import type { EmailSettings } from '../../../src/channels/email/settings.ts';
import { anyStanding, aStanding } from '../cards/standing.ts';
import { openMailbox } from './mailbox.ts';

const nowMs = Date.parse('2026-03-02T01:10:00.000Z');
const url = 'https://runbook.example.com';

const anyOccasion: fc.Arbitrary<Occasion> = fc.oneof(
  fc.constant({ kind: 'asked' } as const),
  fc.integer({ min: 1, max: 9 }).map((nth) => ({ kind: 'reminded', nth }) as const),
  fc.constantFrom(...outcomes).map((outcome) => ({ kind: 'outcome', outcome }) as const),
);

const settingsOf = (port: number): EmailSettings => ({
  from: 'runbook@ops.example.com',
  smtp: { host: '127.0.0.1', port, tls: 'off', ca: null, login: null },
  to: null,
  routes: [],
});

const mailOf = (text: ReturnType<typeof compose>) => ({
  ...text,
  to: 'robin@example.com',
  id: '<x@ops.example.com>',
  inReplyTo: '<y@ops.example.com>',
});

test('whatever a request holds, its mail has the same headers, one link and no markup of the request’s', () => {
  fc.assert(
    fc.property(anyStanding, anyOccasion, (standing, occasion) => {
      const { subject, text, html } = compose(standing, { occasion, nowMs, url });
      expect(subject).not.toMatch(/[\p{C}\p{Zl}\p{Zp}]/u);
      expect(subject.length).toBeLessThan(220);
      const page = `${url}/requests/${standing.content.id}`;
      expect(text.match(/\w+:\/\/\S+/g)).toEqual([page]);
      expect(html.match(/\w+:\/\/[^\s"<]+/g)).toEqual([page, page]);
      const tags = new Set(html.match(/<[^>]*>/g)?.map((tag) => tag.split(/[\s>]/)[0]));
      expect([...tags].filter((tag) => !ours.has(tag ?? ''))).toEqual([]);
      expect(text.length).toBeLessThan(20_000);
    }),
  );
});

const ours = new Set(
  '<!doctype <html </html <body </body <p </p <strong </strong <table </table <tr </tr <th </th <td </td <a </a <code </code <small </small'.split(
    ' ',
  ),
);

test('what goes over the wire has our headers and nobody else’s, and goes to one address', async () => {
  const mailbox = await openMailbox();
  const post = await openPost(settingsOf(mailbox.port), {});
  await fc.assert(
    fc.asyncProperty(anyStanding, anyOccasion, async (standing, occasion) => {
      mailbox.got.length = 0;
      const mail = mailOf(compose(standing, { occasion, nowMs, url }));
      expect(await post.send(mail)).toEqual({ kind: 'sent' });
      const [got] = mailbox.got;
      expect(got?.to).toEqual(['robin@example.com']);
      expect(new Set(got?.headers.keys())).toEqual(new Set(headers));
      expect([...(got?.headers.values() ?? [])].every(({ length }) => length === 1)).toBe(true);
      expect(mailbox.header(0, 'to')).toBe('robin@example.com');
      expect(got?.raw.match(/^\.$|[^\r]\n/m)).toBeNull();
    }),
    { numRuns: 20 },
  );
});

const headers = [
  'from',
  'to',
  'subject',
  'message-id',
  'in-reply-to',
  'references',
  'auto-submitted',
  'x-auto-response-suppress',
  'date',
  'mime-version',
  'content-type',
];

test('a subject and a reason cannot add a header, a link or a tag', () => {
  const standing = aStanding();
  const evil =
    'x\r\nBcc: eve@evil.example\r\n\r\n<script>alert(1)</script> https://evil.example www.evil.example';
  const { subject, text, html } = compose(
    {
      ...standing,
      content: {
        ...standing.content,
        runbook: { ...standing.content.runbook, name: evil },
        why: { reason: evil, ticket: evil },
      },
      decisions: [
        {
          person: evil,
          decision: 'reject',
          assurance: 'A1',
          reason: evil,
          time: '2026-03-02T01:05:00.000Z',
          channel: evil,
          identity: null,
        },
      ],
    },
    { occasion: { kind: 'outcome', outcome: 'rejected' }, nowMs, url },
  );
  expect(subject).not.toMatch(/[\r\n]/);
  expect(subject).toContain('x\\x0d\\x0aBcc: eve@evil.example');
  expect(html).not.toContain('<script');
  expect(html).toContain('&lt;script&gt;');
  expect(text).toContain('https[:]//evil.example www[.]evil.example');
});

test('a server that speaks no TLS, or shows a certificate of nobody we know, gets no mail and no password', async () => {
  const plain = await openMailbox();
  const { smtp, ...rest } = settingsOf(plain.port);
  const login = { user: 'runbook', password: { kind: 'env', name: 'P' } as const };
  const starttls = { ...rest, smtp: { ...smtp, tls: 'starttls', login } as const };
  const mail = mailOf(compose(aStanding(), { occasion: { kind: 'asked' }, nowMs, url }));
  const sent = await (await openPost(starttls, { P: 'hunter2' })).send(mail);
  expect(sent.kind).toBe('failed');
  expect(plain.got).toEqual([]);

  const asked: string[] = [];
  const unknown = await openMailbox({
    disabledCommands: [],
    onAuth: ({ username }, _session, done) => {
      asked.push(username ?? '');
      done(null, { user: username });
    },
  });
  const there = { ...starttls, smtp: { ...starttls.smtp, port: unknown.port } };
  const post = await openPost(there, { P: 'hunter2' });
  expect(await post.send(mail)).toMatchObject({ kind: 'failed' });
  expect(await post.verify()).toMatch(/self-signed|altnames|certificate/i);
  expect([asked, unknown.got]).toEqual([[], []]);
});
