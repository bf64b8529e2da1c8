import type { JsonObject } from '../base/json.ts';
import { runbookSchema } from './schema.ts';

/** A JSON Schema for editors, of the same source as the check itself: what it accepts has the right shape. */
export function runbookJsonSchema(): JsonObject {
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'Runbook',
    ...runbookSchema.json,
  };
}
