// Aligned columns of text, by the width a terminal gives each character. Two looks: a quiet list for reports and
// a boxed table for query results. Must not decide what is shown, only where.

import type { Paint, Style } from './style.ts';
import { cutTo, oneLine, padEndTo, padStartTo, textWidth } from './text-width.ts';

export interface Column {
  readonly title: string;
  readonly align?: 'left' | 'right';
  /** Columns of the terminal at most; longer cells are cut with an ellipsis. */
  readonly maxWidth?: number;
  readonly paint?: Paint;
}

/** Rows under faint titles, two blanks between columns, no blanks at the end of a line. */
export function listTable(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  style: Style,
  indent = '',
): readonly string[] {
  const cells = rows.map((row) => row.map((cell, index) => fit(cell, columns[index])));
  const widths = columns.map((column, index) => {
    return cells.reduce(
      (widest, row) => Math.max(widest, textWidth(row[index] ?? '')),
      textWidth(column.title),
    );
  });
  const line = (texts: readonly string[], paint: (index: number) => Paint | undefined): string => {
    const parts = texts.map((text, index) => {
      const last = index === texts.length - 1;
      const wide = alignTo(text, widths[index] ?? 0, columns[index]?.align ?? 'left', last);
      return (paint(index) ?? ((same) => same))(wide);
    });
    return (indent + parts.join('  ')).trimEnd();
  };
  const titles = columns.map((column) => column.title);
  return [
    line(titles, () => style.faint),
    ...cells.map((row) => line(row, (index) => columns[index]?.paint)),
  ];
}

function fit(cell: string, column: Column | undefined): string {
  const text = oneLine(cell);
  return column?.maxWidth === undefined ? text : cutTo(text, column.maxWidth);
}

function alignTo(text: string, width: number, align: 'left' | 'right', last: boolean): string {
  if (align === 'right') return padStartTo(text, width);
  return last ? text : padEndTo(text, width);
}

/** A table in a frame, titles on top, as psql and duckdb draw it: for the rows of a query. */
export function boxTable(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  style: Style,
): readonly string[] {
  const cells = rows.map((row) => row.map((cell, index) => fit(cell, columns[index])));
  const titles = columns.map((column) => oneLine(column.title));
  const widths = titles.map((title, index) => {
    return cells.reduce((widest, row) => Math.max(widest, textWidth(row[index] ?? '')), textWidth(title));
  });
  const frame = (left: string, middle: string, right: string): string => {
    return style.faint(left + widths.map((width) => '─'.repeat(width + 2)).join(middle) + right);
  };
  const bar = style.faint('│');
  const line = (texts: readonly string[], titled: boolean): string => {
    const parts = texts.map((text, index) => {
      const width = widths[index] ?? 0;
      const wide = columns[index]?.align === 'right' ? padStartTo(text, width) : padEndTo(text, width);
      return ` ${titled ? style.strong(wide) : wide} `;
    });
    return bar + parts.join(bar) + bar;
  };
  return [
    frame('┌', '┬', '┐'),
    line(titles, true),
    frame('├', '┼', '┤'),
    ...cells.map((row) => line(row, false)),
    frame('└', '┴', '┘'),
  ];
}
