import { type Contender, tlsEnvironment } from '../contender.ts';

/** The gateway alone, as a client without a sidecar uses it. */
export const gateway: Contender = {
  name: 'gateway',
  does: 'gprxy; TLS to it with the token as password, TLS with a client certificate to the server; one thread.',
  clientTls: true,
  async start(server) {
    const { port, program } = server.stack.gateway;
    return { environment: tlsEnvironment(server, port, server.person), pids: [program.pid], stop: async () => {} };
  },
};
