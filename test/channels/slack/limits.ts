/**
 * Block Kit as Slack publishes it (docs.slack.dev, reference/block-kit), as far as runbook uses it, and
 * narrower where data could do harm: no mrkdwn, no link, no broadcast, no emoji, no field that is not known.
 * Slack's own check cannot be had offline, and emulators make none.
 */

type Problems = string[];
type Check = (value: unknown, at: string, problems: Problems) => void;

/** What Slack, or we, would have against a message. */
export function problemsOfMessage(message: {
  readonly text?: unknown;
  readonly blocks?: unknown;
}): readonly string[] {
  const problems: Problems = [];
  escaped(1, 4000)(message.text, 'text', problems);
  // This one text is mrkdwn: nothing in it may read as a style, an emoji or a name.
  if (/[*~`@#]|:[^\s:]+:/.test(String(message.text))) {
    problems.push(`text: markup: ${String(message.text).slice(0, 60)}`);
  }
  if (message.blocks !== undefined) {
    many(1, 50, block)(message.blocks, 'blocks', problems);
    const size = JSON.stringify(message.blocks).length;
    if (size > 13_200) {
      problems.push(`blocks: ${size} characters in all, more than 13,200`);
    }
  }
  return problems;
}

/** The same of a modal. */
export function problemsOfView(view: unknown): readonly string[] {
  const problems: Problems = [];
  object({
    type: exactly('modal'),
    title: plain(24),
    submit: maybe(plain(24)),
    close: maybe(plain(24)),
    callback_id: maybe(short(255)),
    private_metadata: maybe(short(3000)),
    blocks: many(1, 100, block),
  })(view, 'view', problems);
  return problems;
}

function block(value: unknown, at: string, problems: Problems): void {
  const type = field(value, 'type');
  const check = typeof type === 'string' ? blocks[type] : undefined;
  if (check === undefined) {
    problems.push(`${at}: no block of type ${String(type)}`);
  } else {
    check(value, at, problems);
  }
}

const any: Check = () => undefined;

function exactly(...values: readonly unknown[]): Check {
  return (value, at, problems) => {
    if (!values.includes(value)) {
      problems.push(`${at}: ${JSON.stringify(value)} is not ${JSON.stringify(values)}`);
    }
  };
}

function short(max: number, min = 1): Check {
  return (value, at, problems) => {
    if (typeof value !== 'string' || value.length < min || value.length > max) {
      problems.push(`${at}: not a text of ${min} to ${max} characters`);
    } else if (/\p{Surrogate}/u.test(value)) {
      problems.push(`${at}: half a character`);
    }
  };
}

/** A text that Slack parses: whatever it could take for markup must be an entity. */
function escaped(min: number, max: number): Check {
  return (value, at, problems) => {
    short(max, min)(value, at, problems);
    if (typeof value === 'string' && /[<>]|&(?!(amp|lt|gt);)/.test(value)) {
      problems.push(`${at}: not escaped: ${value.slice(0, 60)}`);
    }
  };
}

function plain(max: number): Check {
  return object({ type: exactly('plain_text'), text: escaped(1, max), emoji: exactly(false) });
}

function maybe(check: Check): Check {
  return (value, at, problems) => {
    if (value !== undefined) {
      check(value, at, problems);
    }
  };
}

function many(min: number, max: number, item: Check): Check {
  return (value, at, problems) => {
    if (!Array.isArray(value) || value.length < min || value.length > max) {
      problems.push(`${at}: not a list of ${min} to ${max}`);
      return;
    }
    value.forEach((it, index) => item(it, `${at}[${index}]`, problems));
  };
}

function object(fields: Readonly<Record<string, Check>>): Check {
  return (value, at, problems) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      problems.push(`${at}: not an object`);
      return;
    }
    const unknown = Object.keys(value).filter((it) => !(it in fields));
    problems.push(...unknown.map((it) => `${at}: unknown field ${it}`));
    Object.entries(fields).forEach(([name, check]) =>
      check(field(value, name), `${at}.${name}`, problems),
    );
  };
}

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null
    ? Object.entries(value).find(([key]) => key === name)?.[1]
    : undefined;
}

const style = object({ bold: maybe(exactly(true)), code: maybe(exactly(true)) });

const leaf: Check = (value, at, problems) => {
  switch (field(value, 'type')) {
    case 'text':
      object({ type: any, text: short(3000), style: maybe(style) })(value, at, problems);
      break;
    case 'user':
      object({ type: any, user_id: matches(/^[UW][A-Z0-9]+$/) })(value, at, problems);
      break;
    case 'date':
      object({ type: any, timestamp: wholeNumber, format: short(200), fallback: escaped(1, 200) })(
        value,
        at,
        problems,
      );
      break;
    default:
      problems.push(`${at}: no element of type ${String(field(value, 'type'))}`);
  }
};

function matches(pattern: RegExp): Check {
  return (value, at, problems) => {
    if (typeof value !== 'string' || !pattern.test(value)) {
      problems.push(`${at}: ${JSON.stringify(value)} does not match ${String(pattern)}`);
    }
  };
}

const wholeNumber: Check = (value, at, problems) => {
  if (!Number.isSafeInteger(value)) {
    problems.push(`${at}: not a whole number`);
  }
};

const line = object({ type: exactly('rich_text_section'), elements: many(1, 1000, leaf) });

const richPart: Check = (value, at, problems) => {
  switch (field(value, 'type')) {
    case 'rich_text_list':
      object({ type: any, style: exactly('bullet'), elements: many(1, 1000, line) })(
        value,
        at,
        problems,
      );
      break;
    case 'rich_text_preformatted':
      object({ type: any, elements: many(1, 1000, leaf) })(value, at, problems);
      break;
    default:
      line(value, at, problems);
  }
};

const confirm = object({
  title: plain(100),
  text: plain(300),
  confirm: plain(30),
  deny: plain(30),
});

const button = object({
  type: exactly('button'),
  text: plain(75),
  action_id: short(255),
  value: maybe(short(2000)),
  url: maybe(matches(/^https?:\/\/[\x21-\x7e]{1,2980}$/)),
  style: maybe(exactly('primary', 'danger')),
  confirm: maybe(confirm),
});

const section: Check = (value, at, problems) => {
  object({
    type: any,
    text: maybe(plain(3000)),
    fields: maybe(many(1, 10, plain(2000))),
    accessory: maybe(button),
    block_id: maybe(short(255)),
  })(value, at, problems);
  if (field(value, 'text') === undefined && field(value, 'fields') === undefined) {
    problems.push(`${at}: neither text nor fields`);
  }
};

const input = object({
  type: any,
  block_id: short(255),
  label: plain(2000),
  hint: maybe(plain(2000)),
  optional: maybe(exactly(true, false)),
  element: object({
    type: exactly('plain_text_input'),
    action_id: short(255),
    multiline: maybe(exactly(true, false)),
    min_length: maybe(wholeNumber),
    max_length: maybe(wholeNumber),
    placeholder: maybe(plain(150)),
    focus_on_load: maybe(exactly(true, false)),
  }),
});

const blocks: Readonly<Record<string, Check>> = {
  header: object({ type: any, text: plain(150) }),
  divider: object({ type: any }),
  context: object({ type: any, elements: many(1, 10, plain(2000)) }),
  actions: object({ type: any, elements: many(1, 25, button), block_id: maybe(short(255)) }),
  rich_text: object({ type: any, elements: many(1, 1000, richPart) }),
  section,
  input,
};
