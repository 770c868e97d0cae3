/*
 * The library as C and C++ see it. Compiled as both; with valgrind it must leak nothing.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "enterprise_credentials.h"

#define CHECK(holds)                                                     \
    do {                                                                 \
        if (!(holds)) {                                                  \
            fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #holds); \
            exit(EXIT_FAILURE);                                          \
        }                                                                \
    } while (0)

/* Each function has the type that is documented. */
static uint32_t (*const abi_version)(void) = ec_abi_version;
static ec_oracle (*const oracle_new)(void) = ec_oracle_new;
static int (*const oracle_free)(ec_oracle) = ec_oracle_free;
static const char *(*const oracle_call)(ec_oracle, const char *, size_t, size_t *) = ec_oracle_call;
static int (*const answer_free)(const char *) = ec_answer_free;
static size_t (*const live)(void) = ec_live;

static void check_call(ec_oracle oracle, const char *request, size_t length, const char *expected)
{
    size_t answer_length = 0;
    const char *answer = oracle_call(oracle, request, length, &answer_length);
    CHECK(answer != NULL);
    if (strcmp(answer, expected) != 0) {
        fprintf(stderr, "answered %s\nexpected %s\n", answer, expected);
        exit(EXIT_FAILURE);
    }
    CHECK(answer_length == strlen(expected));
    CHECK(answer_free(answer) == 1);
    CHECK(answer_free(answer) == 0);
}

static void check_text(ec_oracle oracle, const char *request, const char *expected)
{
    check_call(oracle, request, strlen(request), expected);
}

static void check_misuse(ec_oracle oracle)
{
    const char *none = "{\"error\":{\"kind\":\"misuse\",\"message\":"
                       "\"there is no such oracle: it was never made, or it was freed\"}}";
    const char *null = "{\"error\":{\"kind\":\"misuse\",\"message\":"
                       "\"the request is NULL, and its length is not 0\"}}";
    int local = 0;

    check_text(0, "{\"call\":\"begin\"}", none);
    check_text(oracle + 1, "{\"call\":\"begin\"}", none);
    check_call(oracle, NULL, 1, null);
    CHECK(oracle_free(0) == 0);
    CHECK(oracle_free(oracle + 1) == 0);
    CHECK(answer_free(NULL) == 0);
    CHECK(answer_free((const char *)&local) == 0);
    CHECK(answer_free("a literal") == 0);
}

static void check_ownership(ec_oracle oracle)
{
    const char *answer;
    ec_oracle other = oracle_new();
    CHECK(other != oracle && other != 0);
    CHECK(live() == 2);
    answer = oracle_call(other, "{\"call\":\"begin\"}", 16, NULL);
    CHECK(live() == 3);
    CHECK(answer_free(answer + 1) == 0);
    CHECK(oracle_free(other) == 1);
    CHECK(oracle_free(other) == 0);
    CHECK(strcmp(answer, "{\"result\":{\"handle\":1,\"position\":0,\"last_at\":null}}") == 0);
    CHECK(answer_free(answer) == 1);
    CHECK(live() == 1);
}

/* More than is ever looked at, of which there is nothing after 4 MiB and a byte. */
static void check_lengths(ec_oracle oracle)
{
    const char *too_large =
        "{\"error\":{\"kind\":\"too_large\",\"message\":"
        "\"a request has at most 4194304 bytes: give a history in parts\"}}";
    size_t length = 4194304 + 1;
    char *request = (char *)malloc(length);
    CHECK(request != NULL);
    memset(request, ' ', length);
    check_call(oracle, request, length, too_large);
    check_call(oracle, request, (size_t)-1, too_large);
    free(request);
}

int main(void)
{
    ec_oracle oracle;
    CHECK(abi_version() == EC_ABI_VERSION);
    CHECK(live() == 0);
    oracle = oracle_new();
    CHECK(oracle != 0);
    check_text(oracle, "{\"id\":\"\xc3\xa9\",\"call\":\"begin\"}",
               "{\"id\":\"\xc3\xa9\",\"result\":{\"handle\":1,\"position\":0,\"last_at\":null}}");
    check_text(oracle, "{\"call\":\"end\",\"handle\":9}",
               "{\"error\":{\"kind\":\"unknown_handle\",\"message\":"
               "\"no enterprise has handle 9: it was never begun, or it was ended\"}}");
    check_misuse(oracle);
    check_ownership(oracle);
    check_lengths(oracle);
    CHECK(oracle_free(oracle) == 1);
    CHECK(live() == 0);
    puts("the library keeps what its header says");
    return EXIT_SUCCESS;
}
