import type * as appModule from '../app.ts';
import type { ServerSettings } from '../client/settings.ts';
import type { PolicyTools } from '../engine/policy/tools.ts';
import type { Service } from '../engine/service.ts';
import type { LoadApp } from './cli.ts';
import type { Io } from './io.ts';
import type { Settings } from './settings.ts';

/** Where a command's work is done: by the engine in this process, or by a server. */
export interface Services {
  /** The server that this command goes to; null: this machine's own journal. */
  server(): Promise<ServerSettings | null>;
  /**
   * The engine, here or of the server; opened once, closed when the command is done. `terminal`: a run
   * that waits here may talk to it.
   */
  openService(terminal?: boolean): Promise<Service>;
  /** The engine in this process, whatever is configured. */
  openLocalService(terminal?: boolean): Promise<Service>;
  /** What helps to write rules, over the files of this machine. */
  openPolicyTools(): Promise<PolicyTools>;
}

export interface ServicesInput {
  readonly io: Io;
  readonly settings: Settings;
  readonly loadApp: LoadApp;
  readonly surroundings: (terminal: boolean) => appModule.Surroundings;
}

/** Nothing is looked for, loaded or opened before somebody asks. */
export function openServices({
  io,
  settings,
  loadApp,
  surroundings,
}: ServicesInput): Services & { close(): Promise<void> } {
  let app: appModule.App | null = null;
  let server: Promise<ServerSettings | null> | null = null;
  let remote: Promise<Service> | null = null;
  const services: Services = {
    server() {
      server ??= import('./find-server.ts').then(({ findServer }) => findServer(io, settings));
      return server;
    },
    async openService(terminal = false) {
      const found = await services.server();
      if (found === null) {
        return services.openLocalService(terminal);
      }
      remote ??= import('./open-remote.ts').then(({ openRemote }) => openRemote(io, found));
      return remote;
    },
    async openLocalService(terminal = false) {
      app ??= (await loadApp()).openApp(surroundings(terminal));
      return app.service;
    },
    async openPolicyTools() {
      app ??= (await loadApp()).openApp(surroundings(false));
      return app.policyTools;
    },
  };
  return {
    ...services,
    async close() {
      await app?.close();
    },
  };
}
