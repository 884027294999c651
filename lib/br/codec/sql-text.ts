// How names and texts are quoted in the SQL that TiDB prints, and the charsets it takes as known.
// It must not parse SQL.

/** A name in backquotes, as TiDB prints it in every SQL mode but ANSI_QUOTES. */
export function quotedName(name: string): string {
  return `\`${name.replaceAll('`', '``')}\``;
}

const shownEscapes: Readonly<Record<string, string>> = { "'": "''", '\0': '\\0', '\n': '\\n', '\r': '\\r' };

/**
 * A text in single quotes as TiDB prints comments, defaults and members of ENUM: the quote doubled; zero byte, line
 * feed and carriage return with a backslash. A backslash itself is printed as it is: TiDB does so.
 */
export function quotedText(text: string): string {
  return `'${Array.from(text, (letter) => shownEscapes[letter] ?? letter).join('')}'`;
}

const defaultCollations: Readonly<Record<string, string>> = {
  utf8mb4: 'utf8mb4_bin',
  utf8: 'utf8_bin',
  latin1: 'latin1_bin',
  ascii: 'ascii_bin',
  binary: 'binary',
  gbk: 'gbk_chinese_ci',
  gb18030: 'gb18030_chinese_ci',
};

/**
 * The collation a charset has when none is named, undefined for a charset TiDB does not know. Of gbk and gb18030 it is
 * the one of the new collation framework, the default since 6.0 (CODEC §1.4); clusters without it use `gbk_bin`.
 */
export function defaultCollation(charset: string): string | undefined {
  return Object.hasOwn(defaultCollations, charset) ? defaultCollations[charset] : undefined;
}

/** The charset of a collation: what stands before its first underscore. */
export function charsetOfCollation(collation: string): string {
  return collation.split('_')[0] ?? collation;
}
