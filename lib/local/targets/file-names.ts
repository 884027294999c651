// Names of databases and tables as parts of file names: readable, unambiguous, and never a way out of the folder.

/** Characters that stay as they are; everything else becomes %XX of its UTF-8 bytes, a dot in a name included. */
const plain = /^[\p{L}\p{N}_$ @!#+,;=()-]$/u;

export function fileNamePart(name: string): string {
  let out = '';
  for (const character of name) {
    if (plain.test(character)) out += character;
    else
      for (const byte of Buffer.from(character, 'utf8'))
        out += `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }
  return out;
}
