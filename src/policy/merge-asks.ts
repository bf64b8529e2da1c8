import { canonicalize } from '../base/jcs.ts';
import type { Evaluation, Slot, Verdict } from './policy.ts';
import { strictestRemote } from './remote.ts';

type Ask = Extract<Verdict, { kind: 'ask' }>;

interface Part {
  readonly step: string;
  readonly verdict: Ask;
}

/**
 * What several steps need of one decision: the slots of all, each once, and the strictest of everything
 * else. Whoever fills these fills those of every step.
 */
export function mergeAsks(parts: readonly Part[]): Ask {
  const verdicts = parts.map(({ verdict }) => verdict);
  const reminds = verdicts.flatMap(({ remindMs }) => remindMs ?? []);
  return {
    kind: 'ask',
    slots: mergeSlots(parts),
    reasonRequired: verdicts.some(({ reasonRequired }) => reasonRequired),
    pendingMs: Math.min(...verdicts.map(({ pendingMs }) => pendingMs)),
    unusedMs: Math.min(...verdicts.map(({ unusedMs }) => unusedMs)),
    remindMs: reminds.length === 0 ? null : Math.min(...reminds),
    remote: strictestRemote(verdicts.map(({ remote }) => remote)),
    overrides: unique(verdicts.flatMap(({ overrides }) => overrides)),
    breakGlass: null,
    reuse: null,
    evaluation: mergeEvaluations(verdicts),
  };
}

function mergeSlots(parts: readonly Part[]): readonly Slot[] {
  const slots = new Map<string, Slot>();
  const alternatives = new Map<string, string>();
  for (const { step, verdict } of parts) {
    for (const slot of apart(verdict.slots, step, alternatives)) {
      addSlot(slots, slot, step);
    }
  }
  return [...slots.values()];
}

/**
 * Alternatives of one rule that are others for this step stand by themselves: taken together with those
 * of another step, one way for one of them would do for both.
 */
function apart(slots: readonly Slot[], step: string, known: Map<string, string>): readonly Slot[] {
  const rules = unique(slots.flatMap(({ any }) => any?.rule ?? []));
  const names = new Map(
    rules.map((rule) => {
      const own = canonicalize(slots.filter(({ any }) => any?.rule === rule));
      let name = rule;
      while ((known.get(name) ?? own) !== own) {
        name = `${name}/${step}`;
      }
      known.set(name, own);
      return [rule, name];
    }),
  );
  return slots.map((slot) =>
    slot.any === undefined
      ? slot
      : { ...slot, any: { ...slot.any, rule: names.get(slot.any.rule) ?? slot.any.rule } },
  );
}

/** Slots of one name that differ are both asked for: the later one says of which step it is. */
function addSlot(slots: Map<string, Slot>, slot: Slot, step: string): void {
  const known = slots.get(slot.id);
  if (known === undefined) {
    slots.set(slot.id, slot);
  } else if (canonicalize(known) !== canonicalize(slot)) {
    addSlot(slots, { ...slot, id: `${slot.id}/${step}` }, step);
  }
}

function mergeEvaluations(verdicts: readonly Ask[]): Evaluation {
  return verdicts
    .map(({ evaluation }) => evaluation)
    .reduce((one, other) => ({
      ...one,
      matched: unique([...one.matched, ...other.matched]),
      ...(one.lists === undefined && other.lists === undefined
        ? {}
        : { lists: { ...one.lists, ...other.lists } }),
    }));
}

function unique<T>(values: readonly T[]): readonly T[] {
  return [...new Set(values)];
}
