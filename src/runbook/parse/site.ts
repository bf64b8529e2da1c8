import type { YamlNode } from '../../base/yaml.ts';
import type { PlannedAction } from '../plan.ts';

/** A text of the file that holds expressions, and where it stands: that decides what it may see and say. */
export interface Site {
  readonly node: YamlNode;
  readonly text: string;
  /** `if`, `that` and `output` are expressions; the others are templates. */
  readonly where: 'env' | 'argv' | 'url' | 'header' | 'body' | 'if' | 'that' | 'output' | 'manual';
  /** Whose results `that` and `output` see; null where that is not known, or there are none yet. */
  readonly of: PlannedAction['kind'] | null;
}

/** What is wrong with a text; `offset` counts from its start. */
export interface Flaw {
  readonly message: string;
  readonly hint?: string | undefined;
  readonly offset?: number;
}

/** What reading one step leaves behind besides the step. */
export interface Reading {
  readonly sites: Site[];
  report(node: YamlNode, flaw: Flaw): void;
}
