import { newNonce } from '../../src/base/ids.ts';
import { decideByLogin } from '../../src/engine/decision/decide-by-login.ts';
import type { DecisionReport } from '../../src/engine/reports.ts';
import type { OwnDecision, Service } from '../../src/engine/service.ts';
import type { Store } from '../../src/store/store.ts';
import { issueToken, openServed } from './click.ts';
import { client, type IdSigner, idSigner, issuer, loginFor } from './id-token.ts';
import type { Scene, SceneOptions } from './scene.ts';

/** A served scene in which people have accounts with an issuer (`ISSUER#robin`), and sessions of the page. */
export interface LoginScene extends Scene {
  /** What the issuer signs with. */
  readonly signer: IdSigner;
  /** What the page works with for whoever is logged in. */
  as(person: Person): Service;
  /** What they would decide about the open request: by its name, as they saw it. */
  own(changes?: Partial<OwnDecision>): Promise<OwnDecision>;
  /** Shown the open request, they log in anew for what they decide. */
  login(person: Person, changes?: Partial<OwnDecision>, store?: Store): Promise<DecisionReport>;
  /** Records keys of the issuer. */
  nameKeys(...signers: readonly IdSigner[]): Promise<void>;
}

type Person = 'ana' | 'robin' | 'kim';

/** Ids of their sessions. */
export const sessions: Readonly<Record<Person, string>> = {
  ana: 'd3d3d3d3d3d3d3d3',
  robin: 'b1b1b1b1b1b1b1b1',
  kim: 'c2c2c2c2c2c2c2c2',
};

/** Login at `config.yaml`, as far as the engine looks at it. */
const configured = `
login:
  - { issuer: "${issuer}", client: ${client} }
`;

/** As `openServed`; people have accounts with the issuer instead of in Slack. */
export async function openLoginScene(options: Partial<SceneOptions> = {}): Promise<LoginScene> {
  const scene = openServed({ ...options, config: `${configured}${options.config ?? ''}` });
  for (const person of ['ana', 'robin', 'kim'] as const) {
    scene.trusted.people = scene.trusted.people.replace(
      `slack: [T0TEAM/U0${person.toUpperCase()}]`,
      `oidc: ["${issuer}#${person}"]`,
    );
  }
  const signer = await idSigner('ES256');
  const as = (person: Person): Service =>
    scene.service(undefined, { token: sessions[person], holder: { kind: 'person', id: person } });
  const own = async (changes: Partial<OwnDecision> = {}): Promise<OwnDecision> => {
    const { hash, content } = await scene.open();
    return { request: content.id, hash, decision: 'approve', reason: null, ...changes };
  };
  const nameKeys = async (...signers: readonly IdSigner[]): Promise<void> => {
    const keys = signers.map(({ key }) => key);
    await scene.engine().store.commit({
      run: null,
      expectedVersion: null,
      commandId: newNonce(),
      events: [{ type: 'issuer.keys', data: { issuer, client, keys } }],
    });
  };
  return {
    ...scene,
    signer,
    as,
    own,
    nameKeys,
    exec: async (given) => {
      for (const person of ['ana', 'robin', 'kim'] as const) {
        const holder = { kind: 'person', id: person } as const;
        await issueToken(scene, { token: sessions[person], holder, scopes: ['read', 'decide'] });
      }
      await nameKeys(signer);
      return scene.exec(given);
    },
    login: async (person, changes, store) => {
      const statement = await as(person).prepareDecision(await own(changes));
      const login = await loginFor(signer, statement, person);
      return decideByLogin(scene.engine(store), { statement, login }, 'web');
    },
  };
}
