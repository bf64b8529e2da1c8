import { assert, property, string } from 'fast-check';
import { expect, test } from 'vitest';
import { childText, parseXml } from '../../src/sinks/s3/xml.ts';

test('elements, their texts and their children are read, attributes are not', () => {
  const read = parseXml(
    '<?xml version="1.0" encoding="UTF-8"?>\n<List xmlns="http://x/">\n <A>1 &amp;lt; &quot;2&quot;</A> <B/><C><D>x</D></C>\n</List>\n',
  );
  expect(read).toMatchObject({
    name: 'List',
    children: [
      { name: 'A', text: '1 &lt; "2"', children: [] },
      { name: 'B', text: '', children: [] },
      { name: 'C', children: [{ name: 'D', text: 'x' }] },
    ],
  });
});

test('a child is read only where it is the one of its name', () => {
  const read = parseXml('<a><b>1</b><c>2</c><c>3</c></a>');
  expect(read && [childText(read, 'b'), childText(read, 'c'), childText(read, 'd')]).toEqual([
    '1',
    null,
    null,
  ]);
});

test.each([
  '',
  'text',
  '<a>',
  '</a>',
  '<a></b>',
  '<a/><b/>',
  '<a>x<b/></a>',
  '<a><b/>x</a>',
  '<a>&x;</a>',
  '<a>&#65;</a>',
  '<a>a & b</a>',
  '<a><!-- b --></a>',
  '<a><![CDATA[b]]></a>',
  '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>',
  '<a b=c/>',
  '<a></a b="c">',
  `${'<a>'.repeat(9)}${'</a>'.repeat(9)}`,
])('what S3 never answers is nothing: %s', (text) => {
  expect(parseXml(text)).toBeNull();
});

test('any text is escaped and read back', () => {
  const escape = (text: string): string =>
    text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  assert(
    property(string(), (text) => {
      expect(parseXml(`<a>${escape(text)}</a>`)?.text).toBe(text);
    }),
  );
});
