import type { SignedAsk } from '../approval/statement/start-statement.ts';
import { paramsDigest } from '../runbook/digest.ts';
import type { Plan } from '../runbook/plan.ts';

/** How a run is asked for, beside what it is. */
interface AskedFor {
  readonly ticket: string | null;
  readonly notBefore?: string | undefined;
  readonly breakGlass?: string | undefined;
  readonly overrides?: readonly string[] | undefined;
  readonly reuse?: string | undefined;
}

/** What whoever starts a run signs of how it is asked for: the client says it, the engine and the auditor hold it. */
export function signedAsk(asked: AskedFor, params: Plan['params']): SignedAsk {
  const { ticket, notBefore = null, breakGlass = null, overrides = [], reuse = null } = asked;
  return {
    params: paramsDigest(params),
    ticket,
    not_before: notBefore,
    break_glass: breakGlass,
    overrides: [...new Set(overrides)],
    reuse,
  };
}
