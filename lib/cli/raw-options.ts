// The options of all commands as the person wrote them. Must not judge them.

/** Options as the person wrote them; each command reads those it declares. */
export interface RawOptions {
  readonly storage?: string;
  readonly snapshots?: string;
  readonly log?: string;
  readonly keyFile?: string;
  readonly logKeyFile?: string;
  readonly at?: string;
  readonly base?: string;
  readonly tables?: readonly string[];
  readonly into?: string;
  readonly force?: boolean;
  readonly ddl?: boolean;
  readonly format?: string;
  readonly limit?: string;
  readonly memory?: string;
  readonly workers?: string;
  readonly settings?: string;
  readonly cluster?: string;
  readonly pd?: string;
  readonly pdCa?: string;
  readonly pdCert?: string;
  readonly pdKey?: string;
  readonly task?: string;
  readonly brVersion?: string;
  /** true, or the name of an execution. */
  readonly watch?: boolean | string;
  readonly target?: string;
  readonly dryRun?: boolean;
  readonly wait?: boolean;
  readonly timeout?: string;
  /** false: --no-flush. */
  readonly flush?: boolean;
  readonly state?: string;
  readonly once?: boolean;
  readonly engine?: string;
  readonly until?: string;
  readonly yes?: boolean;
  readonly reason?: string;
  readonly name?: string;
  readonly from?: string;
  readonly to?: string;
  readonly all?: boolean;
  readonly plan?: boolean;
  /** The id of a plan. */
  readonly apply?: string;
  readonly unsafeIgnoreSnapshots?: boolean;
  readonly unsafeRemoveLock?: string;
  readonly pricePerGb?: string;
  readonly window?: string;
  readonly json?: boolean;
  readonly quiet?: boolean;
}
