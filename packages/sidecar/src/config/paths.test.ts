import { expect, it } from 'vitest';
import { type PathsInput, paths } from './paths.ts';

const linux: PathsInput = { platform: 'linux', homedir: '/home/alice', env: {} };

const table: Array<[string, PathsInput, object]> = [
  [
    'XDG defaults',
    linux,
    {
      configFile: '/home/alice/.config/gprxy/config.toml',
      stateDirectory: '/home/alice/.local/state/gprxy',
      runtimeDirectory: '/home/alice/.local/state/gprxy/run',
      lockDirectory: '/home/alice/.local/state/gprxy/locks',
      controlSocket: '/home/alice/.local/state/gprxy/run/control.sock',
    },
  ],
  [
    'XDG variables',
    { ...linux, env: { XDG_CONFIG_HOME: '/c', XDG_STATE_HOME: '/s', XDG_RUNTIME_DIR: '/run/user/1' } },
    {
      configFile: '/c/gprxy/config.toml',
      stateDirectory: '/s/gprxy',
      runtimeDirectory: '/run/user/1/gprxy',
    },
  ],
  [
    'relative XDG variables, which are ignored',
    { ...linux, env: { XDG_RUNTIME_DIR: 'run', XDG_STATE_HOME: '' } },
    {
      runtimeDirectory: '/home/alice/.local/state/gprxy/run',
    },
  ],
  [
    'overrides',
    { ...linux, env: { GPRXY_CONFIG: '/x.toml', GPRXY_STATE_DIR: '/st', XDG_RUNTIME_DIR: '/run/user/1' } },
    {
      configFile: '/x.toml',
      stateDirectory: '/st',
      runtimeDirectory: '/st/run',
      controlSocket: '/st/run/control.sock',
    },
  ],
  [
    'macOS',
    { platform: 'darwin', homedir: '/Users/a', env: {} },
    {
      configFile: '/Users/a/Library/Application Support/gprxy/config.toml',
      controlSocket: '/Users/a/Library/Application Support/gprxy/run/control.sock',
    },
  ],
  [
    'Windows',
    { platform: 'win32', homedir: 'C:\\Users\\a', env: { APPDATA: 'C:\\R', LOCALAPPDATA: 'C:\\L' } },
    {
      configFile: 'C:\\R\\gprxy\\config.toml',
      stateDirectory: 'C:\\L\\gprxy',
      controlSocket: '\\\\.\\pipe\\gprxy-C-L-gprxy',
    },
  ],
];
it.each(table)('follows %s', (_, input, expected) => {
  expect(paths(input)).toMatchObject(expected);
});
