// What secrets look like: keys of AWS, PEM, passwords in URLs, webhooks; and how a text is shown without them.
// Must not know where they stand (settings-secrets.ts).

export interface SecretForm {
  readonly what: string;
  readonly pattern: RegExp;
  readonly instead: string;
}

export const roleInstead = 'roles are used instead of keys: the task, the machine or your profile has one';
/** Each pattern is global: for matchAll and replaceAll. */
export const secretForms: readonly SecretForm[] = [
  {
    what: 'a private key or certificate in PEM',
    pattern: /-----BEGIN [A-Z ]+-----/g,
    instead: 'put ca, cert and key into a secret of Secrets Manager and name it as tls.secret',
  },
  { what: 'an access key of AWS', pattern: /\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/g, instead: roleInstead },
  {
    what: 'a user and password in a URL',
    pattern: /\b[a-z][a-z0-9+.-]*:\/\/[^\s/@:'"]*:[^\s/@'"]+@/gi,
    instead: 'take them out of the URL; certificates and roles open PD and S3',
  },
  {
    what: 'a key in a URL',
    pattern:
      /[?&](?:access[-_]key|secret[-_]access[-_]key|session[-_]token|token|api[-_]?key|sig|signature)=[^\s'"&]+/gi,
    instead: roleInstead,
  },
  {
    what: 'a webhook URL that is a secret itself: whoever knows it can post',
    pattern:
      /https:\/\/(?:hooks\.slack\.com\/(?:services|workflows|triggers)|discord(?:app)?\.com\/api\/webhooks|[a-z0-9.-]+\.webhook\.office\.com|api\.telegram\.org\/bot)[^\s'"]*/gi,
    instead: 'put the URL into a secret of Secrets Manager and name it as notifications.webhook.secret',
  },
];

/** Keys whose values are secrets, whatever stands there. None is a key of ours. */
export const secretKeyName =
  /(?:^|[-_.])(?:pass(?:word|wd|phrase)?|secret[-_]?(?:access[-_]?)?key|access[-_]?key(?:[-_]?id)?|session[-_]?token|auth[-_]?token|token|api[-_]?key|private[-_]?key|credentials?)$/i;

/** The text with every secret in it replaced by `…`. */
export function redactSecrets(text: string): string {
  return secretForms.reduce((shown, { pattern }) => shown.replaceAll(pattern, '…'), text);
}
