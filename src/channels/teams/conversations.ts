import * as v from 'valibot';
import type { Notes } from '../channel.ts';
import { globalService } from './api/service-url.ts';
import type { Conversation } from './api/teams-api.ts';
import { type TeamsSettings, writtenConversation } from './settings.ts';

/** A chat or a channel into which somebody of an allowed tenant installed the app. */
export interface Installed extends Conversation {
  /** For people to recognise; whoever made the team chose it. */
  readonly name: string;
  readonly at: string;
  /** Of one person and the app alone. */
  readonly personal: boolean;
}

const schema = v.object({
  service_url: v.string(),
  conversation: v.string(),
  name: v.string(),
  at: v.string(),
  personal: v.boolean(),
});

const prefix = 'conversation/';

/** More are not remembered: nobody needs them. */
const most = 200;

/** Every installation that still holds, the first one first. */
export async function listInstalled(notes: Pick<Notes, 'list'>): Promise<readonly Installed[]> {
  return (await notes.list())
    .flatMap(({ key, value }) => (key.startsWith(prefix) ? parse(value) : []))
    .sort((one, other) => (one.at < other.at ? -1 : 1));
}

/** Remembers an installation. One that is known keeps its time, and takes a new address of its service. */
export async function rememberInstalled(notes: Notes, installed: Installed): Promise<void> {
  const known = await listInstalled(notes);
  const before = known.find(({ conversation }) => conversation === installed.conversation);
  if (before !== undefined || known.length < most) {
    const value = JSON.stringify({ ...installed, at: before?.at ?? installed.at });
    await notes.put(prefix + installed.conversation, value);
  }
}

export async function forgetInstalled(notes: Notes, conversation: string): Promise<void> {
  await notes.put(prefix + conversation, null);
}

/**
 * Where cards of this environment go: as it is written, else the team or group chat into which the app was
 * installed first, so that whoever installs it later, or for themselves, does not get them; null where there
 * is none. The service is the one that the installation named.
 */
export async function conversationFor(
  settings: Pick<TeamsSettings, 'routes' | 'conversation' | 'microsoft'>,
  notes: Pick<Notes, 'list'>,
  environment: string,
): Promise<Conversation | null> {
  const written = writtenConversation(settings, environment);
  const installed = await listInstalled(notes);
  if (written === null) {
    return installed.find(({ personal }) => !personal) ?? null;
  }
  return (
    installed.find(({ conversation }) => conversation === written) ?? {
      service_url: settings.microsoft.serviceUrl ?? globalService,
      conversation: written,
    }
  );
}

function parse(text: string): readonly Installed[] {
  try {
    const result = v.safeParse(schema, JSON.parse(text));
    return result.success ? [result.output] : [];
  } catch {
    return [];
  }
}
