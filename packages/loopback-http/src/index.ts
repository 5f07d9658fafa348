export { hasBody, isForLoopback, isLoopbackHost } from './loopback-request.ts';
export { type LoopbackServer, serveLoopback } from './serve-loopback.ts';
export { type Probe, serveProbes, verdict } from './serve-probes.ts';
