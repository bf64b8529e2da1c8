/** The longest reason that chats let people type, and that a card still shows whole. */
export const longestReason = 2_000;

/** A reason as it is recorded, or what is wrong with it, for the person who typed it. */
export type TypedReason =
  | { readonly kind: 'reason'; readonly reason: string }
  | { readonly kind: 'problem'; readonly problem: string };

/** Judged here, whatever the modal allowed: a forged one allows anything. */
export function readReason(typed: string): TypedReason {
  const reason = typed.replaceAll(/\r\n?/g, '\n').trim();
  if (reason === '') {
    return { kind: 'problem', problem: 'Say why: a few words will do.' };
  }
  if (reason.length > longestReason) {
    const length = `${reason.length} characters`;
    return { kind: 'problem', problem: `At most ${longestReason} characters, not ${length}.` };
  }
  // Half a surrogate pair is no text: the journal could not say it.
  return /(?![\t\n])[\p{Cc}\p{Cs}]/u.test(reason)
    ? { kind: 'problem', problem: 'This holds control characters: type it anew.' }
    : { kind: 'reason', reason };
}
