/** Payloads as Slack sends them (docs.slack.dev, "Interaction payloads"), with much that nobody should read. */

export interface Origin {
  readonly user?: string;
  readonly team?: string;
  readonly userTeam?: string;
  readonly enterprise?: string | null;
  readonly app?: string;
}

function origin({ user, team, userTeam, enterprise = null, app }: Origin): object {
  const workspace = team ?? 'T0TEAM';
  return {
    user: {
      id: user ?? 'U0ROBIN',
      username: 'kim',
      name: 'kim',
      team_id: userTeam ?? workspace,
    },
    api_app_id: app ?? 'A0APP',
    token: 'Shh_its_a_seekrit',
    team: { id: workspace, domain: 'example' },
    enterprise: enterprise === null ? null : { id: enterprise, name: 'Example' },
    is_enterprise_install: false,
  };
}

export interface ClickParts extends Origin {
  readonly action?: string;
  readonly value?: string;
  readonly channel?: string;
  readonly message?: string;
  readonly thread?: string;
  readonly at?: string;
  readonly trigger?: string;
}

export function aClick(parts: ClickParts = {}): object {
  const channel = parts.channel ?? 'C0CARDS';
  const ts = parts.message ?? '1700000000.000100';
  return {
    type: 'block_actions',
    ...origin(parts),
    container: {
      type: 'message',
      message_ts: ts,
      channel_id: channel,
      is_ephemeral: false,
      ...(parts.thread === undefined ? {} : { thread_ts: parts.thread }),
    },
    trigger_id: parts.trigger ?? '12466734323.1395872398.a0b1',
    channel: { id: channel, name: 'approvals' },
    message: { type: 'message', ts, text: 'Approval needed', blocks: [] },
    state: { values: {} },
    response_url: 'https://hooks.slack.com/actions/T0TEAM/1232321423432/D09sSasdasdAS9091209',
    actions: [
      {
        type: 'button',
        action_id: parts.action ?? 'runbook.approve',
        block_id: '=qXel',
        text: { type: 'plain_text', text: 'Approve', emoji: false },
        value: parts.value ?? 'f'.repeat(64),
        style: 'primary',
        action_ts: parts.at ?? '1700000001.000200',
      },
    ],
  };
}

export interface SubmissionParts extends Origin {
  readonly callback?: string;
  readonly block?: string;
  readonly typed?: string | null;
  readonly metadata?: string;
  readonly view?: string;
}

export function aSubmission(parts: SubmissionParts = {}): object {
  const {
    callback = 'runbook.reject',
    block = 'runbook.reason',
    typed = 'not on a Friday',
  } = parts;
  return {
    type: 'view_submission',
    ...origin(parts),
    trigger_id: '12466734323.1395872398.b0b1',
    view: {
      id: parts.view ?? 'V0VIEW',
      team_id: 'T0TEAM',
      type: 'modal',
      callback_id: callback,
      private_metadata: parts.metadata ?? '',
      hash: '156772938.1827394',
      state: { values: { [block]: { [block]: { type: 'plain_text_input', value: typed } } } },
    },
    response_urls: [],
  };
}

export function aShortcut(parts: Origin & { readonly callback?: string } = {}): object {
  const { api_app_id: _, ...rest } = origin(parts) as Record<string, unknown>;
  return {
    type: 'shortcut',
    ...rest,
    callback_id: parts.callback ?? 'runbook.link',
    trigger_id: '944799105734.773906753841.38b5894552bdd4a780554ee59d1f3638',
    action_ts: '1581106241.371594',
  };
}
