import { UsageError } from '../../base/errors.ts';
import type { Engine } from '../engine.ts';
import type { OwnDecision } from '../service.ts';

/** What the caller would decide, as JCS text. */
export async function prepareDecision(_engine: Engine, _input: OwnDecision): Promise<string> {
  throw new UsageError({ code: 'not_built_yet', message: 'this is not built yet' });
}
