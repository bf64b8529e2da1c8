import { either, list, object, record } from '../../base/yaml-collections.ts';
import { boolean, oneOf, text } from '../../base/yaml-scalars.ts';
import { anything, type Checked, invalid, optional, refine } from '../../base/yaml-schema.ts';

/** What stands before policy in a case. What is left out is as harmless as can be. */
export type Given = Checked<typeof givenFile>;

const environmentMap = object({
  name: text(),
  protected: optional(boolean(), false),
  vars: optional(record(anything()), {}),
});

const environmentFile = either(
  {
    scalar: refine(text(), (name) => ({ name, protected: false, vars: {} })),
    map: environmentMap,
  },
  'an environment such as `prod` or `{ name: prod, protected: true }`',
);

const runbookFile = object({
  name: optional(text(), 'runbook'),
  trusted: optional(boolean(), true),
});

const stepFile = object({
  id: optional(text(), 'step'),
  name: optional(text()),
  tags: optional(list(text()), []),
  privileged: optional(boolean(), false),
  kind: optional(oneOf('run', 'exec', 'http'), 'run'),
});

const initiatorFile = refine(
  object({
    person: optional(text()),
    agent: optional(text()),
    ci: optional(text()),
    actor: optional(text()),
    resumed_by: optional(list(text()), []),
  }),
  (who, node, place) => {
    if (who.person === null && who.agent === null && who.ci === null) {
      place.report(node.at, '`initiator` needs a `person`, an `agent` or a `ci` job');
      return invalid;
    }
    if (who.actor !== null && who.ci === null) {
      place.report(node.at, '`actor` is who set off a job: write `ci` beside it');
      return invalid;
    }
    return who;
  },
);

const timeFile = refine(text(), (time, node, place) => {
  const ms = Date.parse(time);
  if (/^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?(Z|[+-]\d\d:\d\d)$/.test(time) && !Number.isNaN(ms)) {
    return ms;
  }
  place.report(node.at, `\`${place.name}\` must be a time such as \`2026-03-02T10:00:00Z\``);
  return invalid;
});

/** A Monday, at noon in London. */
const someMonday = Date.parse('2026-01-05T12:00:00Z');

export const givenFile = object({
  environment: optional(environmentFile, { name: 'local', protected: false, vars: {} }),
  runbook: optional(runbookFile, { name: 'runbook', trusted: true }),
  step: stepFile,
  params: optional(record(anything()), {}),
  reason: optional(text()),
  ticket: optional(text()),
  initiator: initiatorFile,
  at: optional(timeFile, someMonday),
  lists: optional(record(list(text())), {}),
  /** Addresses of whoever wrote the step; left out, git cannot say. */
  authors: optional(list(text())),
  approved_before: optional(list(text()), []),
  overrides: optional(list(text()), []),
  break_glass: optional(text()),
  grant: optional(text()),
});
