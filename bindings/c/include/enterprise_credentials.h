/*
 * The oracle of enterprise-credentials: the rules by which an enterprise's credentials are revoked, for test suites.
 * A request is a JSON object in UTF-8, and so is its answer; docs/oracle.md of the project lists the calls.
 *
 *     ec_oracle oracle = ec_oracle_new();
 *     size_t length;
 *     const char *answer = ec_oracle_call(oracle, "{\"call\":\"begin\"}", 16, &length);
 *     puts(answer);
 *     ec_answer_free(answer);
 *     ec_oracle_free(oracle);
 *
 * Who owns what: an oracle is yours from `ec_oracle_new` until `ec_oracle_free`, and an answer from `ec_oracle_call`
 * until `ec_answer_free`, also when its oracle is gone. A request stays yours, and may go right after the call.
 *
 * Threads: every function may be called in any thread at any time, but in no signal handler. Calls of one oracle come
 * one after the other; calls of several run side by side. An answer may be read and freed in another thread.
 *
 * Errors: whatever goes wrong is an answer, with an `error` that has a `kind`. This library adds two kinds to those of
 * docs/oracle.md:
 *   misuse  there is no such oracle, or the request is NULL and its length is not 0
 *   died    a fault in the library: the oracle panicked in the middle of the call. A new one has taken its place, under
 *           the same number. `lost_up_to` is the last handle that is lost; none of them is ever given out again. The
 *           message of the panic also goes to standard error.
 * Where the machine has no memory left, the process aborts, as any program in Rust does.
 *
 * What is noticed, and does no harm: an oracle that was never made or was freed; an answer that is NULL, no answer, or
 * freed already. An address can be given out again: who frees an answer a second time after a later call may free a
 * later answer, which then is gone too early.
 * What nobody can notice, and is your duty: a request has `length` bytes, which no thread writes during the call;
 * `answer_length` is NULL or the address of a `size_t`; nobody reads an answer that was freed, or writes to one.
 */
#ifndef ENTERPRISE_CREDENTIALS_H
#define ENTERPRISE_CREDENTIALS_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What this header was written for. Compare the first with `ec_abi_version()`, and give the others to the call
 * `version`: {"call":"version","protocol":1,"rule_set":1}. */
#define EC_ABI_VERSION 1
#define EC_PROTOCOL 1
#define EC_RULE_SET 1

/* An oracle: a number, never an address. 0 is none. No number is given out twice. */
typedef uint64_t ec_oracle;

/* The version of the library that is linked. If it is not EC_ABI_VERSION, call nothing else. */
uint32_t ec_abi_version(void);

/* A new oracle, which keeps no enterprise yet. */
ec_oracle ec_oracle_new(void);

/* Gives an oracle back, with its enterprises. 1; or 0 if there is no such oracle, and then nothing is done. */
int ec_oracle_free(ec_oracle oracle);

/* Answers the request in the `length` bytes from `request` on, which need no NUL after them. The answer is one line
 * without its line feed, with a NUL after it, and never NULL. Unless `answer_length` is NULL, it gets the answer's
 * length in bytes without the NUL. */
const char *ec_oracle_call(ec_oracle oracle, const char *request, size_t length, size_t *answer_length);

/* Gives an answer back. 1; or 0 if no answer is at this address, and then nothing is done. */
int ec_answer_free(const char *answer);

/* How many oracles and answers were not given back yet. 0 at the end of a program that leaks none. Ask this rather
 * than a leak checker, which sees that the library still knows them. */
size_t ec_live(void);

#ifdef __cplusplus
}
#endif

#endif
