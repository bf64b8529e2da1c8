import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { layoutCard } from '../../../src/approval/card/card.ts';
import { textsOf } from '../../../src/approval/card/card-section.ts';
import type { Piece } from '../../../src/channels/cards/piece.ts';
import type { StandingRequest } from '../../../src/channels/channel.ts';
import { readPressed } from '../../../src/channels/teams/card/actions.ts';
import { replyActivity } from '../../../src/channels/teams/card/activity.ts';
import { requestCard } from '../../../src/channels/teams/card/request-card.ts';
import { aSlot } from '../../approval/builders.ts';
import { aCommand, aRequest } from '../../approval/request-builders.ts';
import { aLook, anyStanding, aStanding, hostile } from '../cards/standing.ts';

const ownWords: ReadonlySet<unknown> = new Set([
  'Approve exactly this?',
  'Reject this?',
  'A remark, if you like',
]);

type Element = Readonly<Record<string, unknown>>;

/** Every object of a card, however deep. */
function elementsOf(value: unknown): readonly Element[] {
  if (Array.isArray(value)) {
    return value.flatMap(elementsOf);
  }
  if (typeof value !== 'object' || value === null) {
    return [];
  }
  return [value as Element, ...Object.values(value).flatMap(elementsOf)];
}

/** What a reader sees, blanks as they were. */
function textIn(card: unknown): string {
  return elementsOf(card)
    .filter(({ type }) => type === 'RichTextBlock')
    .map(({ inlines }) => (inlines as { text: string }[]).map(({ text }) => text).join(''))
    .join('\n')
    .replaceAll('\u{a0}', ' ');
}

/** Elements that read Markdown, or hold what does; and texts that a client would show as something else. */
function markupIn(card: unknown): readonly unknown[] {
  return elementsOf(card).filter(
    (element) =>
      ['FactSet', 'Image', 'Media', 'Table', 'ColumnSet'].includes(String(element['type'])) ||
      (element['type'] === 'TextBlock' && !ownWords.has(element['text'])) ||
      element['selectAction'] !== undefined ||
      (element['type'] === 'TextRun' && /\{\{|\$\{|\n/.test(String(element['text']))) ||
      (element['fontType'] === 'Monospace' && String(element['text']).includes('  ')),
  );
}

function verbsIn(card: unknown): readonly unknown[] {
  return elementsOf(card).flatMap(({ verb }) => (verb === undefined ? [] : [verb]));
}

describe('whatever a request holds', () => {
  test('its card is at most 20 KB, and holds no markup from data', () => {
    fc.assert(
      fc.property(anyStanding, fc.boolean(), (standing, short) => {
        const { message } = requestCard(standing, aLook({ short }));
        expect(Buffer.byteLength(JSON.stringify(message.card))).toBeLessThanOrEqual(20_000);
        expect(markupIn(message.card)).toEqual([]);
        expect(message.summary).not.toMatch(/[<>*`~[\]]|[\n\r]/);
      }),
    );
  });

  test('it shows every word of the card, or has no Approve', () => {
    fc.assert(
      fc.property(anyStanding, (standing) => {
        const { message, fits } = requestCard(standing, aLook());
        const shown = textIn(message.card);
        const missing = wordsOf(standing).filter((word) => !shown.includes(word));
        expect(
          fits ? missing : verbsIn(message.card).filter((verb) => verb === 'runbook.approve'),
        ).toEqual([]);
      }),
    );
  });

  test('a reply in its thread is plain, and calls only accounts of these tenants', () => {
    fc.assert(
      fc.property(hostile, hostile, (text, name) => {
        const pieces: Piece[] = [
          { kind: 'mention', name, identities: ['teams:t2/o2', 'teams:t1/o1'] },
          { kind: 'mention', name, identities: ['slack:T/U'] },
          { kind: 'words', text },
          { kind: 'data', text },
        ];
        const activity = replyActivity(pieces, ['t1']);
        const mentions = elementsOf(activity).filter(({ type }) => type === 'mention');
        expect(mentions.map(({ mentioned }) => (mentioned as Element)['id'])).toEqual(['o1']);
        const blocks = elementsOf(activity).filter(({ type }) => type === 'TextBlock');
        expect(blocks.map((block) => block['text'])).toEqual([mentions[0]?.['text']]);
        expect(String(blocks[0]?.['text'])).toMatch(/^<at>[\p{L}\p{N} .·-]*<\/at>$/u);
      }),
    );
  });
});

/** As the card has them, tabs as the four blanks that they are shown as. */
function wordsOf(standing: StandingRequest): readonly string[] {
  const { sections } = layoutCard({
    ...standing,
    nowMs: Date.parse(standing.content.limits.created),
  });
  return sections
    .filter(({ heading }) => heading !== 'Limits')
    .flatMap(textsOf)
    .flatMap((text) => text.split('\n'))
    .map((text) => text.replaceAll('\t', '    '));
}

test('dates and templates that a client would fill stay as they are written', () => {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: such a text is the point.
  const script = 'echo {{DATE(2017-02-14T06:08:39Z, SHORT)}} ${x} {{{a}}}';
  const standing = aStanding({
    command: aCommand({ action: { kind: 'run', shell: 'sh', script } }),
  });
  const { message } = requestCard(standing, aLook());
  expect(markupIn(message.card)).toEqual([]);
  expect(textIn(message.card)).toContain(script);
});

test('indented lines keep their blanks, and every line is an element of its own', () => {
  const script = 'if true; then\n    rm  -rf x # a comment\nfi';
  const standing = aStanding({
    command: aCommand({ action: { kind: 'run', shell: 'sh', script } }),
  });
  const blocks = elementsOf(requestCard(standing, aLook()).message.card)
    .filter(({ type }) => type === 'RichTextBlock')
    .map(({ inlines }) => (inlines as { text: string }[]).map(({ text }) => text).join(''));
  expect(blocks).toContain('\u{a0}\u{a0}\u{a0} rm\u{a0} -rf x # a comment');
});

describe('Approve and Reject', () => {
  const both = ['runbook.approve', 'runbook.reject'];
  test.each([
    ['stand on a card that waits', {}, {}, both],
    ['stand on no card where configuration wants none', {}, { buttons: 'off' as const }, []],
    ['stand on no card that nobody receives clicks of', {}, { receives: false }, []],
    ['are gone once it is decided', { state: 'rejected' as const }, {}, []],
    ['are gone once its time is over', {}, { nowMs: Date.parse('2027-01-01T00:00:00Z') }, []],
  ])('%s', (_what, standing, look, verbs) => {
    expect(verbsIn(requestCard(aStanding(standing), aLook(look)).message.card)).toEqual(verbs);
  });

  test('stand in protected environments only where configuration says everywhere', () => {
    const { target } = aRequest();
    const content = aRequest({ target: { ...target, protected: true } });
    const verbsWith = (buttons: 'unprotected' | 'everywhere') =>
      verbsIn(requestCard(aStanding({ content }), aLook({ buttons })).message.card);
    expect(verbsWith('unprotected')).toEqual([]);
    expect(verbsWith('everywhere')).toEqual(both);
  });

  test('stand on no card whose policy wants a signature', () => {
    const policy = {
      ...aRequest().policy,
      slots: [{ ...aSlot('floor', ['*']), assurance: 'A3' as const }],
    };
    const standing = aStanding({ content: aRequest({ policy }) });
    expect(verbsIn(requestCard(standing, aLook()).message.card)).toEqual([]);
  });

  test('take two clicks each, and name the request alone', () => {
    const standing = aStanding();
    const actions = elementsOf(requestCard(standing, aLook()).message.card).filter(
      ({ type }) => type === 'Action.Execute',
    );
    expect(actions.map(({ data }) => data)).toEqual([
      { request: standing.hash },
      { request: standing.hash },
    ]);
    const top = requestCard(standing, aLook()).message.card['actions'] as Element[];
    expect(top.map(({ type }) => type)).toEqual([
      'Action.ShowCard',
      'Action.ShowCard',
      'Action.OpenUrl',
    ]);
  });

  test('come back as they were pressed, or are none of ours', () => {
    const press = (verb: string, data: object) =>
      readPressed({ action: { type: 'Action.Execute', verb, data } });
    const { hash } = aStanding();
    expect(press('runbook.approve', { request: hash, remark: 'fine', reason: 'x' })).toEqual({
      decision: 'approve',
      request: hash,
      reason: 'fine',
    });
    expect(press('runbook.reject', { request: 7, reason: 'no' })?.request).toBeNull();
    expect(press('runbook.revoke', { request: hash })).toBeNull();
    fc.assert(fc.property(fc.anything(), (value) => void readPressed(value)));
  });
});

test('the link to the page stands on every card that a page can show', () => {
  const card = requestCard(aStanding({ state: 'expired' }), aLook({ buttons: 'off' })).message.card;
  const links = elementsOf(card).filter(({ type }) => type === 'Action.OpenUrl');
  expect(links.map(({ url }) => url)).toEqual([
    `https://runbook.example.com/requests/${aRequest().id}`,
  ]);
});
