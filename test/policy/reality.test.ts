import { describe, expect, test } from 'vitest';
import { evaluatePolicy, type PolicyContext } from '../../src/policy/evaluate.ts';
import type { Facts } from '../../src/policy/facts.ts';
import type { Asked, ListAnswer, Slot, Verdict } from '../../src/policy/policy.ts';
import { parsePolicy } from '../../src/policy/schema/schema.ts';
import { aContext, someFacts } from './builders.ts';

const privileged = someFacts({ step: { privileged: true } });
const plainly: Asked = { breakGlass: null, overrides: [], reuse: null };

function judge(text: string, context: Partial<PolicyContext> = {}, facts: Facts = privileged) {
  return evaluatePolicy(parsePolicy(text, 'policy.yaml'), facts, aContext(context));
}

function slotsOf(verdict: Verdict): readonly Slot[] {
  return verdict.kind === 'ask' ? verdict.slots : [];
}

function reasonsOf(verdict: Verdict): readonly string[] {
  return verdict.kind === 'deny' ? verdict.reasons.map(({ reason }) => reason) : [];
}

const at = (time: string) => ({ nowMs: Date.parse(time) });

describe('times', () => {
  const text = `
calendars:
  office: { timezone: UTC, days: [mon], hours: "08:00-18:00" }
  freeze: { timezone: UTC, from: 2026-03-01T00:00, to: 2026-03-10T00:00 }
rules:
  - { name: freeze, during: [freeze], outside: [office], deny: frozen }
  - { name: night, outside: [office], require: { approvals: [{ id: lead, from: [carol] }] } }
`;

  test('let a rule match only while a calendar is open, or while none is', () => {
    expect(judge(text, at('2026-03-02T09:00:00.000Z')).evaluation.matched).toEqual([]);
    expect(judge(text, at('2026-03-02T19:00:00.000Z')).evaluation.matched).toEqual([
      'freeze',
      'night',
    ]);
    expect(judge(text, at('2026-04-06T19:00:00.000Z')).evaluation.matched).toEqual(['night']);
  });

  test('count before a condition: out of its time one that fails is not asked', () => {
    const failing = `
calendars: { freeze: { timezone: UTC, from: 2026-03-01T00:00, to: 2026-03-10T00:00 } }
rules: [{ name: a, during: [freeze], when: params.absent == "x", deny: frozen }]
`;
    expect(judge(failing, at('2026-03-02T00:00:00.000Z')).kind).toBe('deny');
    expect(judge(failing, at('2026-04-02T00:00:00.000Z')).kind).toBe('ask');
  });
});

describe('alternatives', () => {
  const way = (name: string) => `[{ id: ${name}, from: [${name}] }]`;

  test('stand beside one another, each with its way', () => {
    const text = `rules: [{ name: a, require: { approvals: [{ id: x, from: [ana] }], any: [${way('bob')}, ${way('carol')}] } }]`;
    expect(slotsOf(judge(text)).map(({ id, any }) => [id, any])).toEqual([
      ['a/x', undefined],
      ['a/bob', { rule: 'a', option: 0 }],
      ['a/carol', { rule: 'a', option: 1 }],
    ]);
  });

  test('of many rules together are refused where nobody could look through them', () => {
    const rules = (count: number) =>
      `rules:\n${Array.from({ length: count }, (_, index) => `  - { name: r${index}, require: { any: [${way('bob')}, ${way('carol')}] } }\n`).join('')}`;
    expect(judge(rules(6)).kind).toBe('ask');
    expect(reasonsOf(judge(rules(7)))[0]).toBe(
      'the alternatives of the matching rules combine in 128 ways, more than 64',
    );
  });
});

describe('exclusions', () => {
  const authors = (authors: readonly string[] | null) => ({
    authors,
    authorOf: (address: string) => (address === 'bob@example.com' ? 'bob' : null),
  });
  const byAuthor = 'rules: [{ name: a, require: { exclude: [step_author] } }]';

  test('keep whoever wrote the step from every slot of it', () => {
    const text = `${byAuthor.slice(0, -1)}, { name: b, require: { approvals: [{ id: x, from: [bob] }] } }]`;
    for (const policy of [byAuthor, text]) {
      expect(slotsOf(judge(policy, authors(['bob@example.com'])))).toMatchObject([
        { excluded: [{ person: 'bob', why: 'step_author' }] },
      ]);
    }
  });

  test('deny where git cannot say who wrote it, or where that is nobody', () => {
    expect(judge(byAuthor, authors(null))).toMatchObject({
      kind: 'deny',
      reasons: [
        { rule: 'a', hint: 'commit the runbook in a git repository and start it from there' },
      ],
    });
    expect(reasonsOf(judge(byAuthor, authors(['bob@example.com', 'eve@example.com'])))).toEqual([
      'it excludes whoever wrote the step, and `eve@example.com` is nobody in `people.yaml`',
    ]);
  });

  test('ask nobody about authors where no matching rule does', () => {
    expect(judge(byAuthor.replace('{ name: a,', '{ name: a, when: "false",')).kind).toBe('ask');
  });

  test('keep whoever approved another step of the run', () => {
    const text = 'rules: [{ name: a, require: { exclude: [earlier_approver] } }]';
    expect(slotsOf(judge(text, { approvedBefore: ['carol'] }))).toMatchObject([
      { id: 'floor', excluded: [{ person: 'carol', why: 'earlier_approver' }] },
    ]);
  });

  test('are asked for when the people of a slot are', () => {
    const text = 'rules: [{ name: a, require: { exclude: [earlier_approver] } }]';
    const seen: unknown[] = [];
    judge(text, {
      approvedBefore: ['carol'],
      eligible: (slot) => {
        seen.push(slot.excluded);
        return [];
      },
    });
    expect(seen).toEqual([[{ person: 'carol', why: 'earlier_approver' }]]);
  });
});

describe('supervision', () => {
  const text = 'floor: { control: supervised }\nrules: []';

  test("lets an agent's owner fill slots, and nobody where no agent is behind the run", () => {
    expect(slotsOf(judge(text, { agentInChain: true }))[0]?.supervised).toBe(true);
    expect(slotsOf(judge(text))[0]).not.toHaveProperty('supervised');
    expect(slotsOf(judge('', { agentInChain: true }))[0]).not.toHaveProperty('supervised');
  });

  test('ends for every slot of a step where one matching rule asks for dual control', () => {
    const dual = `floor: { control: supervised }
rules:
  - { name: a, require: { approvals: [{ id: x, from: [bob] }] } }
  - { name: b, when: step.id == "restart", require: { control: dual } }
`;
    const elsewhere = someFacts({ step: { privileged: true, id: 'other' } });
    expect(slotsOf(judge(dual, { agentInChain: true }))[0]).not.toHaveProperty('supervised');
    expect(slotsOf(judge(dual, { agentInChain: true }, elsewhere))[0]?.supervised).toBe(true);
  });
});

describe('lists', () => {
  const text = `
lists: { oncall: { file: /etc/oncall }, heads: { file: /etc/heads }, spare: { file: /etc/spare } }
rules:
  - name: a
    require:
      approvals:
        - { id: x, from: ["list:oncall"], escalate: [{ after: 10m, to: ["list:heads"] }] }
        - { id: y, from: [bob] }
  - name: b
    when: step.id == "never"
    require: { approvals: [{ id: z, from: ["list:spare"] }] }
`;
  const answers: Readonly<Record<string, ListAnswer>> = {
    oncall: { people: ['bob'], unknown: ['mallory'], error: null },
    heads: { people: [], unknown: [], error: 'it did not finish' },
  };

  test('are asked where a slot needs them, once, and what they said is on record', () => {
    const asked: string[] = [];
    const verdict = judge(text, {
      lists: (name) => {
        asked.push(name);
        return answers[name] ?? { people: [], unknown: [], error: 'unknown' };
      },
    });
    expect(asked).toEqual(['oncall', 'heads']);
    expect(verdict.evaluation.lists).toEqual(answers);
    expect(slotsOf(verdict)).toMatchObject([
      { id: 'a/x', lists: { oncall: ['bob'], heads: [] }, escalate: [{ after_ms: 600_000 }] },
      { id: 'a/y' },
    ]);
    expect(slotsOf(verdict)[1]).not.toHaveProperty('lists');
  });

  test('are not asked for a step that is denied', () => {
    const denied = text.replace('rules:\n', 'rules:\n  - { name: no, deny: no }\n');
    const verdict = judge(denied, {
      lists: () => {
        throw new Error('asked');
      },
    });
    expect(verdict.kind).toBe('deny');
    expect(verdict.evaluation).not.toHaveProperty('lists');
  });
});

describe('an override', () => {
  const text = `
rules:
  - { name: freeze, deny: frozen, override: { approvals: [{ id: head, from: [carol] }] } }
  - { name: never, when: step.id == "never", deny: no }
`;
  const overriding = (...overrides: string[]) => ({ asked: { ...plainly, overrides } });

  test('that nobody asks for leaves the step denied, and says how to ask', () => {
    expect(judge(text)).toMatchObject({
      kind: 'deny',
      reasons: [
        {
          rule: 'freeze',
          reason: 'frozen',
          hint: 'ask for an exception: `--override freeze --reason TEXT`',
        },
      ],
    });
  });

  test('puts its people beside everybody else, and asks for a reason', () => {
    expect(judge(text, overriding('freeze'))).toMatchObject({
      kind: 'ask',
      slots: [{ id: 'floor' }, { id: 'freeze/head', from: ['carol'] }],
      overrides: ['freeze'],
      reasonRequired: true,
    });
    const both = `${text}  - { name: two, require: { approvals: [{ id: peer, from: [bob] }] } }\n`;
    expect(slotsOf(judge(both, overriding('freeze'))).map(({ id }) => id)).toEqual([
      'two/peer',
      'freeze/head',
    ]);
  });

  test('of a step that nobody else is asked about is about that rule alone', () => {
    const ordinary = someFacts();
    expect(slotsOf(judge(text, overriding('freeze'), ordinary)).map(({ id }) => id)).toEqual([
      'freeze/head',
    ]);
  });

  test('lifts the rule that it names and no other', () => {
    const more = text.replace('when: step.id == "never", ', '');
    expect(reasonsOf(judge(more, overriding('freeze')))).toEqual(['no']);
  });

  test('by a name that no rule has, or none that may be lifted, denies', () => {
    expect(judge(text, overriding('freeze', 'frezee'))).toMatchObject({
      kind: 'deny',
      reasons: [{ rule: 'frezee', hint: 'did you mean `freeze`?' }],
    });
    expect(judge(text, overriding('freeze', 'never')).kind).toBe('deny');
  });

  test('does not lift a rule that fails', () => {
    const failing = text.replace('deny: frozen', 'when: params.absent == 1, deny: frozen');
    expect(judge(failing, overriding('freeze')).kind).toBe('deny');
  });

  test('changes nothing for a step that the rule does not deny', () => {
    const elsewhere = text.replace('deny: frozen', 'when: step.id == "other", deny: frozen');
    expect(judge(elsewhere, overriding('freeze'))).toMatchObject({
      slots: [{ id: 'floor' }],
      overrides: [],
      reasonRequired: false,
    });
  });
});

describe('break-glass', () => {
  const text = `
floor: { pending: 20m }
rules:
  - { name: two, require: { pending: 5m, exclude: [step_author], approvals: [{ id: peer, count: 2, from: [bob] }] } }
  - { name: freeze, when: step.id == "restart", deny: frozen }
  - { name: agents, when: initiator.kind == "agent", deny: ask a person }
break_glass:
  - name: night
    when: environment.name == "local"
    from: [carol]
    pin: true
    lifts: [freeze]
    review: { from: [group:security], within: 24h }
`;
  const glass = (breakGlass: string) => ({ asked: { ...plainly, breakGlass } });

  test('asks one person alone, who may be whoever acts', () => {
    expect(judge(text, glass('night'))).toMatchObject({
      kind: 'ask',
      slots: [
        {
          id: 'break_glass/night',
          count: 1,
          from: ['carol'],
          assurance: 'A3',
          presence: true,
          verified: true,
          own: true,
        },
      ],
      reasonRequired: true,
      pendingMs: 300_000,
      breakGlass: {
        rule: 'night',
        scope: 'night@local',
        review: { from: ['group:security'], within_ms: 86_400_000 },
      },
      overrides: [],
      reuse: null,
    });
  });

  test('takes a touch as it is written, whoever is behind the run', () => {
    const touchless = text.replace('    pin: true\n', '');
    expect(slotsOf(judge(touchless, { ...glass('night'), agentInChain: true }))).toMatchObject([
      { presence: false },
    ]);
  });

  test('passes only the denials that it names', () => {
    const byAgent = someFacts({ step: { privileged: true }, initiator: { kind: 'agent' } });
    expect(reasonsOf(judge(text, glass('night'), byAgent))).toEqual(['ask a person']);
  });

  test('that does not exist or does not match denies', () => {
    expect(judge(text, glass('nigth'))).toMatchObject({
      kind: 'deny',
      reasons: [{ rule: 'break_glass/nigth', hint: 'did you mean `night`?' }],
    });
    const prod = someFacts({ step: { privileged: true }, environment: { name: 'prod' } });
    expect(reasonsOf(judge(text, glass('night'), prod))).toEqual([
      'rule `night` does not match this step now',
    ]);
  });

  test('whose condition fails denies', () => {
    const failing = text.replace('environment.name == "local"', 'params.absent == 1');
    expect(reasonsOf(judge(failing, glass('night')))[0]).toContain('its `when` fails');
  });

  test('is nothing to a step that needs nobody', () => {
    const free = 'break_glass: [{ name: n, from: [ana], review: { from: [bob], within: 1h } }]';
    expect(judge(free, glass('n'), someFacts()).kind).toBe('none');
  });

  test('is never lent to later runs', () => {
    const lent = `${text}grants: [{ name: g, max_uses: 2, for: 1h }]\n`;
    const asked = { ...plainly, breakGlass: 'night', reuse: 'g' };
    expect(judge(lent, { asked }).kind).toBe('deny');
  });

  test('is nothing that a run gets without asking', () => {
    const elsewhere = someFacts({ step: { privileged: true, id: 'other' } });
    expect(judge(text, { authors: [] }, elsewhere)).toMatchObject({
      slots: [{ id: 'two/peer' }],
      breakGlass: null,
    });
  });
});

describe('a grant', () => {
  const text = `
calendars: { office: { timezone: UTC, days: [tue] } }
grants:
  - { name: cache, when: step.id == "restart", vary: { shard: { type: integer, min: 1, max: 8 } }, max_uses: 3, for: 20m }
  - { name: office, during: [office], max_uses: 3, for: 20m }
`;
  const asking = (reuse: string) => ({ asked: { ...plainly, reuse } });

  test('that matches adds its terms and takes nobody away', () => {
    expect(judge(text, asking('cache'))).toMatchObject({
      slots: [{ id: 'floor' }],
      reuse: {
        rule: 'cache',
        vary: { shard: { type: 'integer', min: 1, max: 8 } },
        max_uses: 3,
        for_ms: 1_200_000,
      },
    });
    expect(judge(text)).toMatchObject({ reuse: null });
  });

  test('that does not exist, or not now, denies', () => {
    expect(judge(text, asking('cahce'))).toMatchObject({
      kind: 'deny',
      reasons: [{ rule: 'grants/cahce', hint: 'did you mean `cache`?' }],
    });
    expect(judge(text, asking('office')).kind).toBe('deny');
    expect(judge(text, { ...asking('office'), ...at('2026-03-03T10:00:00.000Z') }).kind).toBe(
      'ask',
    );
  });
});

test('reminders come as often as the most impatient rule wants', () => {
  const text = `rules: [{ name: a, require: { remind: 10m } }, { name: b, require: { remind: 5m } }]`;
  expect(judge(text)).toMatchObject({ remindMs: 300_000 });
  expect(judge('')).toMatchObject({ remindMs: null });
});

test('a slot that asks for a PIN asks for a touch, and for neither below A3', () => {
  const slot = (more: string) =>
    slotsOf(
      judge(`rules: [{ name: a, require: { approvals: [{ id: x, from: [bob]${more} }] } }]`),
    )[0];
  expect(slot(', assurance: A3, pin: true')).toMatchObject({ presence: true, verified: true });
  expect(slot(', assurance: A3')).not.toHaveProperty('verified');
});
