import { type Contender, tlsEnvironment } from '../contender.ts';

/** No relay: the client itself speaks TLS. */
export const direct: Contender = {
  name: 'direct TLS',
  does: 'the client speaks verified TLS to the server itself.',
  clientTls: true,
  async start(server) {
    const environment = tlsEnvironment(server, server.stack.postgres.port, server.password);
    return { environment, pids: [], stop: async () => {} };
  },
};
