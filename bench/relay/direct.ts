import { type Contender, plaintextEnvironment } from '../contender.ts';

/** No relay: the client itself speaks TLS. */
export const direct: Contender = {
  name: 'direct TLS',
  does: 'the client speaks verified TLS to the server itself.',
  async start(server) {
    const environment = {
      ...plaintextEnvironment(server, server.postgres.port),
      PGSSLMODE: 'verify-full',
      PGSSLROOTCERT: server.postgres.caFile,
    };
    return { environment, pids: [], stop: async () => {} };
  },
};
