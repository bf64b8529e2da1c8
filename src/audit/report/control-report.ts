import type { RunId } from '../../base/ids.ts';
import type { AuditVerdict } from '../bounds.ts';
import type { Framework, Matter } from '../controls.ts';

/** What the journal shows about the controls of one framework, over one period. */
export interface ControlReport {
  readonly framework: Framework;
  readonly name: string;
  readonly origin: string;
  /** RFC 3339; null where it is open. */
  readonly from: string | null;
  readonly to: string | null;
  /** Entries of the period, of how many in all; and the numbers of its first and last. */
  readonly entries: {
    readonly count: number;
    readonly first: number | null;
    readonly last: number | null;
  };
  readonly size: number;
  readonly verdicts: readonly AuditVerdict[];
  readonly controls: readonly ControlLine[];
  readonly matters: readonly MatterReport[];
}

/** One control: what it asks of the journal stands under its matters. */
export interface ControlLine {
  readonly id: string;
  readonly name: string;
  /** Of NIST: `LMH`; null elsewhere. */
  readonly baselines: string | null;
  readonly matters: readonly Matter[];
  readonly population: number;
  readonly evidence: number;
  readonly exceptions: number;
}

export interface MatterReport {
  readonly matter: Matter;
  readonly name: string;
  readonly population: { readonly what: string; readonly count: number };
  readonly evidence: readonly Evidence[];
  readonly exceptions: readonly Exception[];
  /** In plain words. */
  readonly not_proven: readonly string[];
}

export interface Evidence {
  readonly what: string;
  readonly count: number;
  /** Numbers of the entries, where it is about entries. */
  readonly indexes: readonly number[];
}

export interface Exception {
  readonly index: number | null;
  readonly time: string | null;
  readonly run: RunId | null;
  readonly what: string;
}
