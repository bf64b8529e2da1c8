import * as v from 'valibot';

/** What Teams tells the app of (learn.microsoft.com, "Activity schema"), as far as we read it. */
export type Activity = v.InferOutput<typeof activity>;

function short(longest: number) {
  return v.pipe(v.string(), v.minLength(1), v.maxLength(longest));
}

const guid = v.pipe(
  v.string(),
  v.toLowerCase(),
  v.regex(/^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/),
);

/**
 * Names, addresses and roles in it can be chosen by their owner and are never read; only ids are. What is
 * odd in any way is no activity.
 */
const activity = v.object({
  type: short(50),
  id: short(200),
  name: v.optional(short(100)),
  channelId: short(50),
  serviceUrl: short(500),
  from: v.object({ id: short(200), aadObjectId: v.optional(guid) }),
  recipient: v.object({ id: short(200) }),
  conversation: v.object({
    id: short(500),
    tenantId: v.optional(guid),
    conversationType: v.optional(short(50)),
  }),
  channelData: v.object({
    tenant: v.optional(v.object({ id: guid })),
    team: v.optional(v.object({ name: v.optional(v.string(), '') })),
  }),
  replyToId: v.optional(short(200)),
  action: v.optional(short(50)),
  membersAdded: v.optional(v.array(v.object({ id: short(200) })), []),
  membersRemoved: v.optional(v.array(v.object({ id: short(200) })), []),
  value: v.optional(v.unknown()),
});

/** Null where it is none, or holds what the journal could not say again. */
export function readActivity(text: string): Activity | null {
  try {
    const read = v.safeParse(activity, JSON.parse(text));
    return read.success ? read.output : null;
  } catch {
    return null;
  }
}

/** Whose account it came from, as `people.yaml` has them: `teams:TENANT/OBJECT`. */
export function senderName({ from, conversation }: Activity): string | null {
  return from.aadObjectId === undefined || conversation.tenantId === undefined
    ? null
    : `teams:${conversation.tenantId}/${from.aadObjectId}`;
}
