import { describe, expect, test } from 'vitest';
import { parsePolicy } from '../../src/policy/schema/schema.ts';
import { problemsOf } from './problems.ts';

const read = (text: string) => parsePolicy(text, 'policy.yaml');

describe('calendars', () => {
  const one = (written: string) => problemsOf(`calendars: { it: ${written} }`);

  test('are hours of days, a span, or several of both', () => {
    const text = `
calendars:
  office: { timezone: Europe/Madrid, days: [mon, fri], hours: "08:00-18:00" }
  freeze: { timezone: UTC, from: 2026-12-20T00:00, to: 2027-01-02T00:00 }
  both:
    timezone: UTC
    windows: [{ hours: "22:00-06:00" }, { days: [sun] }]
`;
    const all = [0, 1, 2, 3, 4, 5, 6];
    expect(read(text).calendars).toEqual({
      office: {
        timezone: 'Europe/Madrid',
        windows: [{ kind: 'weekly', days: [1, 5], from: 480, to: 1080 }],
      },
      freeze: {
        timezone: 'UTC',
        windows: [{ kind: 'span', from: '2026-12-20T00:00', to: '2027-01-02T00:00' }],
      },
      both: {
        timezone: 'UTC',
        windows: [
          { kind: 'weekly', days: all, from: 1320, to: 360 },
          { kind: 'weekly', days: [0], from: 0, to: 1440 },
        ],
      },
    });
  });

  test('name a zone that exists', () => {
    expect(one('{ timezone: Europe/Madird, days: [mon] }')).toEqual([
      '1:30 `Europe/Madird` is no time zone | did you mean `Europe/Madrid`?',
    ]);
    expect(one('{ days: [mon] }')).toHaveLength(1);
  });

  test.each([
    ['an hour that does not exist', '{ timezone: UTC, hours: "08:00-25:00" }'],
    ['hours that begin at the end of the day', '{ timezone: UTC, hours: "24:00-06:00" }'],
    ['half a time', '{ timezone: UTC, hours: "8-18" }'],
    [
      'a day that does not exist',
      '{ timezone: UTC, from: 2026-02-30T00:00, to: 2026-03-02T00:00 }',
    ],
    [
      'an end before its beginning',
      '{ timezone: UTC, from: 2026-03-02T00:00, to: 2026-03-01T00:00 }',
    ],
    ['no end', '{ timezone: UTC, from: 2026-03-02T00:00 }'],
    ['nothing', '{ timezone: UTC }'],
    [
      'hours and a span at once',
      '{ timezone: UTC, days: [mon], from: 2026-03-02T00:00, to: 2026-03-03T00:00 }',
    ],
    ['windows and hours at once', '{ timezone: UTC, days: [mon], windows: [{ days: [tue] }] }'],
    ['a weekday that is none', '{ timezone: UTC, days: [monday] }'],
  ])('with %s are refused', (_, written) => {
    expect(one(written)).toHaveLength(1);
  });

  test('are known by their names wherever a rule uses them', () => {
    const text = `
calendars: { office: { timezone: UTC, days: [mon] } }
rules: [{ name: a, during: [offce], deny: no }]
grants: [{ name: g, outside: [night], max_uses: 1, for: 1h }]
`;
    expect(problemsOf(text)).toEqual([
      '3:29 there is no calendar `offce` | did you mean `office`?',
      '4:31 there is no calendar `night` | defined here: office',
    ]);
  });
});

describe('lists', () => {
  test('are files and programs, by absolute paths', () => {
    const text =
      'lists: { oncall: { command: [/usr/bin/oncall, dba], timeout: 2s }, heads: { file: /etc/heads } }';
    expect(read(text).lists).toEqual({
      oncall: { kind: 'command', argv: ['/usr/bin/oncall', 'dba'], timeoutMs: 2000 },
      heads: { kind: 'file', path: '/etc/heads' },
    });
  });

  test.each([
    ['a program that PATH finds', '{ command: [oncall] }'],
    ['a relative path', '{ file: oncall.txt }'],
    ['a path that climbs', '{ file: /etc/../tmp/oncall }'],
    ['both', '{ file: /etc/oncall, command: [/usr/bin/oncall] }'],
    ['neither', '{ timeout: 2s }'],
    ['a timeout for a file', '{ file: /etc/oncall, timeout: 2s }'],
    ['a timeout that holds everybody up', '{ command: [/usr/bin/oncall], timeout: 5m }'],
  ])('with %s are refused', (_, written) => {
    expect(problemsOf(`lists: { oncall: ${written} }`)).toHaveLength(1);
  });

  test('are known by their names in every slot', () => {
    const text = `
lists: { oncall: { file: /etc/oncall } }
rules:
  - name: a
    require:
      approvals: [{ id: x, from: ["list:oncal"], escalate: [{ after: 10m, to: ["list:heads"] }] }]
`;
    expect(problemsOf(text)).toEqual([
      '6:35 there is no list `oncal` | did you mean `oncall`?',
      '6:80 there is no list `heads` | defined here: oncall',
    ]);
    expect(
      problemsOf('rules: [{ name: a, require: { approvals: [{ id: x, from: ["list:x"] }] } }]'),
    ).toEqual(['1:59 there is no list `x` | none is defined here']);
  });
});

describe('a rule', () => {
  const requiring = (written: string) => problemsOf(`rules: [{ name: a, require: ${written} }]`);
  const slot = (more: string) => requiring(`{ approvals: [{ id: x, from: [ana]${more} }] }`);

  test('reads as it is written', () => {
    const text = `
rules:
  - name: a
    require:
      any:
        - [{ id: head, from: [carol] }]
        - [{ id: peer, from: [bob], escalate: [{ after: 10m, to: [group:heads] }] }]
      exclude: [step_author, earlier_approver]
      control: dual
      remind: 5m
  - name: b
    deny: not now
    override: { approvals: [{ id: head, from: [carol], assurance: A3, pin: true }] }
`;
    const peer = { count: 1, assurance: null, presence: null, verified: null, escalate: [] };
    expect(read(text).rules).toMatchObject([
      {
        name: 'a',
        require: {
          approvals: [],
          any: [
            [{ ...peer, id: 'head', from: ['carol'] }],
            [
              {
                ...peer,
                id: 'peer',
                from: ['bob'],
                escalate: [{ after_ms: 600_000, to: ['group:heads'] }],
              },
            ],
          ],
          exclude: ['step_author', 'earlier_approver'],
          control: 'dual',
          remindMs: 300_000,
        },
      },
      { name: 'b', override: [{ id: 'head', assurance: 'A3', presence: null, verified: true }] },
    ]);
  });

  test('gives alternatives, or none', () => {
    expect(requiring('{ any: [[{ id: x, from: [ana] }]] }')).toEqual([
      '1:36 `any` needs two alternatives or more | one alone is `approvals`',
    ]);
    expect(requiring('{ any: [[{ id: x, from: [ana] }], []] }')).toHaveLength(1);
  });

  test('has ids that no two of its slots share, whichever way they are filled', () => {
    expect(requiring('{ any: [[{ id: x, from: [ana] }], [{ id: x, from: [bob] }]] }')).toEqual([
      '1:70 two entries of `require` have the id `x`',
    ]);
  });

  test('can ask for dual control, and for nothing that is less', () => {
    expect(requiring('{ control: dual }')).toEqual([]);
    expect(requiring('{ control: supervised }')).toEqual([
      '1:40 `control` must be `dual`, not `supervised`',
    ]);
    expect(problemsOf('floor: { control: supervised }')).toEqual([]);
  });

  test('demands copies elsewhere, from one on, within a minute', () => {
    const { floor, rules } = read(
      'floor: { remote: { required: 1 } }\nrules:\n  - { name: a, require: { remote: { required: 2, within: 5s } } }',
    );
    expect(floor.remote).toEqual({ required: 1, within_ms: 10_000 });
    expect(rules[0]?.require?.remote).toEqual({ required: 2, within_ms: 5000 });
    expect(requiring('{ remote: { required: 0 } }')).toHaveLength(1);
    expect(requiring('{ remote: { required: 1, within: 10m } }')).toHaveLength(1);
    expect(requiring('{ remote: { within: 10s } }')).toHaveLength(1);
  });

  test('asks for a PIN only where a key can prove one', () => {
    expect(slot(', pin: true, assurance: A3')).toEqual([]);
    expect(slot(', pin: true')).toEqual(['1:45 `pin: true` needs `assurance: A3` beside it']);
    expect(slot(', pin: true, assurance: A3, presence: false')).toHaveLength(1);
  });

  test('excludes whom the program knows how to find', () => {
    expect(requiring('{ exclude: [step_auhtor] }')).toEqual([
      '1:41 `exclude[0]` must be `step_author` or `earlier_approver`, not `step_auhtor` | did you mean `step_author`?',
    ]);
  });

  test('that requires has nothing to override', () => {
    const text =
      'rules: [{ name: a, require: {}, override: { approvals: [{ id: x, from: [ana] }] } }]';
    expect(problemsOf(text)).toEqual(['1:11 rule `a` has an `override`, but no `deny` to lift']);
  });

  test('that denies is overridden by somebody, not by nobody', () => {
    expect(problemsOf('rules: [{ name: a, deny: no, override: { approvals: [] } }]')).toHaveLength(
      1,
    );
    expect(problemsOf('rules: [{ name: a, deny: no, override: {} }]')).toHaveLength(1);
  });
});

describe('a grant', () => {
  const grant = (more: string) => problemsOf(`grants: [{ name: g, max_uses: 3, for: 20m${more} }]`);
  const vary = (limits: string) => grant(`, vary: { shard: ${limits} }`);

  test('reads as it is written', () => {
    const text = `
grants:
  - name: cache
    when: runbook.name == "cache"
    vary: { shard: { type: integer, min: 1, max: 8 } }
    max_uses: 3
    for: 20m
`;
    expect(read(text).grants).toEqual([
      {
        name: 'cache',
        when: 'runbook.name == "cache"',
        during: [],
        outside: [],
        vary: { shard: { type: 'integer', enum: null, pattern: null, min: 1, max: 8 } },
        maxUses: 3,
        forMs: 1_200_000,
      },
    ]);
  });

  test('ends: after a hundred starts and a day at the latest', () => {
    expect(problemsOf('grants: [{ name: g, max_uses: 100, for: 24h }]')).toEqual([]);
    expect(problemsOf('grants: [{ name: g, max_uses: 101, for: 24h }]')).toHaveLength(1);
    expect(problemsOf('grants: [{ name: g, max_uses: 1, for: 25h }]')).toHaveLength(1);
    expect(problemsOf('grants: [{ name: g }]')).toHaveLength(2);
  });

  test.each([
    ['any text', '{ type: string }'],
    ['any number', '{ type: integer }'],
    ['numbers without an end', '{ type: number, min: 1 }'],
    ['bounds in the wrong order', '{ type: integer, min: 8, max: 1 }'],
    ['bounds of a text', '{ type: string, enum: [a], min: 1 }'],
    ['a pattern of a number', '{ type: integer, min: 1, max: 8, pattern: "[0-9]" }'],
    ['a pattern that is none', '{ type: string, pattern: "(" }'],
    ['a pattern that breaks out of the whole text', '{ type: string, pattern: "a)|(.*" }'],
    ['a pattern that takes anything', '{ type: string, pattern: "(?s).*" }'],
    ['values of another type', '{ type: integer, enum: [1, two] }'],
  ])('does not vary over %s', (_, limits) => {
    expect(vary(limits)).toHaveLength(1);
  });

  test('varies within what a reviewer can see', () => {
    for (const limits of [
      '{ type: string, enum: [a, b] }',
      '{ type: string, pattern: "[a-z]+" }',
      '{ type: integer, enum: [1, 2] }',
      '{ type: number, min: 0.5, max: 1 }',
      '{ type: boolean }',
    ]) {
      expect(vary(limits), limits).toEqual([]);
    }
  });
});

describe('break-glass', () => {
  test('takes a signature and a review unless it says how else', () => {
    const text = `
rules: [{ name: freeze, deny: no }, { name: two, require: {} }]
break_glass:
  - name: night
    from: [group:sre]
    lifts: [freeze]
    review: { from: [group:security], within: 24h }
`;
    expect(read(text).breakGlass).toEqual([
      {
        name: 'night',
        when: null,
        from: ['group:sre'],
        assurance: 'A3',
        presence: false,
        verified: false,
        lifts: ['freeze'],
        review: { from: ['group:security'], withinMs: 86_400_000 },
      },
    ]);
  });

  test('lifts rules that deny, by their names', () => {
    const glass = (lifts: string) =>
      problemsOf(
        `rules: [{ name: freeze, deny: no }, { name: two, require: {} }]\nbreak_glass: [{ name: n, from: [ana], lifts: [${lifts}], review: { from: [bob], within: 1h } }]`,
      );
    expect(glass('freeze')).toEqual([]);
    expect(glass('freze')).toEqual([
      '2:47 there is no rule that denies `freze` | did you mean `freeze`?',
    ]);
    expect(glass('two')).toHaveLength(1);
  });

  test('is never without a review', () => {
    expect(problemsOf('break_glass: [{ name: n, from: [ana] }]')).toHaveLength(1);
    expect(
      problemsOf('break_glass: [{ name: n, from: [ana], review: { from: [], within: 1h } }]'),
    ).toHaveLength(1);
  });

  test('asks for a PIN only where a key can prove one', () => {
    const glass = (more: string) =>
      problemsOf(
        `break_glass: [{ name: n, from: [ana], ${more}, review: { from: [bob], within: 1h } }]`,
      );
    expect(glass('pin: true')).toEqual([]);
    expect(glass('assurance: A1, pin: true')).toHaveLength(1);
  });

  test('has a name of its own', () => {
    const rule = '{ name: n, from: [ana], review: { from: [bob], within: 1h } }';
    expect(problemsOf(`break_glass: [${rule}, ${rule}]`)).toHaveLength(1);
  });
});
