import { UsageError } from '../../base/errors.ts';
import { closest } from '../../base/suggest.ts';
import type { Engine } from '../engine.ts';
import type { EntryFilter } from './entry-filter.ts';

/** So many runs are looked through for the names of their runbooks and environments. */
const runsLookedAt = 10_000;

/**
 * Nothing fitted: where that is because a name is nobody's, says so, and whose was probably meant. Throws
 * UsageError `person_unknown`, `runbook_unknown`, `environment_unknown`.
 */
export async function refuseUnknown(engine: Engine, filter: EntryFilter): Promise<void> {
  const { person, runbook, environment } = filter;
  const { people, config } = engine.trusted();
  const runs = await engine.store.listRuns({ limit: runsLookedAt });
  const isIdentity = person?.includes(':') ?? false;
  if (!isIdentity) {
    refuse(
      'person',
      person,
      people.value.people.map(({ name }) => name),
    );
  }
  refuse(
    'runbook',
    runbook,
    runs.map((run) => run.runbook),
  );
  refuse('environment', environment, [
    ...Object.keys(config.value.environments),
    ...runs.map((run) => run.environment),
  ]);
}

function refuse(
  what: 'person' | 'runbook' | 'environment',
  name: string | undefined,
  known: readonly string[],
): void {
  if (name === undefined || known.includes(name)) {
    return;
  }
  const near = closest(name, new Set(known));
  const messages = {
    person: `nobody is called \`${name}\`, now or in any entry`,
    runbook: `no run was of a runbook \`${name}\``,
    environment: `no run was in an environment \`${name}\``,
  };
  throw new UsageError({
    code: `${what}_unknown`,
    message: messages[what],
    hint:
      near === null
        ? 'without this filter, the entries show the names'
        : `did you mean \`${near}\`?`,
  });
}
