/** The table that is printed: Markdown, one line a question, filled as the answers come. */

/** What is asked of a figure. */
export interface Target {
  readonly atLeast?: number;
  readonly atMost?: number;
}

export interface Row {
  readonly question: string;
  /** What this store did, with its unit. */
  readonly ours: string;
  /** What it is compared with, with its name and unit. */
  readonly against: string;
  /** The figure that the target is about, as a number and with its unit. */
  readonly figure: number;
  readonly unit: string;
  readonly target?: Target;
}

const WIDTHS = [42, 9, 50, 9, 9, 10];

export function header(): string {
  const titles = cells(['question', 'htkv', 'against', 'figure', 'target', '']);
  return `${titles}\n${cells(['-', '-', '-', '-', '-', '-'].map((dash, index) => dash.repeat(WIDTHS[index]!)))}`;
}

export function line({ question, ours, against, figure, unit, target }: Row): string {
  const sign = target?.atMost === undefined ? '>=' : '<=';
  const wanted = target === undefined ? '' : `${sign} ${target.atLeast ?? target.atMost} ${unit}`;
  return cells([question, ours, against, `${rounded(figure)} ${unit}`, wanted, verdict(figure, target)]);
}

/** An amount of operations per second, with the unit that suits it. */
export function rate(perSecond: number): string {
  if (perSecond >= 1e6) return `${(perSecond / 1e6).toFixed(2)} M/s`;
  return perSecond >= 1e4 ? `${(perSecond / 1e3).toFixed(0)} k/s` : `${perSecond.toFixed(0)} /s`;
}

function verdict(figure: number, target: Target | undefined): string {
  if (target?.atLeast !== undefined && figure < target.atLeast) {
    return `${Math.ceil((1 - figure / target.atLeast) * 100)} % short`;
  }
  if (target?.atMost !== undefined && figure > target.atMost) {
    return `${Math.ceil((figure / target.atMost - 1) * 100)} % over`;
  }
  return target === undefined ? '' : 'met';
}

function rounded(figure: number): string {
  return figure >= 100 ? figure.toFixed(0) : figure.toFixed(2);
}

function cells(texts: readonly string[]): string {
  return `| ${texts.map((text, index) => text.padEnd(WIDTHS[index]!)).join(' | ')} |`;
}
