"""Lists the coroutines of the selected thread's core, with where each waits.

    gdb -p PID  (or with a core file)
    (gdb) source tools/gdb/coroutines.py
    (gdb) coroutines

Works on x86-64 and aarch64 with our own switch: the frame pointers that the build keeps lead from the
saved stack pointer up through the frames.
"""
import gdb

def words(address, count):
    pointer = gdb.Value(address).cast(gdb.lookup_type("unsigned long").pointer())
    return [int(pointer[i]) for i in range(count)]


def where(pc):
    block = gdb.find_pc_line(pc)
    symbol = gdb.block_for_pc(pc)
    while symbol and not symbol.function:
        symbol = symbol.superblock
    name = symbol.function.name if symbol else hex(pc)
    return f"{name} at {block.symtab.filename}:{block.line}" if block.symtab else name


def frames(co, fp_at, pc_at):
    saved = words(int(co["context"]["sp"]), pc_at + 1)
    fp, pc = saved[fp_at], saved[pc_at]
    low, high = int(co["stack"]["low"]), int(co["stack"]["low"]) + int(co["stack"]["size"])
    for _ in range(40):
        yield where(pc)
        if not low <= fp < high:
            return
        fp, pc = words(fp, 2)
        if not pc:
            return


class Coroutines(gdb.Command):
    """coroutines: all coroutines of this thread's core and where they wait"""

    def __init__(self):
        super().__init__("coroutines", gdb.COMMAND_STACK)

    def invoke(self, _argument, _from_tty):
        core = gdb.parse_and_eval("core_of_thread")
        if not int(core):
            print("this thread runs no core")
            return
        arch = gdb.selected_frame().architecture().name()
        fp_at, pc_at = {"i386:x86-64": (5, 6), "aarch64": (10, 11)}[arch]
        co_type = gdb.lookup_type("struct co")
        offset = next(f.bitpos // 8 for f in co_type.fields() if f.name == "all")
        head = core["all"].address
        at = core["all"]["next"]
        while at != head:
            co = gdb.Value(int(at) - offset).cast(co_type.pointer())
            state = "running" if co == core["running"] else "waiting" if co["waiting"] else "ready"
            print(f"{co['name'].string()} ({state}) {int(co):#x}")
            if state != "running":
                for line in frames(co, fp_at, pc_at):
                    print(f"    {line}")
            at = at["next"]


Coroutines()
