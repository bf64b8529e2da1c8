import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Html, html } from '../../src/base/html.ts';

const entities: Readonly<Record<string, string>> = {
  '&amp;': '&',
  '&lt;': '<',
  '&gt;': '>',
  '&quot;': '"',
  '&#39;': "'",
};

/** What a browser reads out of escaped text. */
function decode(markup: string): string {
  return markup.replace(/&(?:amp|lt|gt|quot|#39);/g, (entity) => entities[entity] ?? '');
}

const nasty = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constantFrom('</p><script>', '" onclick="x', "' x='", '&lt;', '<!--', ']]>', '`${}`', '\\n'),
);

describe('text in markup', () => {
  test('stays the text it was, between tags and in attributes', () => {
    fc.assert(
      fc.property(nasty, (text) => {
        const { markup } = html`<p title="${text}">${text}</p>`;
        const [, title = '', body = ''] = /^<p title="([^"<>]*)">([^<>]*)<\/p>$/.exec(markup) ?? [];
        expect([decode(title), decode(body)]).toEqual([text, text]);
      }),
    );
  });

  test('is escaped once, however deep it is nested', () => {
    fc.assert(
      fc.property(fc.array(nasty), (texts) => {
        const items = texts.map((text) => html`<li>${text}</li>`);
        const { markup } = html`<div>${html`<ul>${items}</ul>`}</div>`;
        const read = markup.slice('<div><ul>'.length, -'</ul></div>'.length);
        expect(read).toBe(texts.map((text) => html`<li>${text}</li>`.markup).join(''));
        expect(
          read
            .split('</li>')
            .slice(0, -1)
            .map((item) => decode(item.slice(4))),
        ).toEqual(texts);
      }),
    );
  });
});

test('null and false are nothing, zero and the empty text are themselves', () => {
  expect(html`<p>${null}${false}${0}${''}${[null, ['a', 1]]}</p>`.markup).toBe('<p>0a1</p>');
});

test('an object of the same shape, as JSON may hold it, is not markup', () => {
  const forged = JSON.parse('{"markup": "<script>alert(1)</script>"}') as Html;
  expect(html`<p>${forged}</p>`.markup).toBe('<p></p>');
});

test('what the template escapes for JavaScript is meant', () => {
  expect(html`<pre>\n</pre>`.markup).toBe('<pre>\n</pre>');
});
