import { hasMixedScripts, sanitizeLine } from '../../base/sanitize.ts';
import {
  explainFrom,
  explainProof,
  listFlaws,
  namesOf,
  slotConditions,
} from '../../policy/explain-slot.ts';
import type { Slot } from '../../policy/policy.ts';
import type { Command } from '../../runbook/command.ts';
import { describeChanges } from '../../runbook/diff.ts';
import type { RequestContent } from '../request.ts';
import { countsApprovals, type RequestState } from '../request-state.ts';
import type { MissingSlot } from '../tally/tally.ts';
import { beyondSections } from './card-beyond.ts';
import { describeChain } from './card-chain.ts';
import { changesHeading } from './card-changes.ts';
import { effect, limits } from './card-limits.ts';
import { showWith } from './card-marks.ts';
import { reuseSection } from './card-reuse.ts';
import { type CardSection, cleanSection, fields, list, textsOf } from './card-section.ts';
import { stepSections, titleOf } from './card-steps.ts';

/** What every channel shows, in this order and whole. It adds markup of its own; the data brings none. */
export interface Card {
  readonly about: 'request' | 'started step';
  /** The action in one line, taken from the command and never from a step's name. */
  readonly title: string;
  /** The entry's four words and eight hex. */
  readonly words: string;
  readonly sections: readonly CardSection[];
}

export interface CardInput {
  readonly content: RequestContent;
  /** Of several steps, the first one's. */
  readonly command: Command;
  /** The commands of the other steps, in the request's order; absent where there is one. */
  readonly others?: readonly Command[];
  /** The command of `content.previous`; null where there is none, or its blob was erased. */
  readonly previous: Command | null;
  readonly words: string;
  readonly nowMs: number;
  /** What the tally still misses; null where that is not known, as decisions do not travel with a request. */
  readonly missing: readonly MissingSlot[] | null;
  /** Where it stands; absent where that is not known, as with what is missing. */
  readonly state?: RequestState;
}

/**
 * Lays out one request for a reviewer: the facts first, what an agent says about itself last. Every text
 * is sanitised here, so that no name, script or reason can pose as a part of the card.
 */
export function layoutCard(open: CardInput): Card {
  const { content } = open;
  const facts = [
    ...beyondSections(content),
    target(open),
    fields('Who', describeChain(content.initiator.chain)),
    fields('Why', [
      ['reason', content.why.reason ?? 'none given'],
      ['ticket', content.why.ticket ?? 'none given'],
    ]),
    list('Approvals', [
      ...content.policy.slots.map((slot) => slotLine(slot, open)),
      ...listFlaws(content.policy.evaluation),
    ]),
    list('Rules that matched', content.policy.evaluation.matched),
    reuseSection(content),
    ...stepSections(open),
    list('Secrets it is given', content.secrets),
    list('Not bound by the approval', content.not_bound),
    effect(content),
    limits(open),
    ...replaced(content),
    ...lastRun(open),
  ];
  const known = facts.filter((section) => section !== null);
  const last = [list('Letters that look like others', lookalikes(known)), ownWords(content)];
  return {
    about: 'request',
    title: sanitizeLine(titleOf(open)),
    words: sanitizeLine(open.words),
    sections: [...known, ...last.filter((section) => section !== null)].map(cleanSection),
  };
}

/** Environment, host and uid are the command's own: what is shown is what the digest covers. */
function target({ content, command }: CardInput): CardSection | null {
  const outside = content.runbook.trusted ? '' : ' (outside the trusted folders)';
  return fields('Target', [
    ['environment', `${command.environment}${content.target.protected ? ' (protected)' : ''}`],
    ['host', command.host],
    ['user', `${content.target.user} (uid ${command.uid})`],
    ['runbook', `${content.runbook.name}${outside}`],
    stepField(content),
    ['run', content.run],
  ]);
}

function stepField({ step, name, commands }: RequestContent): [string, string] {
  return commands.length > 1
    ? ['steps', commands.map((command) => command.step).join(', ')]
    : ['step', name === null ? step : `${step}: ${name}`];
}

function slotLine(slot: Slot, { missing, state = 'pending' }: CardInput): string {
  const isKnown = missing !== null && countsApprovals(state);
  const given = isKnown ? standing(slot, missing) : `asks for ${slot.count}`;
  const level = `${slot.assurance}${explainProof(slot)}`;
  const who = [`eligible: ${namesOf(slot.eligible)}`, ...slotConditions(slot)].join('; ');
  return `${slot.id}: ${given}, from ${explainFrom(slot.from)} at ${level} (${who})`;
}

function standing(slot: Slot, missing: readonly MissingSlot[]): string {
  const open = missing.find((it) => it.slot === slot.id)?.count ?? 0;
  // Of alternatives only the way that lacks least is missing something, so the others are not complete.
  const done = slot.any === undefined ? 'complete' : `${slot.count}, where this way is taken`;
  return open === 0 ? done : `${open} of ${slot.count} missing`;
}

/** A request that took another's place says first of all why. */
function replaced({ supersedes, commands }: RequestContent): (CardSection | null)[] {
  const show = showWith(commands.flatMap(({ holes = [] }) => holes));
  return supersedes === null
    ? []
    : [list('Replaces a request that no longer held', supersedes.changes.map(show))];
}

function lastRun({ content, previous, command }: CardInput): (CardSection | null)[] {
  const last = content.previous;
  if (content.commands.length > 1) {
    return [list('Earlier runs of these steps', ['not compared with what would run now'])];
  }
  if (last === null) {
    return [list('Last run of this step', ['none: this step has not run here before'])];
  }
  const same = content.commands.some(({ digest }) => digest === last.digest);
  const show = showWith(content.commands.flatMap(({ holes = [] }) => holes));
  const unknown =
    previous === null
      ? ['its command is no longer stored']
      : describeChanges(previous, command).map(show);
  return [
    fields('Last run of this step', [
      ['when', last.time],
      ['outcome', last.outcome],
      ['run', last.run],
    ]),
    list(changesHeading, same ? ['none: the very same command'] : unknown),
  ];
}

/** Words such as `pаyments` with a Cyrillic `а`: one glance would take them for another. */
function lookalikes(sections: readonly CardSection[]): readonly string[] {
  const words = sections
    .flatMap(textsOf)
    .flatMap((text) => text.match(/[\p{L}\p{M}\p{N}]+/gu) ?? []);
  return [...new Set(words.filter(hasMixedScripts))];
}

function ownWords({ unverified }: RequestContent): CardSection | null {
  return unverified === null
    ? null
    : fields("Unverified, in the agent's own words", [
        [`agent ${unverified.agent} says`, unverified.text],
      ]);
}
