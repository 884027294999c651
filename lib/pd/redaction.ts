// Takes secrets out of text that comes from the cluster: URLs with users and signatures, options that carry keys.
// What is left is for people; nothing else of lib/ ever sees the original.

const secretOption =
  /\b((?:x-amz-(?:credential|signature|security-token)|access[-_]?key(?:[-_]?id)?|secret[-_]?access[-_]?key|session[-_]?token|account[-_]?key|shared[-_]?key|sas[-_]?token|sig|password|credential)["']?\s*[=:]\s*["']?)[^\s&"',;)}\]]+/gi;

/** Errors and messages: the values of options that hold secrets, and users of URLs, become `…`. */
export function redactText(text: string): string {
  return text.replace(/(:\/\/)[^\s/?#@]*(?:@[^\s/?#@]*)*@/g, '$1…@').replace(secretOption, '$1…');
}

/** An endpoint or URL without user, query and fragment: none of them says where, each may hold a key. */
export function redactUrl(url: string): string {
  return url.replace(/[?#].*$/s, '').replace(/^([a-z][a-z0-9+.-]*:\/\/)?[^/]*@/i, '$1');
}
