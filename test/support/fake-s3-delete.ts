// DeleteObjects of the S3 server of the tests: strict about the form, and able to refuse single keys in an answer of 200.

import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

export type DeleteAnswer =
  | { readonly status: 200; readonly xml: string; readonly gone: readonly string[] }
  | { readonly status: 400; readonly code: string };

/** refused: codes by key; such keys stay. A thousand keys at most, and a checksum of the body, as AWS asks for. */
export function answerDelete(
  request: IncomingMessage,
  body: Buffer,
  refused: ReadonlyMap<string, string>,
): DeleteAnswer {
  const { headers } = request;
  const md5 = headers['content-md5'];
  const hasChecksum = Object.keys(headers).some((name) => /^x-amz-checksum-(crc|sha)/.test(name));
  if (md5 === undefined && !hasChecksum) return { status: 400, code: 'InvalidRequest' };
  if (md5 !== undefined && md5 !== createHash('md5').update(body).digest('base64'))
    return { status: 400, code: 'BadDigest' };
  const text = body.toString('utf8');
  const keys = [...text.matchAll(/<Key>([^<]*)<\/Key>/g)].map(([, key = '']) => unescapeXml(key));
  if (keys.length === 0 || keys.length > 1000 || !text.includes('<Quiet>true</Quiet>'))
    return { status: 400, code: 'MalformedXML' };
  const errors = keys.flatMap((key) => {
    const code = refused.get(key);
    return code === undefined
      ? []
      : [
          `<Error><Key>${escapeXml(key)}</Key><Code>${code}</Code><Message>${code} by the fake</Message></Error>`,
        ];
  });
  const xml = `<?xml version="1.0" encoding="UTF-8"?><DeleteResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${errors.join('')}</DeleteResult>`;
  return { status: 200, xml, gone: keys.filter((key) => !refused.has(key)) };
}

function unescapeXml(text: string): string {
  return text
    .replace(/&#(x?)([0-9a-fA-F]+);/g, (_, hex: string, digits: string) =>
      String.fromCodePoint(Number.parseInt(digits, hex === '' ? 10 : 16)),
    )
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&apos;', "'")
    .replaceAll('&amp;', '&');
}

function escapeXml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
