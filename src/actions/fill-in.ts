import { InternalError } from '../base/errors.ts';
import type { Text } from '../runbook/command.ts';

/** The text with its secrets in place, kept no longer than the spawn takes. `start.ts` saw that all are there. */
export function fillIn(text: Text, secrets: ReadonlyMap<string, string>): string {
  return text.map((piece) => valueOf(piece, secrets)).join('');
}

function valueOf(piece: Text[number], secrets: ReadonlyMap<string, string>): string {
  if (typeof piece === 'string') {
    return piece;
  }
  const value = secrets.get(piece.secret);
  if (value === undefined) {
    throw new InternalError({
      code: 'secret_missing',
      message: `the secret \`${piece.secret}\` has no value`,
    });
  }
  // Inside a JSON string a quote in the secret must not end the string.
  return piece.as === 'json' ? JSON.stringify(value).slice(1, -1) : value;
}
