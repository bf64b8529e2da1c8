import { object } from '../../base/yaml-collections.ts';
import { integer } from '../../base/yaml-scalars.ts';
import { optional, refine } from '../../base/yaml-schema.ts';
import type { RemoteDemand } from '../policy.ts';
import { timeLimit } from './time-limit.ts';

/** A run holds its grant meanwhile, and nobody can interrupt it: a minute at most. */
const mostMs = 60_000;

export const remoteFile = refine(
  object({
    required: integer({ min: 1, max: 16 }),
    within: optional(timeLimit(mostMs), 10_000),
  }),
  ({ required, within }): RemoteDemand => ({ required, within_ms: within }),
);
