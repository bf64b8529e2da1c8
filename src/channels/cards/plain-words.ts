import { brief } from './piece.ts';

/**
 * Data for a message's summary, which notifications and screen readers are given, and which chats may
 * search for markup: only letters, digits and harmless signs stay. The card has it as it is.
 */
export function plainWords(text: string, most: number): string {
  return brief(text, most).replace(/[^\p{L}\p{N}./_,;()+= :…-]|:(?! |$)/gu, '·');
}
