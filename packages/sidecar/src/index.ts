export { type Config, type ConfigInput, loadConfig, selectProfile } from './config.ts';
export { ConfigError, type ConfigErrorOptions } from './config-error.ts';
export { ControlError, type ControlErrorCode, requestControl } from './control.ts';
export { createLog, type LogOptions } from './create-log.ts';
export { type Log, silentLog } from './log.ts';
export { type Paths, type PathsInput, paths } from './paths.ts';
export type { ListenAddress, LocalAuth, Profile } from './profile.ts';
export { type DaemonOptions, type DaemonOutcome, runDaemon } from './run-daemon.ts';
export { type NewProfile, saveProfile } from './save-profile.ts';
export {
  AlreadyRunningError,
  type Sidecar,
  type SidecarListener,
  type SidecarOptions,
  type SidecarProblem,
  startSidecar,
} from './start-sidecar.ts';
export type { LastError, ListenerStatus, SidecarStatus } from './status.ts';
export { userFromTemplate } from './user-template.ts';
