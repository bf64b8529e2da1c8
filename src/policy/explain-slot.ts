import { formatDuration } from '../base/duration.ts';
import { anyone, type Evaluation, type Exclusion, type Slot } from './policy.ts';

/** `group:sre`, a name, or `anyone enrolled` for `*`. */
export function explainFrom(from: readonly string[]): string {
  return from.map((entry) => (entry === anyone ? 'anyone enrolled' : `\`${entry}\``)).join(' or ');
}

/** What the evidence must prove beside its level: nothing, or ` with a touch`, … */
export function explainProof({ presence, verified }: Pick<Slot, 'presence' | 'verified'>): string {
  if (verified === true) {
    return ' with a touch and a PIN';
  }
  return presence ? ' with a touch' : '';
}

/** Everything else that a slot says of who may fill it and when, in phrases. Not sanitised. */
export function slotConditions(slot: Slot): readonly string[] {
  const { any, escalate = [], excluded = [], lists = {} } = slot;
  return [
    ...(any === undefined ? [] : [`way ${any.option + 1} of \`${any.rule}\``]),
    ...Object.entries(lists).map(([name, people]) => `\`list:${name}\` named ${namesOf(people)}`),
    ...escalate.map(
      ({ after_ms, to, eligible }) =>
        `after ${formatDuration(after_ms)} also ${explainFrom(to)}: ${namesOf(eligible)}`,
    ),
    ...excluded.map(({ person, why }) => `not ${person}, who ${deeds[why]}`),
    ...(slot.supervised === true ? ["the agent's owner may"] : []),
    ...(slot.own === true ? ['whoever acts may sign it themself'] : []),
  ];
}

/** Lists that named nobody because they could not be asked, and names that are nobody's. Not sanitised. */
export function listFlaws({ lists = {} }: Pick<Evaluation, 'lists'>): readonly string[] {
  return Object.entries(lists).flatMap(([name, { error, unknown }]) => [
    ...(error === null
      ? []
      : [`\`list:${name}\` names nobody, for it could not be asked: ${error}`]),
    ...(unknown.length === 0
      ? []
      : [`\`list:${name}\` names who is nobody in \`people.yaml\`: ${unknown.join(', ')}`]),
  ]);
}

/** `bob, carol`, or `nobody`. */
export function namesOf(people: readonly string[]): string {
  return people.length === 0 ? 'nobody' : people.join(', ');
}

const deeds: Readonly<Record<Exclusion, string>> = {
  step_author: 'wrote the step',
  earlier_approver: 'approved another step of this run',
};
