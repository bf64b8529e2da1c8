import type { Json } from '../base/json.ts';

/**
 * What a rule's `when` sees of one step, besides `now`. Names are the ones rules use. Secrets are not
 * among the parameters, so that no rule can tell one by matching on it.
 */
export interface Facts {
  readonly environment: {
    readonly name: string;
    readonly vars: Readonly<Record<string, Json>>;
    readonly protected: boolean;
  };
  readonly runbook: {
    readonly name: string;
    /** It lies in a trusted folder. */
    readonly trusted: boolean;
  };
  readonly step: {
    readonly id: string;
    readonly name: string | null;
    readonly tags: readonly string[];
    readonly privileged: boolean;
    readonly kind: 'run' | 'exec' | 'http' | 'manual';
  };
  readonly params: Readonly<Record<string, Json>>;
  readonly run: { readonly reason: string | null; readonly ticket: string | null };
  readonly initiator: InitiatorFacts;
}

/** Who stands behind a run, read in one way. */
export interface InitiatorFacts {
  readonly kind: 'person' | 'agent' | 'ci' | 'unknown';
  /** The calling account, `os:ana@web1`. */
  readonly caller: string;
  /** Names of everyone in the chain. */
  readonly people: readonly string[];
  /** Id of the agent; null without one. */
  readonly agent: string | null;
  /** The CI job, `github/acme/infra`; null without one. */
  readonly ci: string | null;
  /** Who set it off, `github/ana`; null where nobody said. */
  readonly ci_actor: string | null;
}

/** One step, and every way to read who stands behind its run; null: more than rules can be asked about. */
export interface Sight {
  readonly facts: Facts;
  readonly views: readonly InitiatorFacts[] | null;
}
