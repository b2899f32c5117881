/* `restante --forbidden ROLE CONFIG ACT [ARG]`: confines itself as that role, by the same code and the same row, tries an act of
 * forbidden.def and says what came of it: "ACT: done", or "ACT: refused: REASON". For tests of the sandbox; it gives nobody
 * anything that he could not do himself. */
#pragma once

int forbidden_main(int argc, char **argv);
