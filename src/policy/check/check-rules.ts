import { parseExpression } from '../../base/expression.ts';
import { comparisonsIn } from '../../base/expression-tree.ts';
import { closest } from '../../base/suggest.ts';
import type { Calendar, Policy } from '../policy.ts';
import { type RuleFinding, type Seasonal, seasonsOf } from './finding.ts';
import { findShadows } from './shadows.ts';
import { type TruthTable, truthTable } from './truth-table.ts';
import { type Known, openVocabulary } from './vocabulary.ts';

/** What rules come to, as far as it could be tried. */
export interface CheckedRules {
  readonly findings: readonly RuleFinding[];
  /** Names of what is too wide, or too intricate, to be tried; nothing is said of when they match. */
  readonly unchecked: readonly string[];
  /** Tables of `rules`, by index; null where unchecked. */
  readonly tables: readonly (TruthTable | null)[];
}

/**
 * Finds rules that can never match, that can only fail, and that never make a difference. Each `when` is
 * tried under every combination of what it looks at: the environments there are, the kinds, every hour of
 * a week, and for open values the literals of all rules, their neighbours, and something else. What cannot
 * be listed so (`like`, dates, lengths, parameters held against each other) is taken to be either. So
 * what is called dead never matches; a rule that never matches may still pass.
 */
export function checkRules(policy: Policy, known: Known, nowMs: number): CheckedRules {
  const seasons = seasonsOf(policy);
  const dimensionOf = openVocabulary(
    seasons.flatMap(({ when }) => when ?? []),
    known,
  );
  const checked = seasons.map((season) => ({
    season,
    table: truthTable(season.when, dimensionOf),
  }));
  const tables = checked
    .filter(({ season }) => season.section === 'rules')
    .map(({ table }) => table);
  return {
    findings: [
      ...checked.flatMap(({ season, table }) => checkSeason(season, { table, known })),
      ...seasons.flatMap((season) => overFor(season, policy, nowMs)),
      ...findShadows(policy, tables),
    ],
    unchecked: checked.flatMap(({ season, table }) => (table === null ? season.name : [])),
    tables,
  };
}

function checkSeason(
  season: Seasonal,
  { table, known }: { readonly table: TruthTable | null; readonly known: Known },
): readonly RuleFinding[] {
  const unknown = season.when === null ? [] : unknownNames(season, season.when, known);
  if (unknown.length > 0 || table === null) {
    return unknown;
  }
  const outcomes = new Set(table.rows.map(({ outcome }) => outcome));
  if (outcomes.has('matched')) {
    return [];
  }
  const at = { rule: season.name, path: [season.section, season.index, 'when'], offset: 0 };
  return outcomes.has('failed')
    ? [
        {
          ...at,
          kind: 'rule_fails',
          message: 'never matches, but can fail, and so denies',
          hint: 'ask for what may be missing: `has(params.x) && …`',
        },
      ]
    : [
        {
          ...at,
          kind: 'rule_dead',
          message: 'never matches',
          hint: 'mend its `when`, or take it out',
        },
      ];
}

/** What stands where only certain names make sense. */
function unknownNames(season: Seasonal, when: string, known: Known): readonly RuleFinding[] {
  const names: Readonly<Record<string, readonly [string, readonly string[]]>> = {
    'environment.name': ['environment', known.environments.map(({ name }) => name)],
    'initiator.people': ['person', known.people],
    'initiator.kind': ['kind of initiator', ['person', 'agent', 'ci', 'unknown']],
    'step.kind': ['kind of step', ['run', 'exec', 'http', 'manual']],
  };
  return comparisonsIn(parseExpression(when)).flatMap(({ path, literal, offset }) => {
    const [what, all] = names[path.join('.')] ?? [];
    if (what === undefined || all === undefined || all.includes(literal)) {
      return [];
    }
    const near = closest(literal, all);
    return {
      kind: 'name_unknown' as const,
      rule: season.name,
      path: [season.section, season.index, 'when'],
      offset,
      message: `there is no ${what} \`${literal}\``,
      hint: near === null ? `there is ${all.join(', ')}` : `did you mean \`${near}\`?`,
    };
  });
}

/** A rule of calendars that will not open again. */
function overFor(
  { section, index, name, during }: Seasonal,
  { calendars }: Policy,
  nowMs: number,
): readonly RuleFinding[] {
  const isOver = during.every((each) => {
    const calendar = Object.hasOwn(calendars, each) ? calendars[each] : undefined;
    return calendar !== undefined && neverOpens(calendar, nowMs);
  });
  return during.length > 0 && isOver
    ? [
        {
          kind: 'calendar_over',
          rule: name,
          path: [section, index, 'during'],
          offset: 0,
          message: 'never matches again: its calendars are over',
          hint: 'give a calendar a new window, or take the rule out',
        },
      ]
    : [];
}

/** Further than any zone lies behind another. */
const dayMs = 24 * 3_600_000;

function neverOpens({ windows }: Calendar, nowMs: number): boolean {
  return windows.every(
    (window) => window.kind === 'span' && Date.parse(`${window.to}Z`) + dayMs < nowMs,
  );
}
