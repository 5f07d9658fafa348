import { isLoopbackHost } from '@gprxy/loopback-http';
import type { CheckedFile } from './read-file.ts';
import type { IssuerTable } from './schema.ts';
import type { TomlPath } from './toml-lines.ts';

/** A claim by its exact name, or the names that lead to it through nested objects. */
export type ClaimPath = readonly string[];

export interface IssuerConfig {
  /** Compared exactly, as OpenID Connect Discovery 4.3 asks. */
  readonly issuer: string;
  readonly audience: readonly string[];
  readonly algorithms: readonly string[];
  /** Of the JWT header, lower case; `absent` allows tokens without one. */
  readonly types: readonly string[];
  /** `undefined`: tokens of every client. */
  readonly clientIds: readonly string[] | undefined;
  readonly requiredScopes: readonly string[];
  readonly requiredClaims: ReadonlyMap<string, string | number | boolean>;
  readonly clockSkewMs: number;
  readonly nameClaim: ClaimPath;
  readonly groupsClaim: ClaimPath;
  readonly rolesClaim: ClaimPath;
  readonly missingGroups: 'refuse' | 'none';
  readonly trustUnverifiedEmail: boolean;
  /** `undefined`: from the discovery document. */
  readonly jwksUri: string | undefined;
  readonly caFile: string | undefined;
}

export function readIssuers({ table, fail }: CheckedFile, fileAt: (name: string) => string): IssuerConfig[] {
  const seen = new Set<string>();
  return table.issuers.map((issuer, index) => {
    const at: TomlPath = ['issuers', index];
    if (seen.has(issuer.issuer)) fail([...at, 'issuer'], 'is listed twice');
    seen.add(issuer.issuer);
    requireSafeUrl(issuer.issuer, (problem) => fail([...at, 'issuer'], problem));
    if (/[?#]/.test(issuer.issuer)) fail([...at, 'issuer'], 'must have no query and no fragment');
    if (issuer.jwks_uri !== undefined) requireSafeUrl(issuer.jwks_uri, (problem) => fail([...at, 'jwks_uri'], problem));
    return toIssuerConfig(issuer, fileAt);
  });
}

function toIssuerConfig(issuer: IssuerTable, fileAt: (name: string) => string): IssuerConfig {
  return {
    issuer: issuer.issuer,
    audience: issuer.audience,
    algorithms: issuer.algorithms,
    types: issuer.types.map((type) => type.toLowerCase()),
    clientIds: issuer.client_ids,
    requiredScopes: issuer.required_scopes,
    requiredClaims: new Map(Object.entries(issuer.required_claims)),
    clockSkewMs: issuer.clock_skew,
    nameClaim: claimPath(issuer.name_claim),
    groupsClaim: claimPath(issuer.groups_claim),
    rolesClaim: claimPath(issuer.roles_claim),
    missingGroups: issuer.missing_groups,
    trustUnverifiedEmail: issuer.trust_unverified_email,
    jwksUri: issuer.jwks_uri,
    caFile: issuer.ca === undefined ? undefined : fileAt(issuer.ca),
  };
}

const claimPath = (claim: string | string[]): ClaimPath => (typeof claim === 'string' ? [claim] : claim);

function requireSafeUrl(url: string, refuse: (problem: string) => never): void {
  if (!URL.canParse(url)) refuse('must be a URL');
  if (!isSafeUrl(url)) refuse('must be an https:// URL; http:// is for loopback only');
}

/** Keys that come over a line that others can write to are nobody's keys. */
export function isSafeUrl(url: string): boolean {
  if (!URL.canParse(url)) return false;
  const { protocol, hostname } = new URL(url);
  return protocol === 'https:' || (protocol === 'http:' && isLoopbackHost(hostname.replace(/^\[|\]$/g, '')));
}
