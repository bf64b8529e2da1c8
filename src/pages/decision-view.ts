import type { DecisionWays } from '../engine/login-reports.ts';
import type { RequestDetail } from '../engine/reports.ts';
import type { VisitorView } from './layout.ts';

/** How whoever looks at a request can decide it. */
export interface DecisionView {
  readonly detail: RequestDetail;
  /** `passkeys` are those that count on this page. */
  readonly ways: DecisionWays;
  readonly visitor: VisitorView;
  /** Issuers that can be asked for a fresh login. */
  readonly logins: readonly { readonly name: string; readonly issuer: string }[];
  /** Why the form that was sent decides nothing; absent where none was. */
  readonly problem?: FormProblem;
}

/** What a field lacks. The form stands there again with what was written. */
export interface FormProblem {
  readonly field: 'reason' | 'typed';
  readonly message: string;
  /** As it was sent. */
  readonly reason: string;
}
