import {
  assert,
  boolean,
  constantFrom,
  double,
  integer,
  oneof,
  property,
  string,
} from 'fast-check';
import { describe, expect, test } from 'vitest';
import { UsageError } from '../../src/base/errors.ts';
import type { Json } from '../../src/base/json.ts';
import type { Command } from '../../src/runbook/command.ts';
import { commandDigest } from '../../src/runbook/digest.ts';
import type { Hole } from '../../src/runbook/holes/hole.ts';
import { fillHoles, fitsHole, renderTemplate } from '../../src/runbook/holes/holes.ts';
import { isBounded } from '../../src/runbook/holes/limits.ts';
import { renderStep } from '../../src/runbook/render.ts';
import { aRunbook, aScope, planOf, stepOf } from './builders.ts';

const head = `params:
  word: { type: string, default: plain }
  token: { type: string, secret: true, required: false }
`;
const first = '  - { id: first, exec: "true", outputs: { it: {}, other: {} } }\n';
const it = '${{ steps.first.outputs.it }}';
const other = '${{ steps.first.outputs.other }}';
const names = ['steps.first.outputs.it', 'steps.first.outputs.other'];

/** Every place that takes a value, alone, between texts, beside another one. */
const steps: readonly string[] = [
  `  - { id: s, exec: [echo, "a${it}b", "${it}${other}", "--to=${it}", --, "${it}"] }`,
  `  - { id: s, exec: "true", env: { ONE: "${it}", TWO: "x${it}${other}y", THREE: plain } }`,
  `  - { id: s, run: 'echo "$ONE"', env: { ONE: "${it}" } }`,
  `  - { id: s, http: "GET https://h.example/nodes/${it}/x-${other}?q=${it}" }`,
  `  - { id: s, http: { method: GET, url: "https://h.example/?a=1", query: { b: "${it}", "c d": "-${other}" } } }`,
  `  - { id: s, http: { method: GET, url: "https://h.example/", headers: { x-it: "v ${it}" } } }`,
  `  - { id: s, http: { url: "https://h.example/", method: POST, json: { a: "${it}", b: ["${it}-${other}", 1, "\\"${it}\\""], "$c": null } } }`,
  `  - { id: s, http: { url: "https://h.example/", method: POST, body: '{"a": "${it}", "b": ${other}}' } }`,
  `  - { id: s, http: { url: "https://h.example/", method: POST, json: { t: "\${{ params.token }}", a: "\${{ params.word == 'plain' ? steps.first.outputs.it : 'no' }}" } } }`,
  `  - { id: s, exec: "true", check: { exec: [probe, "${it}"], expect: { exit: 3 } }, env: { T: "\${{ params.token }}${it}" } }`,
];

const characters = ['\uE000', '\uE001', '\uE002', '\uE003', '%EE%80%80', '%ee%80%81'];
const value = oneof(
  string({ unit: 'binary' }),
  string(),
  integer(),
  double({ noNaN: true, noDefaultInfinity: true }),
  boolean(),
  constantFrom<Json>(
    '',
    '-rf',
    '--output=/etc/passwd',
    '../..',
    '%2e%2e',
    '"',
    '\\',
    "', it: '",
    'a\r\nx: y',
    '${{ params.token }}',
    '\uE000steps.first.outputs.other\uE001',
    '%EE%80%80steps.first.outputs.other%EE%80%81',
    ...characters,
  ),
);

function planWith(step: string): ReturnType<typeof planOf>['plan'] {
  return planOf(aRunbook(`${first}${step}\n`, head), { given: { token: 'hunter2-hunter2' } }).plan;
}

function templateOf(step: string): Command | null {
  const plan = planWith(step);
  return renderTemplate(plan, stepOf(plan, 's'), { scope: fixed, names });
}

const fixed = aScope();

/** As the step is rendered once its values are known; null where it is refused. */
function rendered(step: string, outputs: Record<string, Json>): Command | null {
  const plan = planWith(step);
  const facts = { status: 'succeeded', exit_code: 0, outputs };
  try {
    return renderStep(plan, stepOf(plan, 's'), { ...fixed, steps: { first: facts } });
  } catch (error) {
    if (error instanceof UsageError) {
      return null;
    }
    throw error;
  }
}

describe('a template', () => {
  test.each(steps)('filled with values is what rendering with them gives: %s', (step) => {
    const template = templateOf(step);
    if (template === null) {
      throw new Error('it is not templated');
    }
    assert(
      property(value, value, (one, two) => {
        const real = rendered(step, { it: one, other: two });
        const filled = fillHoles(template, { [names[0] ?? '']: one, [names[1] ?? '']: two });
        expect(real === null || commandDigest(filled) === commandDigest(real)).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  test('without a value for each mark is no command that runs', () => {
    const [step = ''] = steps;
    const template = templateOf(step);
    const real = rendered(step, { it: 'a', other: 'b' });
    if (template === null || real === null) {
      throw new Error('it is not templated');
    }
    const half = fillHoles(template, { 'steps.first.outputs.it': 'a' });
    expect(commandDigest(half)).not.toBe(commandDigest(real));
    expect(commandDigest(fillHoles(half, { 'steps.first.outputs.other': 'b' }))).toBe(
      commandDigest(real),
    );
  });

  test.each([
    ['a computation', '"${{ steps.first.outputs.it + \'x\' }}"'],
    ['a call', '"${{ size(steps.first.outputs.it) }}"'],
    ['a method', '"${{ steps.first.outputs.it.startsWith(\'a\') }}"'],
    ['a field of the value', '"${{ steps.first.outputs.it.name }}"'],
    ['a status', '"${{ steps.first.status }}"'],
    ['an exit code', '"${{ steps.first.exit_code }}"'],
  ])('is not made where %s decides what runs', (_, argument) => {
    expect(templateOf(`  - { id: s, exec: [echo, ${argument}, "${it}"] }`)).toBeNull();
  });

  test.each([
    ['argument', '[echo, "\uE000", "${{ steps.first.outputs.it }}"]'],
    ['mark', '[echo, "\uE000steps.first.outputs.it\uE001", "${{ steps.first.outputs.it }}"]'],
    ['escape', '[echo, "${{ \'\\\\uE000\' }}", "${{ steps.first.outputs.it }}"]'],
  ])('is not made where an %s of its own holds a mark’s character', (_, argv) => {
    expect(templateOf(`  - { id: s, exec: ${argv} }`)).toBeNull();
  });

  test.each(characters)('is not made where a parameter holds a mark’s character (%j)', (word) => {
    const step = `  - { id: s, exec: [echo, "\${{ params.word }}", "${it}"] }\n`;
    const { plan } = planOf(aRunbook(`${first}${step}`, head), { given: { word } });
    expect(renderTemplate(plan, stepOf(plan, 's'), { scope: fixed, names })).toBeNull();
  });

  test('is not made where a script or a URL holds a mark’s character', () => {
    expect(templateOf(`  - { id: s, run: "echo \uE000 $ONE", env: { ONE: "${it}" } }`)).toBeNull();
    expect(templateOf(`  - { id: s, http: "GET https://h/%ee%80%80/${it}" }`)).toBeNull();
    expect(
      templateOf(
        `  - { id: s, http: { method: GET, url: "https://h/${it}", query: { "\uE001": a } } }`,
      ),
    ).toBeNull();
  });

  test('is not made where the value would be the base of a URL', () => {
    expect(templateOf(`  - { id: s, http: "GET ${it}/x" }`)).toBeNull();
  });

  test('keeps the value of a parameter open in the same way', () => {
    const source = aRunbook('  - { id: s, exec: [echo, "a-${{ params.word }}"] }\n', head);
    const { plan } = planOf(source, { given: { word: 'one' } });
    const step = stepOf(plan, 's');
    const template = renderTemplate(plan, step, { scope: fixed, names: ['params.word'] });
    if (template === null) {
      throw new Error('it is not templated');
    }
    const filled = fillHoles(template, { 'params.word': 'one' });
    expect(commandDigest(filled)).toBe(commandDigest(renderStep(plan, step, fixed)));
    const again = planOf(source, { given: { word: 'two' } }).plan;
    const other = renderTemplate(again, stepOf(again, 's'), {
      scope: fixed,
      names: ['params.word'],
    });
    expect(other).toEqual(template);
  });
});

describe('a hole', () => {
  const hole = (limits: Partial<Hole>): Hole => ({
    name: 'steps.first.outputs.it',
    type: 'string',
    enum: null,
    pattern: null,
    min: null,
    max: null,
    ...limits,
  });

  test('takes what its enum names, and nothing like it', () => {
    const nodes = hole({ enum: ['a', 'b'] });
    expect(fitsHole(nodes, 'a')).toBeNull();
    expect(fitsHole(nodes, 'c')).toBe('`steps.first.outputs.it` must be one of a, b, not `c`');
    expect(fitsHole(nodes, ['a'])).not.toBeNull();
    expect(fitsHole(nodes, null)).not.toBeNull();
  });

  test('holds a pattern against the whole text', () => {
    const node = hole({ pattern: 'node-[0-9]|spare' });
    expect(fitsHole(node, 'node-1')).toBeNull();
    expect(fitsHole(node, 'spare')).toBeNull();
    expect(fitsHole(node, 'node-1; rm -rf /')).not.toBeNull();
    expect(fitsHole(node, 'node-1\n')).not.toBeNull();
    expect(fitsHole(node, 'x spare')).not.toBeNull();
    expect(fitsHole(hole({ pattern: '^a$' }), 'b\na')).not.toBeNull();
    expect(fitsHole(hole({ pattern: '(?m)^a$' }), 'a\nb')).not.toBeNull();
  });

  test('refuses everything where its pattern is none', () => {
    expect(fitsHole(hole({ pattern: 'a)|(?:.*' }), 'a')).not.toBeNull();
    expect(fitsHole(hole({ pattern: String.raw`\Qa` }), 'a')).not.toBeNull();
  });

  test('keeps a number within its bounds, and text out', () => {
    const count = hole({ type: 'integer', min: 1, max: 3 });
    expect(fitsHole(count, 3)).toBeNull();
    expect(fitsHole(count, 4)).not.toBeNull();
    expect(fitsHole(count, 2.5)).not.toBeNull();
    expect(fitsHole(count, '2')).not.toBeNull();
    expect(fitsHole(hole({ type: 'boolean' }), true)).toBeNull();
    expect(fitsHole(hole({ type: 'boolean' }), 'true')).not.toBeNull();
  });

  test.each(characters)('refuses a value with a mark’s character (%j)', (text) => {
    expect(fitsHole(hole({ pattern: '.*' }), `a${text}`)).not.toBeNull();
  });

  test('takes a thousand characters, and no control character that nobody enumerated', () => {
    const word = hole({ pattern: String.raw`x+|a(?s:.)b` });
    expect(fitsHole(word, 'x'.repeat(1000))).toBeNull();
    expect(fitsHole(word, 'x'.repeat(1001))).toBe(
      '`steps.first.outputs.it` may hold 1000 characters, not 1001',
    );
    expect(fitsHole(word, 'a\u001Bb')).toBe('`steps.first.outputs.it` holds a control character');
    expect(fitsHole(hole({ enum: ['a\nb'] }), 'a\nb')).toBeNull();
  });

  test.each([
    '.*',
    '.+',
    '(?s).*',
    String.raw`[\s\S]{0,3}`,
    '[^;]*',
    '[^/]+',
    String.raw`(?i)\pL*|\PL*|.*`,
    String.raw`[^\pC]*`,
    'x|(?s:.)*',
  ])('is no limit with a pattern that takes anything (%s)', (pattern) => {
    expect(isBounded(hole({ pattern }))).toBe(false);
  });

  test.each([
    'node-[0-9]+',
    '[a-z0-9-]*',
    String.raw`\w+`,
    String.raw`\S{1,40}@example\.org`,
    '[ -~]{1,80}',
    '(?i)[a-z]+',
    String.raw`\pL+`,
    '^v[0-9.]+$',
  ])('is limited by a pattern that names what may come (%s)', (pattern) => {
    expect(isBounded(hole({ pattern }))).toBe(true);
  });

  test('has limits that a reviewer can judge', () => {
    expect(isBounded(hole({}))).toBe(false);
    expect(isBounded(hole({ pattern: 'a' }))).toBe(true);
    expect(isBounded(hole({ enum: ['a'], pattern: '.*' }))).toBe(true);
    expect(isBounded(hole({ type: 'integer', min: 1 }))).toBe(false);
    expect(isBounded(hole({ type: 'integer', min: 1, max: 2 }))).toBe(true);
    expect(isBounded(hole({ type: 'boolean' }))).toBe(true);
  });
});
