/*
 * password.h: a password from a program (password_command): started by argument vector without a shell, its first line
 * of output is the password, it has LIMIT_PASSWORD_WAIT.
 */
#ifndef CORE_PASSWORD_H
#define CORE_PASSWORD_H

struct password_fetch;

/*
 * Either password, lent and wiped after the call, or a sentence that says why there is none.  The fetch is gone then.
 */
typedef void (*password_done)(void *ctx, const char *password, const char *problem);

/* done may be called before this returns; then NULL is returned. */
struct password_fetch *password_fetch(const char *command, password_done, void *ctx);
/* Ends the program; done is not called. */
void	 password_fetch_cancel(struct password_fetch *);

#endif
