import { USERS_GROUP } from '../identity/privileged-logins.ts';

export interface AccessLinesOptions {
  /** server_version_num / 10000. */
  readonly serverVersion: number;
  /** The common name of the gateway's client certificate. */
  readonly gatewayName: string;
  /** As pg_hba.conf has it: `10.0.0.5/32`, `all`. */
  readonly gatewayAddress: string;
  readonly databases: readonly string[];
  /** All members of the group. */
  readonly members: readonly string[];
}

/**
 * Lines for pg_hba.conf, before all others that match these people: by the gateway's certificate, and in no other way,
 * so that a password that somebody sets for himself opens nothing.
 */
export function hbaLines({ databases, gatewayAddress }: AccessLinesOptions): string[] {
  const names = databases.map(quoteName).join(',');
  return [
    `hostssl ${names} +${USERS_GROUP} ${gatewayAddress} cert map=gprxy`,
    `local all +${USERS_GROUP} reject`,
    `host all +${USERS_GROUP} all reject`,
  ];
}

/** Lines for pg_ident.conf. A group stands for its members from version 16 on. */
export function identLines({ serverVersion, gatewayName, members }: AccessLinesOptions): string[] {
  const gateway = quoteName(gatewayName);
  if (serverVersion >= 16) return [`gprxy ${gateway} +${USERS_GROUP}`];
  return members.map((member) => `gprxy ${gateway} ${quoteName(member)}`);
}

/** Quoted, a word has no special meaning (`all`, `+group`, `/regex`); a quote in it is written twice. */
export function quoteName(name: string): string {
  const isPlain = /^[a-z_][a-z0-9_-]*$/i.test(name) && !/^(all|sameuser|samerole|samegroup|replication)$/i.test(name);
  return isPlain ? name : `"${name.replaceAll('"', '""')}"`;
}
