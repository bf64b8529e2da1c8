import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { compose } from '../../../src/channels/email/compose.ts';
import { defuseLinks } from '../../../src/channels/email/defuse-links.ts';
import { type Occasion, outcomes } from '../../../src/channels/email/mail.ts';
import { openPost } from '../../../src/channels/email/post.ts';
import type { EmailSettings } from '../../../src/channels/email/settings.ts';
import { aCommand, aRequest } from '../../approval/request-builders.ts';
import { anyStanding, aStanding, hostile } from '../cards/standing.ts';
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

/** What mail programs make links of, each more eagerly than any that we know. */
const linkifiers: readonly RegExp[] = [
  /\w:\/\//,
  /(?<![\p{L}\p{N}])(?:mailto|tel|sms|sip|callto|skype|xmpp|magnet|data|file|javascript):\S/iu,
  /(?<![\p{L}\p{N}])www\d{0,3}\.\S/iu,
  /[^\s./\\][.\u3002\uff0e\uff61]\p{L}{2}/u,
  /[\w.+-]+@[\w-]+\.[\w-]{2,}/,
  /xn--[\w-]+\.[a-z]{2}|\.xn--/i,
  /\d{1,3}(?:\.\d{1,3}){3}[:/]/,
  /\\\\[\p{L}\p{N}]/u,
];

const anyLink = fc
  .oneof(
    fc.webUrl({ withFragments: true, withQueryParameters: true }),
    fc.domain(),
    fc.tuple(fc.domain(), fc.webPath()).map((parts) => parts.join('')),
    fc.emailAddress(),
    fc.emailAddress().map((address) => `MailTo:${address}?subject=x`),
    fc.ipV4().map((address) => `${address}:8443/ok`),
    fc.constantFrom(
      'runbook-approve.example.com/ok',
      'пример.рф/да',
      'example。com/ok',
      'xn--e1afmkfd.xn--p1ai',
      'tel:+15550100',
      '\\\\evil\\share',
      'www.1',
      'WWW2.evil.example',
      'file:///etc/passwd',
    ),
  )
  .chain((link) =>
    fc.constantFrom(link, `(${link})`, `x${link}`, `see ${link}.`, `<${link}>`, `a@${link}`),
  );

test('nothing that a requester writes is a link in a mail about it', () => {
  const standing = aStanding();
  fc.assert(
    fc.property(fc.oneof(anyLink, hostile), anyOccasion, (words, occasion) => {
      const content = aRequest({
        runbook: { ...standing.content.runbook, name: words },
        step: words,
        why: { reason: words, ticket: words },
        initiator: {
          kind: 'agent',
          chain: [{ role: 'agent', identity: words, person: null }],
        },
      });
      const command = aCommand({
        action: { kind: 'run', shell: 'sh', script: words },
        environment: words,
        host: words,
      });
      const mail = compose({ ...standing, content, command, words }, { occasion, nowMs, url });
      const page = `${url}/requests/${content.id}`;
      for (const part of [mail.subject, mail.text, mail.html.replace(/<[^>]*>/g, ' ')]) {
        const rest = part.replace(page, '');
        expect(linkifiers.flatMap((of) => rest.match(of) ?? [])).toEqual([]);
      }
    }),
    { numRuns: 400 },
  );
});

test.each([
  ['runbook-approve.example.com/ok', 'runbook-approve[.]example[.]com/ok'],
  ['mailto:x@evil.com', 'mailto[:]x@evil[.]com'],
  ['https://evil.example', 'https[:]//evil[.]example'],
  ['10.0.0.1:8080/x', '10.0.0[.]1:8080/x'],
  ['\\\\evil\\share', '[\\\\]evil\\share'],
  ['v1.2.3 at 01:30, as os:ana@web1 of group:sre, in ../x and ~/.ssh, profile: x', null],
])('%s stays readable', (text, defused) => {
  expect(defuseLinks(text)).toBe(defused ?? text);
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
  expect(subject).toContain('x\\x0d\\x0aBcc: eve@evil[.]example');
  expect(html).not.toContain('<script');
  expect(html).toContain('&lt;script&gt;');
  expect(text).toContain('https[:]//evil[.]example www[.]evil[.]example');
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
