import { lazy } from '../../base/lazy.ts';
import type { HttpEntrance } from '../channel.ts';
import { troubleOf } from './look-for.ts';

/** An entrance that needs a secret, opened when somebody calls first; until the secret is there it answers 503. */
export function lateEntrance(
  path: string,
  open: () => HttpEntrance,
  report: (part: { readonly trouble: string }) => void,
): HttpEntrance {
  const entrance = lazy(open);
  return {
    path,
    admits: (headers) => {
      try {
        return entrance().admits?.(headers) ?? true;
      } catch {
        // `handle` tells what is wrong; until that is put right nothing counts.
        return false;
      }
    },
    handle: async (request) => {
      try {
        return await entrance().handle(request);
      } catch (error) {
        report({ trouble: troubleOf(error) });
        return { status: 503, body: '', contentType: 'text/plain' };
      }
    },
  };
}
