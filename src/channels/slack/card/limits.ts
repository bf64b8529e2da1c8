import type { SlackBlock } from '../api/slack-api.ts';

/**
 * What a message may hold (docs.slack.dev, "Block Kit"). The sum is undocumented: Slack refuses about
 * 13,200 characters of blocks (`msg_blocks_too_long`), counted in a way of its own, so that a margin is
 * kept.
 */
export const limits = {
  blocks: 50,
  sum: 12_000,
  header: 150,
  text: 3_000,
  field: 2_000,
  fields: 10,
  confirmTitle: 100,
  confirmText: 300,
} as const;

/** The size of blocks as Slack may count it: bytes of JSON, with `&`, `<` and `>` as entities. */
export function weigh(blocks: readonly SlackBlock[]): number {
  const json = JSON.stringify(blocks);
  return Buffer.byteLength(json) + 4 * (json.match(/[&<>]/g)?.length ?? 0);
}

/** True where Slack takes these blocks as one message. */
export function fitsMessage(blocks: readonly SlackBlock[]): boolean {
  return blocks.length <= limits.blocks && weigh(blocks) <= limits.sum;
}
