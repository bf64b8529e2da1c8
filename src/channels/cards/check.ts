import { RunbookError } from '../../base/errors.ts';
import { loadSecret, type SecretSource } from '../../base/secret-source.ts';
import type { Check } from '../channel.ts';
import { ChatError } from './chat-error.ts';

export function good(name: string, message: string): Check {
  return { name, ok: true, message, hint: null };
}

export function bad(name: string, message: string, hint: string | null): Check {
  return { name, ok: false, message, hint };
}

/** What a chat or our own settings said no to; `explain` says where to look. Anything else is thrown on. */
export function refusedBy(
  chat: string,
  explain: (code: string) => string | null,
): (name: string, error: unknown) => Check {
  return (name, error) => {
    if (error instanceof ChatError) {
      return bad(name, `${chat} answers \`${error.code}\``, explain(error.code));
    }
    if (error instanceof RunbookError) {
      return bad(name, error.message, error.hint ?? null);
    }
    throw error;
  };
}

/** The secret, or the check that says why it is not to be had. */
export function readSecret(
  name: string,
  source: SecretSource,
  env: Readonly<Record<string, string | undefined>>,
): { readonly secret: string } | { readonly check: Check } {
  try {
    return { secret: loadSecret(source, env) };
  } catch (error) {
    if (error instanceof RunbookError) {
      return { check: bad(name, error.message, error.hint ?? null) };
    }
    throw error;
  }
}
