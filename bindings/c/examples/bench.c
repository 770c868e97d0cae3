/*
 * Answers the requests on standard input, one a line, once all of them are read. Prints how many there were, in how
 * many nanoseconds, and how many bytes the answers have: as the example `native` of bindings/wasm does without C.
 */
#define _POSIX_C_SOURCE 200809L

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "enterprise_credentials.h"

#define INPUT_BYTES_MAX ((size_t)64 * 1024 * 1024)

int main(void)
{
    char *input = malloc(INPUT_BYTES_MAX);
    size_t bytes = 0, requests = 0, length;
    ec_oracle oracle = ec_oracle_new();
    struct timespec begun, ended;
    char *request, *end;
    size_t read = input == NULL ? 0 : fread(input, 1, INPUT_BYTES_MAX, stdin);
    if (read == 0 || read == INPUT_BYTES_MAX) {
        return EXIT_FAILURE;
    }
    clock_gettime(CLOCK_MONOTONIC, &begun);
    for (request = input; (end = memchr(request, '\n', (size_t)(input + read - request))) != NULL; request = end + 1) {
        ec_answer_free(ec_oracle_call(oracle, request, (size_t)(end - request), &length));
        bytes += length;
        requests += 1;
    }
    clock_gettime(CLOCK_MONOTONIC, &ended);
    printf("%zu %lld %zu\n", requests,
           (ended.tv_sec - begun.tv_sec) * 1000000000LL + (ended.tv_nsec - begun.tv_nsec), bytes);
    ec_oracle_free(oracle);
    free(input);
    return EXIT_SUCCESS;
}
