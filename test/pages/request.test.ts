import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { sha256 } from '../../src/base/digest.ts';
import type { BlobId, RunId } from '../../src/base/ids.ts';
import type { RequestDetail } from '../../src/engine/reports.ts';
import { layoutRequest } from '../../src/pages/request.ts';
import { aSlot } from '../approval/builders.ts';
import { aCommand, aRequest } from '../approval/request-builders.ts';
import { aDetail, allWays, aView } from './request-views.ts';

const page = (detail: RequestDetail, more: Parameters<typeof aView>[1] = {}): string =>
  layoutRequest(aView(detail, more)).markup;

const script = (text: string): ReturnType<typeof aCommand> =>
  aCommand({ action: { kind: 'run', shell: 'sh', script: text } });

const last = {
  run: 'r0r0r0r0r0r0r0r0' as RunId,
  time: '2026-03-01T01:00:00.000Z',
  outcome: 'succeeded',
  digest: sha256('before'),
  command: sha256('blob before') as string as BlobId,
};

describe('no data becomes a part of the page', () => {
  const tag = /<\/?[a-z][a-z0-9]*(?: [a-z-]+(?:="[^"<>]*")?)*>/g;
  const vocabulary = (markup: string): ReadonlySet<string> =>
    new Set((markup.match(tag) ?? []).map((found) => found.replace(/="[^"]*"/g, '')));

  /** Every text that comes from elsewhere, wherever the page shows one. */
  function said(text: string): RequestDetail {
    return aDetail(
      {
        command: script(`${text}\n${text}`),
        previous: script(`before\n${text}`),
        outcome: text,
        decisions: [
          {
            person: text,
            decision: 'approve',
            assurance: 'A3',
            reason: text,
            time: last.time,
            channel: text,
            identity: text,
          },
        ],
      },
      {
        name: text,
        why: { reason: text, ticket: text },
        target: { ...aRequest().target, environment: text, user: text },
        not_bound: [text],
        secrets: [text],
        previous: { ...last, outcome: text },
        supersedes: { request: aRequest().id, changes: [text] },
        unverified: { agent: text, text },
        overrides: [{ rule: text, reason: text }] as never,
      },
    );
  }

  const known = vocabulary(page(said('plain ')) + page(said('аa\t ')));
  const nasty = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom(
      '</span></pre><script>alert(1)</script>',
      '" autofocus onfocus="alert(1)',
      "<img src='x' onerror='alert(1)'>",
      '<!-- ',
      '</textarea><form action="https://evil.example">',
    ),
  );

  test('whatever it says', () => {
    fc.assert(
      fc.property(nasty, (text) => {
        const markup = page(said(text));
        expect(markup.replace(tag, '')).not.toMatch(/[<>]/);
        expect([...vocabulary(markup)].filter((found) => !known.has(found))).toEqual([]);
      }),
    );
  });
});

describe('the card', () => {
  test('has the whole script, a numbered line for each of its own', () => {
    const lines = Array.from({ length: 3000 }, (_, at) => `echo ${at}`);
    const markup = page(aDetail({ command: script(`${lines.join('\n')}\n`) }));
    expect(markup).toContain(
      `<pre class="lines">${lines.map((line) => `<span>${line}\n</span>`).join('')}</pre>`,
    );
  });

  test('marks blanks at the end of a line, which nobody would see', () => {
    const markup = page(aDetail({ command: script('rm -rf a \\ \nb') }));
    expect(markup).toContain('<span>rm -rf a \\<mark> </mark>\n</span><span>b\n</span>');
  });

  test("has the script beside the last run's, and tells removed from added in words", () => {
    const same = Array.from({ length: 9 }, (_, at) => `echo ${at}`);
    const markup = page(
      aDetail(
        {
          command: script(['set -eu', ...same].join('\n')),
          previous: script(['set -x', ...same].join('\n')),
        },
        { previous: last },
      ),
    );
    expect(markup).toContain('1 line removed, 1 line added.');
    expect(markup).toContain('<del><span class="sr">removed: </span>set -x\n</del>');
    expect(markup).toContain('<ins><span class="sr">added: </span>set -eu\n</ins>');
    expect(markup).toContain('<span>echo 2\n</span><i>… 6 lines as before\n</i></pre>');
  });

  test("puts an agent's own words after all that is known, and before the decision", () => {
    const unverified = { agent: 'deploy-bot', text: 'trust me' };
    const markup = page(aDetail({}, { unverified }));
    const places = ['Limits', 'leaf hash', 'trust me', 'Decisions so far', 'Your decision'];
    const found = places.map((words) => markup.indexOf(words));
    expect(found).toEqual(found.toSorted((one, other) => one - other));
    expect(found[0]).toBeGreaterThan(0);
  });

  test('has our own words with code and times as elsewhere, and data as it is', () => {
    const markup = page(
      aDetail({}, { not_bound: ['programs: `sleep`, `tr`, one ` more'], secrets: ['`raw`'] }),
    );
    expect(markup).toContain('programs: <code>sleep</code>, <code>tr</code>, one ` more');
    expect(markup).toContain('<li>`raw`</li>');
    expect(markup).toMatch(
      /<dt>decide by<\/dt><dd><time datetime="[^"]+">\d{4}-\d\d-\d\d \d\d:\d\d UTC<\/time> \(/,
    );
  });

  test('calls no demand met that a rejection has cut short', () => {
    const over = { state: 'rejected', missing: [] } as const;
    expect(page(aDetail(over))).toContain('floor: asks for 1');
    expect(page(aDetail({ ...over, state: 'approved' }))).toContain('floor: complete');
  });

  test('says which steps of the run are asked for', () => {
    expect(page(aDetail())).toMatch(
      /<li aria-current="step">Restart one[^<]*\n<span[^>]*>· asked for here/,
    );
  });
});

describe('the form', () => {
  const buttons = (markup: string): readonly string[] =>
    [...markup.matchAll(/<button[^>]*?(?: name="(\w+)" value="(\w+)")[^>]*>/g)].map(
      ([, name, value]) => `${name}=${value}`,
    );

  test('offers Reject first, and then each way that counts', () => {
    expect(buttons(page(aDetail()))).toEqual([
      'decision=reject',
      'way=passkey',
      'way=login',
      'way=session',
    ]);
    const approve = { passkey: false, login: false, session: 'A1' as const };
    const ways = { ...allWays, approve };
    expect(buttons(page(aDetail(), { ways }))).toEqual(['decision=reject', 'way=session']);
  });

  test('carries what was shown, and never a focus of its own', () => {
    const markup = page(aDetail());
    expect(markup).toContain(`<input type="hidden" name="hash" value="${sha256('leaf')}">`);
    expect(markup).toContain('<input type="hidden" name="csrf" value="c5rf">');
    expect(markup).not.toContain('autofocus');
  });

  test('asks for the name of a protected environment, and of no other', () => {
    expect(page(aDetail())).toContain('name="typed"');
    const target = { ...aRequest().target, protected: false };
    expect(page(aDetail({}, { target }))).not.toContain('name="typed"');
  });

  test('leads whoever has no passkey to where they get one', () => {
    const markup = page(aDetail(), { ways: { ...allWays, passkeys: [] } });
    expect(buttons(markup)).not.toContain('way=passkey');
    expect(markup).toContain('<a href="/account">enrol a passkey</a>');
  });

  test('asks which issuer to log in with only where there are several', () => {
    const logins = ['one', 'two'].map((name) => ({ name, issuer: `https://${name}.example` }));
    expect(page(aDetail(), { logins })).toContain('<select id="issuer"');
    expect(page(aDetail())).not.toContain('<select');
    expect(buttons(page(aDetail(), { logins: [] }))).not.toContain('way=login');
  });

  test('colours the strongest way that suffices alone, and says what is asked for', () => {
    const yes = (markup: string) =>
      [...markup.matchAll(/<button class="yes" name="way" value="(\w+)"/g)].map(([, way]) => way);
    expect(yes(page(aDetail()))).toEqual(['passkey']);
    expect(yes(page(aDetail(), { ways: { ...allWays, passkeys: [] } }))).toEqual(['login']);
    expect(page(aDetail())).toContain('A1 or better is asked for.');
    const slot = aSlot('floor', ['bob'], { assurance: 'A3', presence: true });
    const policy = { ...aRequest().policy, slots: [slot] };
    expect(page(aDetail({}, { policy }))).toContain('A3 with a touch is asked for.');
  });

  test('says at its field what it lacks, and keeps what was written', () => {
    const problem = {
      field: 'typed',
      message: '`prod` is protected',
      reason: 'so <it> is',
    } as const;
    const markup = page(aDetail(), { problem });
    expect(markup).toContain('>\nso &lt;it&gt; is</textarea>');
    expect(markup).toMatch(
      /name="typed"[^>]* aria-invalid="true" aria-describedby="typed-problem /,
    );
    expect(markup).toMatch(
      /role="alert" id="typed-problem"><span><code>prod<\/code> is protected\./,
    );
    expect(markup).toContain('Nothing was decided: <a href="#typed">');
    expect(page(aDetail())).not.toContain('aria-invalid');
  });

  test('offers signing with a key to whoever could decide by one, and to nobody else', () => {
    const none = { passkey: false, login: false, session: null };
    const refusal = { code: 'not_asked', message: '`kim` is nobody whom it asks', hint: null };
    expect(page(aDetail())).toContain('runbook approve amber-canoe');
    const markup = page(aDetail(), {
      ways: { ...allWays, approve: none, reject: false, refusal },
    });
    expect(markup).not.toContain('runbook approve');
    expect(markup).toContain('This request asks others');
    expect(markup).not.toContain('is nobody');
  });

  test('gives way to the reason where somebody cannot approve', () => {
    const none = { passkey: false, login: false, session: null };
    const refusal = { code: 'self_approval', message: '`bob` started it', hint: 'ask another' };
    const ways = { ...allWays, approve: none, reject: false, refusal };
    const markup = page(aDetail(), { ways });
    expect(markup).toContain('<code>bob</code> started it.');
    expect(markup).not.toContain('<form');
  });

  test('takes an approval back while it stands, and is gone when all is over', () => {
    const none = { passkey: false, login: false, session: null };
    const ways = { ...allWays, approve: none, reject: false };
    const standing = page(aDetail({ state: 'approved' }), { ways: { ...ways, revoke: true } });
    expect(buttons(standing)).toEqual(['decision=revoke']);
    expect(page(aDetail({ state: 'claimed' }), { ways })).not.toContain('Your decision');
  });
});
