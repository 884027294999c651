// CloudWatch Logs as far as our runners call it, in memory; also where the tasks of FakeEcs print.
//
// What it does: CreateLogStream (refuses a second one), PutLogEvents into a stream that is there, GetLogEvents from the head
// or the tail with tokens: at most `pageEvents` events and a mebibyte a page, the same token again at the end of the stream,
// now and then an empty page with another token although more is there, a token is good for its own stream only. What was
// put can be read `ingestionMs` later. `expireTokens()` makes all tokens old.
// What it does not: times out of order, retention, filters, sequence tokens, log classes.

import { AwsFault, type AwsInput, type FakeAws } from './fake-aws-json.ts';

interface StoredEvent {
  readonly timestamp: number;
  readonly message: string;
  readonly visibleMs: number;
}

interface Token {
  readonly stream: string;
  readonly at: number;
  /** Forward tokens read up from their place, backward ones down. */
  readonly direction: 'f' | 'b';
}

export interface FakeLogsOptions {
  readonly group: string;
  readonly ingestionMs: number;
  readonly pageEvents: number;
}

export class FakeLogs {
  readonly streams = new Map<string, StoredEvent[]>();
  readonly #tokens = new Map<string, Token>();
  readonly #options: FakeLogsOptions;
  #reads = 0;

  constructor(aws: FakeAws, options: Partial<FakeLogsOptions> & Pick<FakeLogsOptions, 'group'>) {
    this.#options = { ingestionMs: 0, pageEvents: 10_000, ...options };
    aws.on('Logs_20140328.CreateLogStream', (input) => this.#create(input));
    aws.on('Logs_20140328.PutLogEvents', (input) => this.#put(input));
    aws.on('Logs_20140328.GetLogEvents', (input) => this.#get(input));
  }

  /** What a container's log driver does, which makes its stream itself. */
  write(stream: string, messages: readonly string[]): void {
    const events = this.streams.get(stream) ?? [];
    const timestamp = Date.now();
    const visibleMs = timestamp + this.#options.ingestionMs;
    for (const message of messages) events.push({ timestamp, message, visibleMs });
    this.streams.set(stream, events);
  }

  expireTokens(): void {
    this.#tokens.clear();
  }

  #stream(input: AwsInput): StoredEvent[] {
    const found = this.streams.get(this.#nameOf(input));
    if (found === undefined)
      throw new AwsFault('ResourceNotFoundException', 400, 'The specified log stream does not exist.');
    return found;
  }

  #nameOf(input: AwsInput): string {
    if (input['logGroupName'] !== this.#options.group)
      throw new AwsFault('ResourceNotFoundException', 400, 'The specified log group does not exist.');
    const name = String(input['logStreamName']);
    if (!/^[^:*]{1,512}$/.test(name)) throw new AwsFault('InvalidParameterException');
    return name;
  }

  #create(input: AwsInput): AwsInput {
    const name = this.#nameOf(input);
    if (this.streams.has(name)) throw new AwsFault('ResourceAlreadyExistsException');
    this.streams.set(name, []);
    return {};
  }

  #put(input: AwsInput): AwsInput {
    this.#stream(input);
    const events = input['logEvents'] as readonly { timestamp: number; message: string }[];
    if (events.some(({ message }) => message === '')) throw new AwsFault('InvalidParameterException');
    this.write(
      this.#nameOf(input),
      events.map(({ message }) => message),
    );
    return {};
  }

  #get(input: AwsInput): AwsInput {
    const nowMs = Date.now();
    const events = this.#stream(input).filter(({ visibleMs }) => visibleMs <= nowMs);
    const stream = this.#nameOf(input);
    const token = this.#tokenOf(input, stream);
    const isForward = token === undefined ? input['startFromHead'] === true : token.direction === 'f';
    const at = token?.at ?? (isForward ? 0 : events.length);
    const limit = Math.min(Number(input['limit'] ?? this.#options.pageEvents), this.#options.pageEvents);
    this.#reads += 1;
    const page = isForward ? pageFrom(events, at, limit) : events.slice(Math.max(0, at - limit), at);
    // Strict where clients are careless: a page may be empty although there is more.
    if (token === undefined && page.length > 0 && this.#reads % 3 === 0) {
      const again = this.#issue({ stream, at, direction: isForward ? 'f' : 'b' });
      return { events: [], nextForwardToken: again, nextBackwardToken: again };
    }
    const [begin, end] = isForward ? [at, at + page.length] : [at - page.length, at];
    return {
      events: page.map(({ timestamp, message }) => ({ timestamp, message, ingestionTime: timestamp })),
      nextForwardToken: this.#issue({ stream, at: end, direction: 'f' }),
      nextBackwardToken: this.#issue({ stream, at: begin, direction: 'b' }),
    };
  }

  #tokenOf(input: AwsInput, stream: string): Token | undefined {
    if (input['nextToken'] === undefined) return undefined;
    const token = this.#tokens.get(String(input['nextToken']));
    if (token?.stream !== stream || (token.direction === 'f') !== (input['startFromHead'] === true))
      throw new AwsFault('InvalidParameterException', 400, 'The specified nextToken is invalid.');
    return token;
  }

  #issue(token: Token): string {
    const text = `${token.direction}/${Buffer.from(token.stream).toString('base64url')}/${token.at}`;
    this.#tokens.set(text, token);
    return text;
  }
}

function pageFrom(events: readonly StoredEvent[], at: number, limit: number): readonly StoredEvent[] {
  let bytes = 0;
  let end = at;
  while (end < events.length && end - at < limit) {
    bytes += Buffer.byteLength(events[end]!.message) + 26;
    if (bytes > 1024 * 1024 && end > at) break;
    end += 1;
  }
  return events.slice(at, end);
}
