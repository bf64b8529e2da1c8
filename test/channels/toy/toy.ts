import { createHmac, timingSafeEqual } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import * as v from 'valibot';
import { layoutCard } from '../../../src/approval/card/card.ts';
import type { Sha256 } from '../../../src/base/ids.ts';
import { loadSecret, type SecretSource, secretSource } from '../../../src/base/secret-source.ts';
import { object } from '../../../src/base/yaml-collections.ts';
import { text } from '../../../src/base/yaml-scalars.ts';
import { checkDocument } from '../../../src/base/yaml-schema.ts';
import type { Front, HttpEntrance, Reception } from '../../../src/channels/channel.ts';
import type { ChannelKind, ReceptionDeps } from '../../../src/channels/channel-kind.ts';

/**
 * All that a channel is, in one file: a wall (a file) on which the titles of open requests hang, and an
 * address at which a bell is rung, signed with the bell's own secret, by people who are known by address.
 */
export const toy: ChannelKind = {
  name: 'toy',
  read(section) {
    const settings = checkDocument(toyFile, section);
    return { attests: { by: ['email'] }, open: (deps) => openToy(settings, deps) };
  },
};

const toyFile = object({ wall: text(), secret: secretSource() });

interface ToySettings {
  readonly wall: string;
  readonly secret: SecretSource;
}

function openToy({ wall, secret }: ToySettings, { env }: ReceptionDeps): Reception {
  let attended: Front | null = null;
  return {
    name: 'toy',
    http: ringing(() => ({ front: attended, secret: loadSecret(secret, env) })),
    async attend(front, signal) {
      attended = front;
      // What hangs there follows the journal alone, so that a restart is no case of its own.
      for (let size = 0; !signal.aborted; size = await front.grown(size, signal)) {
        await hang(front, wall);
      }
      attended = null;
    },
    tell: (front) => hang(front, wall),
    health: () => ({ ok: true, message: `hangs on ${wall}`, backlog: 0 }),
    examine: async () => [],
  };
}

async function hang(front: Front, wall: string): Promise<void> {
  const nowMs = front.clock.now().wallMs;
  const open = await Promise.all((await front.open()).map((request) => front.look(request)));
  const lines = open.map((it) => `${it.hash} ${layoutCard({ ...it, nowMs }).title}\n`);
  writeFileSync(wall, lines.join(''));
}

const ring = v.strictObject({
  id: v.string(),
  request: v.string(),
  decision: v.picklist(['approve', 'reject']),
  ringer: v.string(),
  address: v.string(),
});

/** Who rings is proven by the bell's secret over the body; it only hears, and the engine judges. */
function ringing(
  now: () => { readonly front: Front | null; readonly secret: string },
): HttpEntrance {
  const answer = (status: number, body: string) => ({ status, body, contentType: 'text/plain' });
  return {
    path: '/toy/bell',
    async handle({ headers, body }) {
      const { front, secret } = now();
      const proof = createHmac('sha256', secret).update(body).digest();
      const given = Buffer.from(headers['x-bell'] ?? '', 'hex');
      if (front === null || given.length !== proof.length || !timingSafeEqual(given, proof)) {
        return answer(401, 'not our bell');
      }
      const { id, request, decision, ringer, address } = v.parse(ring, JSON.parse(String(body)));
      const { accepted, message } = await front.attest({
        request: request as Sha256,
        decision,
        reason: null,
        identity: `toy:${ringer}`,
        matchedBy: `email:${address}`,
        event: id,
        raw: body,
      });
      return answer(accepted ? 200 : 403, message);
    },
  };
}
