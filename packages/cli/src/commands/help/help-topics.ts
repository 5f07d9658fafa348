/** What `gprxy help TOPIC` tells beside the commands. */
interface HelpTopic {
  readonly name: string;
  readonly summary: string;
  readonly text: string;
}

const environment = `
Every option of a command can be given in the environment too: --client-id is
GPRXY_CLIENT_ID, --no-open is GPRXY_NO_OPEN=1. What is typed comes before the
environment, and the environment before the file.

  GPRXY_PROFILE           the profile to use, where no --profile is given
  GPRXY_CONFIG            another configuration file
  GPRXY_STATE_DIR         another directory for locks, sockets and logins in files
  GPRXY_KEYCHAIN_SERVICE  the service name of logins in the OS keychain
                          (default: gprxy)
  GPRXY_DEBUG             1: show where an unexpected error happened

Others that count:

  HTTPS_PROXY, HTTP_PROXY, NO_PROXY
                          the way to the identity provider
  SSH_AUTH_SOCK           the agent that holds the key for via = "ssh://..."
  NO_COLOR, TERM=dumb     no colours
  CI                      no spinner, and no browser is opened
  DISPLAY, WAYLAND_DISPLAY, WSL_DISTRO_NAME, SSH_CONNECTION, SSH_TTY
                          tell whether there is a screen to open a browser on
  LC_ALL, LC_CTYPE, LANG  tell whether the terminal can show a QR code
  XDG_CONFIG_HOME, XDG_STATE_HOME, XDG_RUNTIME_DIR, APPDATA, LOCALAPPDATA
                          where the platform keeps files: gprxy help files
  NOTIFY_SOCKET           where "gprxy start" tells systemd that it listens
  USERDOMAIN, USERNAME    whom "gprxy service install" names on Windows

PGHOST, PGPORT, PGUSER, PGDATABASE and the like are set for programs that gprxy
starts. An access token is in no variable and no argument of any program.`;

const files = `
  config.toml   the profiles
                Linux:    $XDG_CONFIG_HOME/gprxy, else ~/.config/gprxy
                macOS:    ~/Library/Application Support/gprxy
                Windows:  %APPDATA%\\gprxy
  state         locks, choices of store, and logins kept by --insecure-storage
                Linux:    $XDG_STATE_HOME/gprxy, else ~/.local/state/gprxy
                macOS:    ~/Library/Application Support/gprxy
                Windows:  %LOCALAPPDATA%\\gprxy
                gprxy.log is the log of a sidecar in the background (gprxy logs);
                pgpass has the passwords for local_auth = "password"
  sockets       those of listeners, and the control socket
                Linux:    $XDG_RUNTIME_DIR/gprxy, else "run" in the state
                macOS:    "run" in the state
                Windows:  named pipes

Files are made for you alone (0600, directories 0700). A login rests in the OS
keychain unless --insecure-storage is given.`;

const exitCodes = `
    0  ok
    1  unexpected; status: not running; doctor: something is wrong
    2  usage: the command line cannot be followed
    3  configuration: there is no profile, or the file is wrong; start --detach,
       restart, reload: a profile is not served, and all others are
    4  login needed
    5  denied: by the person, by policy, or the provider does not do what was asked
    6  the identity provider cannot be reached
    7  the upstream cannot be reached, or refused
    8  the token store cannot be used
  126  exec: the command could not be started
  127  exec: there is no such command
  130  interrupted

psql and exec end with the exit code of the program that they run.`;

export const helpTopics: readonly HelpTopic[] = [
  { name: 'environment', summary: 'variables that gprxy reads', text: environment.slice(1) },
  { name: 'files', summary: 'where things are kept', text: files.slice(1) },
  { name: 'exit-codes', summary: 'how a command ends', text: exitCodes.slice(1) },
];
