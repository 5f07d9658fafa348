/*
 * A validator module for PostgreSQL 18 ("OAuth Validator Modules" in its manual) that asks a Unix socket: it sends the
 * token and reads who that is, or nothing. The server's headers come with no package that is used here, so the few
 * declarations that a validator needs stand below, as fmgr.h and libpq/oauth.h of PostgreSQL 18 have them.
 */
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define EXPORT __attribute__((visibility("default")))

typedef struct {
  int len;
  struct {
    int version, funcmaxargs, indexmaxkeys, namedatalen, float8byval;
    char abi_extra[32];
  } abi_fields;
  const char *name, *version;
} Pg_magic_struct;

typedef struct {
  int sversion;
  void *private_data;
} ValidatorModuleState;

typedef struct {
  bool authorized;
  char *authn_id;
} ValidatorModuleResult;

typedef struct {
  uint32_t magic;
  void (*startup_cb)(ValidatorModuleState *);
  void (*shutdown_cb)(ValidatorModuleState *);
  bool (*validate_cb)(const ValidatorModuleState *, const char *token, const char *role, ValidatorModuleResult *);
} OAuthValidatorCallbacks;

extern char *pstrdup(const char *);

EXPORT const Pg_magic_struct *Pg_magic_func(void) {
  static const Pg_magic_struct magic = {sizeof(Pg_magic_struct), {1800, 100, 32, 64, 1, "PostgreSQL"}, 0, 0};
  return &magic;
}

static ssize_t ask(const char *token, char *answer, size_t size) {
  struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = SOCKET_PATH};
  int fd = socket(AF_UNIX, SOCK_STREAM, 0);
  ssize_t length = -1;
  if (fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof address) == 0 &&
      write(fd, token, strlen(token)) == (ssize_t)strlen(token) && shutdown(fd, SHUT_WR) == 0)
    length = read(fd, answer, size);
  close(fd);
  return length;
}

/* false would be an error of the server's own; a token that nobody has is merely not authorized. */
static bool validate(const ValidatorModuleState *state, const char *token, const char *role,
                     ValidatorModuleResult *result) {
  char name[256] = "";
  ssize_t length = ask(token, name, sizeof name - 1);
  (void)state, (void)role;
  if (length < 0) return false;
  result->authorized = length > 0;
  if (length > 0) result->authn_id = pstrdup(name);
  return true;
}

EXPORT const OAuthValidatorCallbacks *_PG_oauth_validator_module_init(void) {
  static const OAuthValidatorCallbacks callbacks = {0x20250220, 0, 0, validate};
  return &callbacks;
}
