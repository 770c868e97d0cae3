/*
 * Answers requests, one a line, from standard input to standard output, as `enterprise-credentials oracle` does.
 */
#define _POSIX_C_SOURCE 200809L

#include <stdio.h>
#include <stdlib.h>

#include "enterprise_credentials.h"

int main(void)
{
    if (ec_abi_version() != EC_ABI_VERSION) {
        fprintf(stderr, "the header is of version %d and the library of another\n", EC_ABI_VERSION);
        return EXIT_FAILURE;
    }
    ec_oracle oracle = ec_oracle_new();
    char *line = NULL;
    size_t room = 0;
    ssize_t read;
    while ((read = getline(&line, &room, stdin)) > 0) {
        size_t length = (size_t)read, answer_length;
        if (line[length - 1] == '\n') {
            length -= 1;
        }
        const char *answer = ec_oracle_call(oracle, line, length, &answer_length);
        fwrite(answer, 1, answer_length, stdout);
        putchar('\n');
        fflush(stdout);
        ec_answer_free(answer);
    }
    free(line);
    ec_oracle_free(oracle);
    return ferror(stdout) || ec_live() != 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
