/* Any bytes as a client's messages of SCRAM and of OAuth: refused, or all parts lie within them. */
#include "base/must.h"
#include "sasl/oauth.h"
#include "sasl/scram.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str text = str_n((const char *)data, size);
    struct arena a = ARENA_INIT;
    struct scram_first first;
    struct scram_final final;
    struct oauth_client client;

    if (scram_first_read(&a, text, &first) == SCRAM_FINE) {
        must(first.gs2.n + first.bare.n == size && first.user.n && first.nonce.n && first.nonce.n <= SCRAM_NONCE_MAX);
        must(first.user.n + first.authzid.n <= size && (first.flag == 'p') == (first.binding.n > 0));
        must(str_find(first.nonce, ',') == first.nonce.n);
    }
    if (scram_final_read(&a, text, &final) == SCRAM_FINE) {
        must(final.nonce.n && final.without_proof.n < size && str_starts(text, final.without_proof));
        must(str_find(final.nonce, ',') == final.nonce.n);
    }
    if (oauth_bearer_read(&a, text, &client) == ST_OK || oauth_x_read(text, &client) == ST_OK)
        must(client.token.n && client.token.n + client.user.n < size && str_search(text, client.token) < size);
    arena_fini(&a);
    return 0;
}
