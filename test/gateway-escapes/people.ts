import { alice, bob } from '@gprxy/testkit';
import pg from 'pg';

export const ALICE = pg.escapeIdentifier(alice.email);
export const BOB = pg.escapeIdentifier(bob.email);
export const BOB_IN_UNICODE = `U&"\\0062${bob.email.slice(1)}"`;

/** A login that may become both of them, as proxies that switch roles have one. The gateway has none. */
export const SERVICE = 'app_service';
