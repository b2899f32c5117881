/* Answers that do not fit a frame. */
#include "ipc/ipc.h"

#define PIECE 59000   /* of admin_answer's json, below the row's maximum */
#define TAKE_MS 30000 /* for the other side to take a piece */

enum st ipc_answer_json(struct ipc_request *r, struct str json)
{
    struct msg_admin_answer m = {.status = ST_OK};

    do {
        m.json = str_sub(json, 0, PIECE);
        json = str_from(json, m.json.n);
        m.more = json.n > 0;
        TRY(ipc_answer(r, MSG_admin_answer, &m, -1));
        if (m.more)
            TRY(ipc_answer_room(r, deadline_in(TAKE_MS)));
    } while (m.more);
    return ST_OK;
}
