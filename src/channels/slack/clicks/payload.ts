import * as v from 'valibot';

/** What Slack hands over when somebody clicks, sends a modal or picks a shortcut. */
export type Payload = Click | Submission | Shortcut | Ignored;

/** A button on a message (`block_actions`). */
export interface Click {
  readonly kind: 'click';
  readonly sender: Sender;
  readonly channel: string;
  /** `ts` of the message, and of its thread where it stands in one. */
  readonly message: string;
  readonly thread: string | null;
  readonly action: string;
  readonly value: string;
  /** When Slack took the click; two clicks never share it. */
  readonly at: string;
  readonly trigger: string;
}

/** A modal that was sent (`view_submission`). */
export interface Submission {
  readonly kind: 'submission';
  readonly sender: Sender;
  readonly view: string;
  readonly callback: string;
  /** `private_metadata`, as we put it there. */
  readonly metadata: string;
  /** What was typed, by block id. An empty field is an empty text. */
  readonly inputs: Readonly<Record<string, string>>;
}

/** An entry of Slack's own menu (a global shortcut). */
export interface Shortcut {
  readonly kind: 'shortcut';
  readonly sender: Sender;
  readonly callback: string;
  readonly trigger: string;
}

/** Nothing of ours, or nothing that Slack would send. */
export interface Ignored {
  readonly kind: 'ignored';
  readonly reason: string;
}

/**
 * Who it came from, by Slack's own ids. Names, handles and addresses in a payload can be chosen by their
 * owner and are never read.
 */
export interface Sender {
  readonly user: string;
  /** The workspace of the user: another one than `team` for guests of a shared channel. */
  readonly userTeam: string;
  readonly team: string;
  /** The Enterprise Grid organisation; null outside of one. */
  readonly enterprise: string | null;
  /** The app it was sent to; global shortcuts do not say. */
  readonly app: string | null;
}

/** The account as the payload has it; whose it is, is asked when something is decided. */
export function senderName({ enterprise, userTeam, user }: Sender): string {
  return `slack:${enterprise ?? userTeam}/${user}`;
}

/** More than any payload of Slack's: a message is at most some 50,000 characters. */
const longestPayload = 512 * 1024;

/**
 * Reads an interactivity payload (https://docs.slack.dev/reference/interaction-payloads). What is odd in
 * any way is ignored with a reason; nothing throws.
 */
export function parsePayload(text: string): Payload {
  if (text.length > longestPayload) {
    return ignored(`a payload of ${text.length} characters`);
  }
  try {
    return readPayload(JSON.parse(text));
  } catch {
    return ignored('not JSON');
  }
}

/** The same, of a payload that is JSON already. */
export function readPayload(value: unknown): Payload {
  const head = v.safeParse(v.object({ type: short(50) }), value);
  if (!head.success) {
    return ignored('a payload without a type');
  }
  switch (head.output.type) {
    case 'block_actions':
      return readAs(click, value);
    case 'view_submission':
      return readAs(submission, value);
    case 'shortcut':
      return readAs(shortcut, value);
    default:
      return ignored(`a payload of type \`${head.output.type}\``);
  }
}

function short(longest: number) {
  return v.pipe(v.string(), v.maxLength(longest));
}

const userId = v.pipe(v.string(), v.regex(/^[UW][A-Z0-9]{1,30}$/));
const teamId = v.pipe(v.string(), v.regex(/^[TE][A-Z0-9]{1,30}$/));
const enterpriseId = v.pipe(v.string(), v.regex(/^E[A-Z0-9]{1,30}$/));
const channelId = v.pipe(v.string(), v.regex(/^[CDG][A-Z0-9]{1,30}$/));
const appId = v.pipe(v.string(), v.regex(/^A[A-Z0-9]{1,30}$/));
const timestamp = v.pipe(v.string(), v.regex(/^\d{1,12}\.\d{1,9}$/));
const trigger = v.pipe(short(500), v.minLength(1));

const origin = v.object({
  user: v.object({ id: userId, team_id: v.optional(teamId) }),
  team: v.nullish(v.object({ id: teamId, enterprise_id: v.optional(enterpriseId) })),
  enterprise: v.nullish(v.object({ id: enterpriseId })),
});

/** Every payload but a global shortcut's says which app it is for. */
const addressed = v.object({ ...origin.entries, api_app_id: appId });

const button = v.object({
  type: v.literal('button'),
  action_id: short(255),
  value: v.optional(short(2000), ''),
  action_ts: timestamp,
});

const click = v.pipe(
  v.object({
    ...addressed.entries,
    container: v.object({
      type: v.literal('message'),
      message_ts: timestamp,
      channel_id: channelId,
      thread_ts: v.optional(timestamp),
    }),
    actions: v.strictTuple([button]),
    trigger_id: trigger,
  }),
  v.transform((from): Payload => {
    const [action] = from.actions;
    return withSender(from, (sender) => ({
      kind: 'click',
      sender,
      channel: from.container.channel_id,
      message: from.container.message_ts,
      thread: from.container.thread_ts ?? null,
      action: action.action_id,
      value: action.value,
      at: action.action_ts,
      trigger: from.trigger_id,
    }));
  }),
);

const typed = v.record(short(255), v.object({ value: v.nullish(short(3000)) }));

const submission = v.pipe(
  v.object({
    ...addressed.entries,
    view: v.object({
      id: v.pipe(v.string(), v.regex(/^V[A-Z0-9]{1,30}$/)),
      callback_id: short(255),
      private_metadata: v.optional(short(3000), ''),
      state: v.object({
        values: v.pipe(v.record(short(255), typed), v.maxEntries(10)),
      }),
    }),
  }),
  v.transform(
    (from): Payload =>
      withSender(from, (sender) => ({
        kind: 'submission',
        sender,
        view: from.view.id,
        callback: from.view.callback_id,
        metadata: from.view.private_metadata,
        inputs: inputsOf(from.view.state.values),
      })),
  ),
);

const shortcut = v.pipe(
  v.object({
    ...origin.entries,
    api_app_id: v.optional(appId),
    callback_id: short(255),
    trigger_id: trigger,
  }),
  v.transform(
    (from): Payload =>
      withSender(from, (sender) => ({
        kind: 'shortcut',
        sender,
        callback: from.callback_id,
        trigger: from.trigger_id,
      })),
  ),
);

type Origin = v.InferOutput<typeof origin> & { readonly api_app_id?: string | undefined };

/** Without a workspace there is nothing to compare with ours. */
function withSender(from: Origin, build: (sender: Sender) => Payload): Payload {
  const team = from.team?.id ?? from.enterprise?.id;
  if (team === undefined) {
    return ignored('a payload of no workspace');
  }
  return build({
    user: from.user.id,
    userTeam: from.user.team_id ?? team,
    team,
    enterprise: from.enterprise?.id ?? from.team?.enterprise_id ?? null,
    app: from.api_app_id ?? null,
  });
}

/** Our blocks hold one field each. */
function inputsOf(values: Readonly<Record<string, v.InferOutput<typeof typed>>>) {
  return Object.fromEntries(
    Object.entries(values).map(([block, fields]) => {
      const [field] = Object.values(fields);
      return [block, field?.value ?? ''];
    }),
  );
}

function readAs(schema: v.GenericSchema<unknown, Payload>, value: unknown): Payload {
  const read = v.safeParse(schema, value);
  return read.success ? read.output : ignored(oddity(read.issues));
}

/** Where it is odd, without the value: that may be anything. */
function oddity(issues: readonly [v.BaseIssue<unknown>, ...v.BaseIssue<unknown>[]]): string {
  return `a payload with an odd \`${v.getDotPath(issues[0]) ?? 'shape'}\``;
}

function ignored(reason: string): Ignored {
  return { kind: 'ignored', reason };
}
