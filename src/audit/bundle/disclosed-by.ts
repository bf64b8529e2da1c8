import type { BlobContent } from '../../run/named-blobs.ts';
import type { Disclosure } from './evidence.ts';

/** Whether content of this kind is given away. The trusted files always are: nothing is judged without them. */
export function disclosedBy(what: BlobContent, disclosed: readonly Disclosure[]): boolean {
  const by = giver[what];
  return by === null || disclosed.includes(by);
}

const giver: Readonly<Record<BlobContent, Disclosure | null>> = {
  people: null,
  policy: null,
  config: null,
  plan: 'plans',
  command: 'plans',
  // Later steps, and what was approved for them, are judged by these.
  outputs: 'plans',
  stdout: 'outputs',
  stderr: 'outputs',
  received: 'outputs',
};
