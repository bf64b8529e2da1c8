/** The few styles the CLI uses, by meaning. Without colour each returns its text. */
export interface Paint {
  readonly strong: Brush;
  readonly quiet: Brush;
  readonly good: Brush;
  readonly bad: Brush;
  readonly careful: Brush;
  readonly accent: Brush;
}

export type Brush = (text: string) => string;

const plain: Brush = (text) => text;

export const plainPaint: Paint = {
  strong: plain,
  quiet: plain,
  good: plain,
  bad: plain,
  careful: plain,
  accent: plain,
};

/** chalk is loaded only where something will be painted. */
export async function loadPaint(colour: boolean): Promise<Paint> {
  if (!colour) {
    return plainPaint;
  }
  const { Chalk } = await import('chalk');
  // Level 1: the terminal's own sixteen colours, which its owner has chosen to be legible.
  const chalk = new Chalk({ level: 1 });
  return {
    strong: chalk.bold,
    quiet: chalk.dim,
    good: chalk.green,
    bad: chalk.red,
    careful: chalk.yellow,
    accent: chalk.cyan,
  };
}
