import {
  checkExpression,
  compileExpression,
  type Program,
  ReadyScope,
  type Shape,
} from '../base/expression.ts';
import { ExpressionError, type ExpressionProblem } from '../base/expression-value.ts';
import { lazy } from '../base/lazy.ts';
import type { Facts, InitiatorFacts } from './facts.ts';

/** What a rule's `when` came to. Whatever is neither true nor false has failed. */
export type When =
  | { readonly kind: 'matched' }
  | { readonly kind: 'unmatched' }
  | { readonly kind: 'failed'; readonly message: string };

/** What is wrong with a `when` before there are facts; null where nothing is. */
export function checkWhen(when: string): ExpressionProblem | null {
  return checkExpression(when, shapeOfFacts, 'bool');
}

/** Whether a rule matches; one without `when` always does. Never throws for what a rule says. */
export function evaluateWhen(when: string | null, facts: Facts, nowMs: number): When {
  return openWhen(facts, nowMs)(when);
}

/** As `evaluateWhen`, for many rules about one step, and for whoever may be taken to stand behind it. */
export function openWhen(
  facts: Facts,
  nowMs: number,
): (when: string | null, initiator?: InitiatorFacts) => When {
  const { initiator: own, ...others } = facts;
  const rest = lazy(() => new ReadyScope({ ...others, now: new Date(nowMs) }));
  const scopes = new Map<InitiatorFacts, ReadyScope>();
  const scopeOf = (initiator: InitiatorFacts): ReadyScope => {
    const scope = scopes.get(initiator) ?? new ReadyScope({ initiator: { ...initiator } }, rest());
    scopes.set(initiator, scope);
    return scope;
  };
  return (when, initiator = own) =>
    when === null ? { kind: 'matched' } : outcomeOf(when, () => scopeOf(initiator));
}

function outcomeOf(when: string, scope: () => ReadyScope): When {
  try {
    const value = programOf(when)(scope());
    if (typeof value === 'boolean') {
      return { kind: value ? 'matched' : 'unmatched' };
    }
    return { kind: 'failed', message: 'its value is neither true nor false' };
  } catch (error) {
    if (error instanceof ExpressionError) {
      return { kind: 'failed', message: error.message };
    }
    throw error;
  }
}

/** Parsing takes far longer than evaluating, and the same few conditions are asked again and again. */
const programs = new Map<string, Program>();
const mostPrograms = 1000;

function programOf(when: string): Program {
  const known = programs.get(when);
  if (known !== undefined) {
    return known;
  }
  const made = compileExpression(when);
  if (programs.size >= mostPrograms) {
    programs.clear();
  }
  programs.set(when, made);
  return made;
}

/** Where a value may be null its type is not known before there is one. */
const shapeOfFacts = {
  environment: { name: 'string', vars: 'map', protected: 'bool' },
  runbook: { name: 'string', trusted: 'bool' },
  step: { id: 'string', name: 'dyn', tags: 'list<string>', privileged: 'bool', kind: 'string' },
  params: 'map',
  run: { reason: 'dyn', ticket: 'dyn' },
  initiator: {
    kind: 'string',
    caller: 'string',
    people: 'list<string>',
    agent: 'dyn',
    ci: 'dyn',
    ci_actor: 'dyn',
  },
  now: 'timestamp',
} satisfies Record<keyof Facts | 'now', Shape>;
