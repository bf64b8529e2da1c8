import { checkExpression, parseExpression } from '../../base/expression.ts';
import { comparisonsIn, type Reference, referencesIn } from '../../base/expression-tree.ts';
import { ExpressionError } from '../../base/expression-value.ts';
import { closest } from '../../base/suggest.ts';
import { suggestion } from '../../base/yaml-schema.ts';
import { isSecretPath, type Names, shapesFor } from '../names.ts';
import { stepStatuses } from '../step-status.ts';
import { bareExpression, type Hole, parseTemplate } from '../template.ts';
import type { Flaw, Site } from './site.ts';

/** Everything wrong with the expressions of a text, with offsets in it. */
export function checkSite(site: Site, names: () => Names): readonly Flaw[] {
  const holes = holesOf(site);
  return 'message' in holes
    ? [holes]
    : holes.flatMap((hole) => {
        const flaw = checkHole(hole, site, names());
        return flaw === null ? [] : [{ ...flaw, offset: hole.offset + (flaw.offset ?? 0) }];
      });
}

function holesOf({ where, text }: Site): readonly Hole[] | Flaw {
  if (where === 'if' || where === 'that' || where === 'output') {
    return [bareExpression(text)];
  }
  const template = parseTemplate(text);
  return 'message' in template ? template : template.filter((it) => typeof it === 'object');
}

function checkHole({ expression }: Hole, site: Site, names: Names): Flaw | null {
  const expects = site.where === 'if' || site.where === 'that' ? 'bool' : undefined;
  try {
    const tree = parseExpression(expression);
    const references = referencesIn(tree);
    return (
      laterStep(references, names) ??
      undeclaredOutput(references, names) ??
      checkExpression(expression, shapesFor(site, names), expects) ??
      unknownStatus(comparisonsIn(tree)) ??
      misplacedSecret(references, site, names)
    );
  } catch (error) {
    if (error instanceof ExpressionError) {
      return { message: error.message, hint: error.hint, offset: error.offset };
    }
    throw error;
  }
}

/** A step that exists but has not run yet when this is read. */
function laterStep(references: readonly Reference[], names: Names): Flaw | null {
  const found = references.find(
    ({ path: [root, id = ''] }) => root === 'steps' && names.later.includes(id),
  );
  return found === undefined
    ? null
    : {
        message: `step \`${found.path[1] ?? ''}\` has not run yet here`,
        hint: 'order is list order: only steps above this one have results',
        offset: found.offsets[1] ?? 0,
      };
}

/** What a step writes to $RUNBOOK_OUTPUT counts only where it is declared: a typo must not wait for the run. */
function undeclaredOutput(references: readonly Reference[], names: Names): Flaw | null {
  for (const { path, offsets } of references) {
    const [root, id = '', field, output] = path;
    const declared = root === 'steps' && field === 'outputs' ? names.steps[id] : undefined;
    if (declared === undefined || output === undefined || Object.hasOwn(declared, output)) {
      continue;
    }
    const near = suggestion(closest(output, Object.keys(declared)));
    return {
      message: `step \`${id}\` declares no output \`${output}\``,
      hint:
        near ??
        `declare it there: \`outputs: { ${output}: {} }\` is what it writes to $RUNBOOK_OUTPUT`,
      offset: offsets[3] ?? 0,
    };
  }
  return null;
}

function unknownStatus(comparisons: ReturnType<typeof comparisonsIn>): Flaw | null {
  const found = comparisons.find(
    ({ path, literal }) =>
      path[0] === 'steps' &&
      path[2] === 'status' &&
      path.length === 3 &&
      !stepStatuses.some((status) => status === literal),
  );
  if (found === undefined) {
    return null;
  }
  const hint = suggestion(closest(found.literal, stepStatuses));
  return {
    message: `\`${found.literal}\` is not a status of a step`,
    hint: hint ?? `known here: ${stepStatuses.join(', ')}`,
    offset: found.offset,
  };
}

/** Where a secret's value may go: what only the program or the server sees, never what others can list. */
const mayHoldSecrets: ReadonlySet<Site['where']> = new Set(['env', 'header', 'body']);

function misplacedSecret(references: readonly Reference[], site: Site, names: Names): Flaw | null {
  for (const { path, offsets, use } of references) {
    const name = path.join('.');
    if (!isSecretPath(path, names) || use === 'presence') {
      continue;
    }
    if (!mayHoldSecrets.has(site.where)) {
      const hint = 'a secret may stand in `env`, and in the headers and the body of `http`';
      return {
        message: `the secret \`${name}\` must not stand here`,
        hint,
        offset: offsets[0] ?? 0,
      };
    }
    if (use === 'operand') {
      const hint = `write \`\${{ ${name} }}\` on its own, with the rest of the text around it`;
      return {
        message: `the secret \`${name}\` can only be passed on`,
        hint,
        offset: offsets[0] ?? 0,
      };
    }
  }
  return null;
}
