// The calls behind Dependencies.sidecars(). A module of its own, so that a command which only reads the configuration loads none of them.
export {
  createLog,
  keepYoungGenerationSmall,
  openLogFile,
  requestControl,
  resolveUpstream,
  runDaemon,
  startSidecar,
} from '@gprxy/sidecar';
