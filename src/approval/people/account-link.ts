import * as v from 'valibot';
import { newCode, normalizeCode } from '../../base/ids.ts';

/**
 * A person who is about to link a chat account, known to the journal's host by their login. Two codes
 * go the two ways round: `code` from the terminal into the chat, `answer` from the chat into the
 * terminal. Either alone is worth nothing, so that whoever is talked into typing a code they were sent
 * (or into telling the one they see) has not yet lent their account to anybody.
 */
export interface AccountLink {
  readonly person: string;
  readonly code: string;
  readonly expires_ms: number;
  /** Who typed `code`, and what they were shown; null until somebody did. */
  readonly claim: Claim | null;
  /** Wrong answers so far. */
  readonly tries: number;
}

export interface Claim extends ChatAccount {
  readonly answer: string;
}

export interface ChatAccount {
  /** `slack:T0123ABCD/U0123ABCD` */
  readonly identity: string;
  /** What the account calls itself, for its owner to recognise; decides nothing. */
  readonly name: string;
}

/** What became of a code or an answer. A refusal is in words, for whoever typed it. */
export type LinkStep<Success> = Success | { readonly kind: 'refused'; readonly message: string };

const lifeMs = 10 * 60_000;
const mostTries = 5;

/** A person's own link; beginning anew replaces it. */
export function newLink(person: string, nowMs: number): AccountLink {
  return { person, code: newCode(), expires_ms: nowMs + lifeMs, claim: null, tries: 0 };
}

/**
 * The link whose code somebody typed in the chat, with their claim on it. The same account may type it
 * again and is shown the same answer; another account comes too late.
 */
export function claimLink(
  links: readonly AccountLink[],
  typed: string,
  { account, nowMs }: { readonly account: ChatAccount; readonly nowMs: number },
): LinkStep<{ readonly kind: 'claimed'; readonly link: AccountLink; readonly claim: Claim }> {
  const link = links.find(({ code }) => code === normalizeCode(typed));
  if (link === undefined || nowMs >= link.expires_ms) {
    return refused('no such code, or it is older than ten minutes');
  }
  if (link.claim !== null && link.claim.identity !== account.identity) {
    return refused('this code was used already');
  }
  const claim = link.claim ?? { ...account, answer: newCode() };
  return { kind: 'claimed', link: { ...link, claim }, claim };
}

/** Judges what was typed in the terminal. `wrong` carries the link with one try less. */
export function answerLink(
  link: AccountLink | null,
  typed: string,
  nowMs: number,
): LinkStep<
  | { readonly kind: 'linked'; readonly account: ChatAccount }
  | { readonly kind: 'wrong'; readonly link: AccountLink; readonly left: number }
> {
  if (link === null || nowMs >= link.expires_ms || link.tries >= mostTries) {
    return refused(
      'there is no link to finish: it was finished, is older than ten minutes, or was tried too often',
    );
  }
  if (link.claim === null) {
    return refused('nobody has typed the first code yet');
  }
  if (normalizeCode(typed) !== link.claim.answer) {
    const tries = link.tries + 1;
    return { kind: 'wrong', link: { ...link, tries }, left: mostTries - tries };
  }
  const { identity, name } = link.claim;
  return { kind: 'linked', account: { identity, name } };
}

/** A code as people read it: `7F3K-9QXZ`. */
export function formatCode(code: string): string {
  return `${code.slice(0, 4)}-${code.slice(4)}`.toUpperCase();
}

/** Links are notes of the channel, under keys of their own. */
export const linkPrefix = 'link/';

/** The key of this person's link. */
export function linkKey(person: string): string {
  return `${linkPrefix}${person}`;
}

const linkSchema = v.strictObject({
  person: v.string(),
  code: v.string(),
  expires_ms: v.number(),
  claim: v.nullable(v.strictObject({ identity: v.string(), name: v.string(), answer: v.string() })),
  tries: v.number(),
});

/** The text of a note. */
export function formatLink(link: AccountLink): string {
  return JSON.stringify(link);
}

/** Null for anything that `formatLink` did not make: notes are no truth, and a lost link is begun again. */
export function parseLink(text: string): AccountLink | null {
  try {
    const read = v.safeParse(linkSchema, JSON.parse(text));
    return read.success ? read.output : null;
  } catch {
    return null;
  }
}

function refused(message: string): { readonly kind: 'refused'; readonly message: string } {
  return { kind: 'refused', message };
}
