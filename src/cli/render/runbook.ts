import type { JsonObject } from '../../base/json.ts';
import { sanitizeLine } from '../../base/sanitize.ts';
import type { HoleLimits } from '../../runbook/holes/hole.ts';
import { describeLimits } from '../../runbook/holes/limits.ts';
import type { PlannedStep } from '../../runbook/plan.ts';
import type { Param, Runbook } from '../../runbook/runbook.ts';
import type { Style } from './style.ts';
import { type Cell, renderTable } from './table.ts';

/** A runbook as its file tells it: what `show` prints. */
export function renderRunbook(runbook: Runbook, file: string, { paint, columns }: Style): string {
  const steps = [...runbook.preconditions, ...runbook.steps, ...runbook.finally];
  const params = Object.entries(runbook.params).map(([name, param]): Cell[] => [
    { text: `  ${name}`, paint: paint.strong },
    { text: describeParam(param) },
  ]);
  const about = runbook.description === null ? [] : [[{ text: sanitizeLine(runbook.description) }]];
  return [
    `${paint.strong(runbook.name)}  ${paint.quiet(file)}\n`,
    renderTable(about, columns),
    ...(params.length === 0 ? [] : ['\nParameters\n', renderTable(params, columns)]),
    runbook.approvals === 'together'
      ? '\nSteps, approved together before anything runs\n'
      : '\nSteps\n',
    renderTable(
      steps.map((step) => stepRow(step, { paint, columns })),
      columns,
    ),
  ].join('');
}

/** `string, required, one of a, b`. */
export function describeParam(param: Param): string {
  const facts = [
    param.type,
    param.secret ? 'secret' : '',
    param.default === null
      ? param.required
        ? 'required'
        : 'optional'
      : `default ${param.default}`,
    describeLimits(param),
  ];
  const line = facts.filter((fact) => fact !== '').join(', ');
  return param.description === null ? line : `${sanitizeLine(param.description)} (${line})`;
}

function stepRow(step: PlannedStep, { paint }: Style): Cell[] {
  const mark: Cell = step.privileged
    ? { text: '  ◆', paint: paint.careful }
    : { text: '  ●', paint: paint.accent };
  const facts = [
    step.name === null ? '' : sanitizeLine(step.name),
    step.privileged ? 'privileged' : '',
    step.action.kind === 'manual' ? 'done by a person' : '',
    step.list === 'steps' ? '' : step.list,
    step.if === null ? '' : `if ${sanitizeLine(step.if)}`,
    ...Object.entries(step.outputs).flatMap(([name, { limits }]) =>
      limits === undefined ? [] : `gives ${name}: ${describeLimits(limits) || limits.type}`,
    ),
  ];
  return [
    mark,
    { text: step.id, paint: paint.strong },
    { text: facts.filter((it) => it !== '').join(', ') },
  ];
}

/** What the step says its outputs may be, as JSON Schemas; the others may be anything. */
export function outputsSchema({ outputs }: PlannedStep): JsonObject {
  return Object.fromEntries(
    Object.entries(outputs).map(([name, { limits }]) => [
      name,
      limits === undefined ? {} : schemaOf({ ...limits, ...undescribed }),
    ]),
  );
}

const undescribed = { description: null, default: null, required: true, secret: false };

/** The parameters as a JSON Schema (2020-12). */
export function paramsSchema({ params }: Runbook): JsonObject {
  const required = Object.entries(params).filter(
    ([, param]) => param.required && param.default === null,
  );
  return {
    type: 'object',
    properties: Object.fromEntries(
      Object.entries(params).map(([name, param]) => [name, schemaOf(param)]),
    ),
    required: required.map(([name]) => name),
    additionalProperties: false,
  };
}

function schemaOf(param: Omit<Param, 'enum'> & Pick<HoleLimits, 'enum'>): JsonObject {
  const [least, most] =
    param.type === 'string' ? ['minLength', 'maxLength'] : ['minimum', 'maximum'];
  return {
    type: param.type,
    ...(param.description === null ? {} : { description: param.description }),
    ...(param.default === null ? {} : { default: param.default }),
    ...(param.enum === null ? {} : { enum: param.enum }),
    ...(param.pattern === null ? {} : { pattern: param.pattern }),
    ...(param.min === null ? {} : { [least ?? '']: param.min }),
    ...(param.max === null ? {} : { [most ?? '']: param.max }),
    ...(param.secret ? { writeOnly: true } : {}),
  };
}
