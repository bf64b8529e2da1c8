import * as v from 'valibot';
import { isSha256, type Sha256 } from '../../../base/ids.ts';
import type { JsonObject } from '../../../base/json.ts';
import type { Shown } from '../../cards/board.ts';
import { longestReason } from '../../cards/typed-reason.ts';
import type { StandingRequest } from '../../channel.ts';

/**
 * The names under which Teams hands back what people press and write. Whatever comes back is only a name:
 * who pressed is checked anew, and what counts is the stored request.
 */
const verbs = { 'runbook.approve': 'approve', 'runbook.reject': 'reject' } as const;

/** What a button of ours says, as it came back. */
export interface PressedButton {
  readonly decision: 'approve' | 'reject';
  /** Leaf hash of the request that the card shows; null for anything else. */
  readonly request: Sha256 | null;
  /** As it was typed. */
  readonly reason: string;
}

/** Each opens a part of the card in which it is done: one wrong click decides nothing. */
export function decisionActions(
  offers: Shown<unknown>['offers'],
  { hash }: StandingRequest,
): readonly JsonObject[] {
  return offers.map((decision) => (decision === 'approve' ? approve(hash) : reject(hash)));
}

export function pageAction(url: string): JsonObject {
  return { type: 'Action.OpenUrl', title: 'Review in browser', url };
}

function approve(request: Sha256): JsonObject {
  const input = textField('remark', 'A remark, if you like');
  return ask(
    { title: 'Approve', style: 'positive', question: 'Approve exactly this?', input },
    request,
  );
}

function reject(request: Sha256): JsonObject {
  const input: JsonObject = {
    ...textField(
      'reason',
      'Why may it not run? Whoever started it reads this, and the journal keeps it.',
    ),
    isRequired: true,
    errorMessage: 'Say why: a few words will do.',
  };
  return ask({ title: 'Reject', style: 'destructive', question: 'Reject this?', input }, request);
}

/** Teams hands back what was typed under this id. */
function textField(id: 'remark' | 'reason', label: string): JsonObject {
  return { type: 'Input.Text', id, label, isMultiline: true, maxLength: longestReason };
}

interface Question {
  readonly title: 'Approve' | 'Reject';
  readonly style: 'positive' | 'destructive';
  readonly question: string;
  readonly input: JsonObject;
}

function ask({ title, style, question, input }: Question, request: Sha256): JsonObject {
  return {
    type: 'Action.ShowCard',
    title: `${title} …`,
    style,
    card: {
      type: 'AdaptiveCard',
      body: [{ type: 'TextBlock', text: question, weight: 'Bolder' }, input],
      actions: [
        {
          type: 'Action.Execute',
          title,
          style,
          verb: `runbook.${title.toLowerCase()}`,
          data: { request },
        },
      ],
    },
  };
}

const typed = v.optional(v.pipe(v.string(), v.maxLength(20_000)), '');

const pressed = v.object({
  action: v.object({
    type: v.literal('Action.Execute'),
    verb: v.picklist(['runbook.approve', 'runbook.reject']),
    data: v.object({ request: v.optional(v.unknown()), reason: typed, remark: typed }),
  }),
});

/** What a card of ours sent (`value` of an `adaptiveCard/action`); null for any other. */
export function readPressed(value: unknown): PressedButton | null {
  const read = v.safeParse(pressed, value);
  if (!read.success) {
    return null;
  }
  const { verb, data } = read.output.action;
  const { request, reason, remark } = data;
  const decision = verbs[verb];
  return {
    decision,
    request: typeof request === 'string' && isSha256(request) ? request : null,
    reason: decision === 'reject' ? reason : remark,
  };
}
