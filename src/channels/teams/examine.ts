import { bad, good, refusedBy } from '../cards/check.ts';
import type { Check, Front } from '../channel.ts';
import type { TeamsApi } from './api/teams-api.ts';
import { conversationFor, listInstalled } from './conversations.ts';
import { explainTeamsCode } from './explain.ts';
import type { TeamsSettings } from './settings.ts';

export interface ExamineInput {
  readonly settings: TeamsSettings;
  /** Throws ConfigError where the secret is not to be had. */
  readonly openApi: () => TeamsApi;
  /** Where the app was installed is noted behind it; null where this process does not receive. */
  readonly front: Front | null;
}

/** Everything that must be in place on both sides, a check each; after one that fails the rest still speaks. */
export async function examineTeams(input: ExamineInput): Promise<readonly Check[]> {
  const { check, api } = await examineSecret(input);
  return [
    check,
    ...(await examineConversations(input, api)),
    ...(input.front === null
      ? []
      : [await examineInstalled(input.front), examineEndpoint(input.front)]),
    examineClicks(input.settings),
  ];
}

const refused = refusedBy('Microsoft', explainTeamsCode);

async function examineSecret({
  settings,
  openApi,
}: ExamineInput): Promise<{ readonly check: Check; readonly api: TeamsApi | null }> {
  const name = 'Teams: client secret';
  try {
    const api = openApi();
    await api.authenticate();
    return { check: good(name, `Microsoft gives app ${settings.appId} a token`), api };
  } catch (error) {
    return { check: refused(name, error), api: null };
  }
}

/** Each place once that a card may go to. Without a front only those are known that are written. */
async function examineConversations(
  { settings, front }: ExamineInput,
  api: TeamsApi | null,
): Promise<readonly Check[]> {
  const environments = [...settings.routes.map(({ environment }) => environment), null];
  const places = await Promise.all(
    environments.map((environment) => placeFor({ settings, front }, environment)),
  );
  const known = new Map(
    places.flatMap((place) => (place === null ? [] : [[place.conversation, place]])),
  );
  const missing = places.includes(null) && front !== null;
  return [
    ...(missing
      ? [
          bad(
            'Teams: conversation',
            'cards have nowhere to go',
            explainTeamsCode('no_conversation'),
          ),
        ]
      : []),
    ...(api === null
      ? []
      : await Promise.all([...known.values()].map((place) => look(api, place)))),
  ];
}

async function placeFor(
  { settings, front }: Pick<ExamineInput, 'settings' | 'front'>,
  environment: string | null,
) {
  const notes = front?.notes ?? { list: async () => [] };
  return conversationFor(settings, notes, environment ?? '');
}

async function look(
  api: TeamsApi,
  place: NonNullable<Awaited<ReturnType<typeof placeFor>>>,
): Promise<Check> {
  const name = `Teams: conversation ${place.conversation}`;
  try {
    await api.look(place);
    return good(name, 'the app is in it');
  } catch (error) {
    return refused(name, error);
  }
}

/** Their ids are found nowhere else as easily. */
async function examineInstalled({ notes }: Front): Promise<Check> {
  const all = (await listInstalled(notes)).map(({ conversation, name, personal }) => {
    const where = personal ? 'one person' : name === '' ? 'a chat' : `team ${name}`;
    return `${conversation} (${where})`;
  });
  const shown = all.slice(0, 10).join(', ');
  return good(
    'Teams: installed in',
    all.length === 0 ? 'nothing, as far as Teams has told us' : shown,
  );
}

function examineEndpoint({ url }: Front): Check {
  const name = 'Teams: messaging endpoint';
  const endpoint = `${url ?? ''}/teams/messages`;
  return url?.startsWith('https://') === true
    ? good(name, `the Azure Bot must have ${endpoint}; Microsoft does not say whether it has`)
    : bad(
        name,
        'Teams calls none but https addresses',
        'write `serve.url` in config.yaml, with the https address under which Microsoft reaches this server',
      );
}

function examineClicks({ buttons, microsoft }: TeamsSettings): Check {
  const name = 'Teams: clicks';
  if (microsoft.serviceUrl !== null) {
    return bad(
      name,
      'a counterpart for tests is in the place of Microsoft',
      'take `test` out of `channels.teams`',
    );
  }
  return good(
    name,
    buttons === 'off'
      ? 'not wanted: cards have no buttons'
      : 'received through `runbook serve` alone',
  );
}
