import * as v from 'valibot';
import { parseDurationMs } from './duration.ts';
import { userTemplateProblem } from './user-template.ts';

const text = (what: string) => v.pipe(v.string(`must be ${what}`), v.nonEmpty(`must be ${what}`));
const url = v.pipe(text('a URL in quotes'), v.check(isIssuerUrl, 'must be an https:// URL (http:// only on loopback)'));
const texts = v.array(v.string('must be a list of words in quotes'), 'must be a list of words in quotes');
const duration = v.pipe(
  v.string('must be a duration such as "30s"'),
  v.transform(parseDurationMs),
  v.number('must be a duration such as "30s"'),
);
const listen = v.union(
  [v.string(), v.array(v.string())],
  'must be "127.0.0.1:5433", "unix", "unix:/directory" or a list of them',
);

/** The keys of `[profiles.NAME]` as they are spelled in the file. */
export const profileSchema = v.object({
  issuer: url,
  client_id: text('a text in quotes'),
  audience: v.optional(text('a text in quotes')),
  resource: v.optional(text('a text in quotes')),
  scopes: v.optional(texts, ['openid', 'email', 'offline_access']),
  ca_file: v.optional(text('the name of a PEM file')),
  upstream: text('a connection string such as "postgresql://gateway.example:6432"'),
  listen: v.optional(listen, []),
  local_auth: v.optional(
    v.pipe(
      v.string('must be "same-user" or "trust"'),
      v.check((value) => value !== 'password', '"password" is not supported yet; use "same-user", or listen on "unix"'),
      v.picklist(['same-user', 'trust'], 'must be "same-user" or "trust"'),
    ),
    'same-user',
  ),
  user: v.optional(
    v.pipe(
      text('a template such as "{email}"'),
      v.rawCheck(({ dataset, addIssue }) => {
        const problem = dataset.typed ? userTemplateProblem(dataset.value) : undefined;
        if (problem !== undefined) addIssue({ message: problem });
      }),
    ),
    '{email}',
  ),
  credential: v.optional(v.literal('oidc', 'must be "oidc", the only source that this version has'), 'oidc'),
  drain_timeout: v.optional(duration, '10s'),
  max_connections: v.optional(
    v.pipe(
      v.number('must be a whole number'),
      v.integer('must be a whole number'),
      v.minValue(1, 'must be at least 1'),
      v.maxValue(10_000, 'must be at most 10000'),
    ),
    200,
  ),
});

export type ProfileTable = v.InferOutput<typeof profileSchema>;

const PROFILES = 'must be tables such as [profiles.prod]';

export const fileSchema = v.object({
  default_profile: v.optional(text('the name of a profile')),
  profiles: v.optional(
    v.pipe(
      v.custom<Record<string, unknown>>((value) => !Array.isArray(value), PROFILES),
      v.record(v.string(), v.unknown(), PROFILES),
    ),
    {},
  ),
});

function isIssuerUrl(value: string): boolean {
  if (!URL.canParse(value)) return false;
  const { protocol, hostname } = new URL(value);
  if (protocol === 'https:') return true;
  return protocol === 'http:' && (/^(localhost|\[::1\])$/.test(hostname) || /^127(\.\d+){3}$/.test(hostname));
}
