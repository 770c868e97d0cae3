/*
 * Revokes all credentials of a small enterprise, and asks what its classic token may do before and after.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "enterprise_credentials.h"

static const char *const commands[] = {
    "{\"type\":\"CreateEnterprise\",\"slug\":\"octo-corp\",\"kind\":\"managed_users\"}",
    "{\"type\":\"AddMember\",\"member\":7,\"login\":\"mona\",\"role\":\"owner\"}",
    "{\"type\":\"AddOrganization\",\"organization\":3,\"login\":\"octo-org\"}",
    "{\"type\":\"IssueCredential\",\"credential\":901,\"owner\":7,\"kind\":\"classic_pat\","
    "\"scopes\":[\"admin:enterprise\"]}",
    "{\"type\":\"AuthorizeCredential\",\"credential\":901,\"organization\":3}",
    "{\"type\":\"RevokeAll\",\"caller\":{\"person\":7,\"credential\":901},\"revoke_credentials\":true}",
};

/* Asks, shows, and says whether the answer has these words. */
static int answers(ec_oracle oracle, const char *request, const char *words)
{
    const char *answer = ec_oracle_call(oracle, request, strlen(request), NULL);
    int found = strstr(answer, words) != NULL;
    printf("> %s\n< %s\n", request, answer);
    if (!found) {
        fprintf(stderr, "expected: %s\n", words);
    }
    ec_answer_free(answer);
    return found;
}

static int carries_out(ec_oracle oracle, const char *command)
{
    char request[512];
    const char *format = "{\"call\":\"carry_out\",\"handle\":1,\"at\":\"2026-03-10T09:00:00.000Z\",\"command\":%s}";
    int length = snprintf(request, sizeof request, format, command);
    return length > 0 && (size_t)length < sizeof request && answers(oracle, request, "{\"result\":{\"accepted\":");
}

int main(void)
{
    const char *access = "{\"call\":\"access\",\"handle\":1,\"credential\":901,\"organization\":3}";
    char version[64];
    size_t command;
    ec_oracle oracle;
    int right;

    if (ec_abi_version() != EC_ABI_VERSION) {
        return EXIT_FAILURE;
    }
    oracle = ec_oracle_new();
    snprintf(version, sizeof version, "{\"call\":\"version\",\"protocol\":%d,\"rule_set\":%d}",
             EC_PROTOCOL, EC_RULE_SET);
    right = answers(oracle, version, "{\"result\":") && answers(oracle, "{\"call\":\"begin\"}", "\"handle\":1");
    for (command = 0; right && command < sizeof commands / sizeof *commands; command += 1) {
        if (command + 1 == sizeof commands / sizeof *commands) {
            right = answers(oracle, access, "\"may_use\":{\"allowed\":true");
        }
        right = right && carries_out(oracle, commands[command]);
    }
    right = right && answers(oracle, access, "\"rule\":\"credential_not_destruction_pending\",\"status\":401");
    ec_oracle_free(oracle);
    return right ? EXIT_SUCCESS : EXIT_FAILURE;
}
