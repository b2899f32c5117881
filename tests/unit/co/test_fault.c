#include "test.h"

#include "co/fault.c"

TEST(nth_hit_fails)
{
    CHECK(!fault_hit(FAULT_os_write));
    CHECK_U64(fault_hits(FAULT_os_write), 0); /* not even counted: none is armed */
    fault_arm(FAULT_os_write, 2, 2);
    CHECK(!fault_hit(FAULT_os_write));
    CHECK(fault_hit(FAULT_os_write));
    CHECK(!fault_hit(FAULT_os_read));
    CHECK(fault_hit(FAULT_os_write));
    CHECK(!fault_hit(FAULT_os_write));
    CHECK_U64(fault_hits(FAULT_os_write), 4);
    fault_arm(FAULT_os_write, 1, 5);
    CHECK(fault_hit(FAULT_os_write));
    fault_arm(FAULT_os_write, 0, 0);
    CHECK(!fault_hit(FAULT_os_write));
}

TEST(armed_by_text)
{
    CHECK_ST(fault_arm_text("net_read:1,offload:2x2"), ST_OK);
    CHECK(fault_hit(FAULT_net_read) && !fault_hit(FAULT_net_read));
    CHECK(!fault_hit(FAULT_offload) && fault_hit(FAULT_offload) && fault_hit(FAULT_offload) &&
          !fault_hit(FAULT_offload));
    CHECK_ST(fault_arm_text(""), ST_OK);
    CHECK_ST(fault_arm_text("nonsense:1"), ST_SYNTAX);
    CHECK_ST(fault_arm_text("net_read"), ST_SYNTAX);
    CHECK_ST(fault_arm_text("net_read:x"), ST_SYNTAX);
}
