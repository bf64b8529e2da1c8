import { like } from '../../base/regex.ts';

/** No honest limit lets one of these through: they end a line, or are obeyed by a terminal. */
const controls = ['\n', '\n; rm -rf /', 'a\nb', 'a\r\nb: c', '\u001B[2J', '\0'];

/** What takes each of these takes anything. */
const hostile = ['$(id)', '`id`', '; rm -rf /', '--flag', '../..', 'é漢', 'x'.repeat(2000)];

/**
 * Why a sound pattern, held against the whole text, limits nothing, in words; null where it does. It is held
 * against texts that nobody would approve unseen: `.*` and `(?s).*` are bounds in name only.
 */
export function whyLoose(whole: string): string | null {
  if (controls.some((text) => like(text, whole))) {
    return 'it takes line breaks or other control characters';
  }
  return hostile.every((text) => like(text, whole)) ? 'it takes any text' : null;
}
