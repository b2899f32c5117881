# The state of the server and its processes.
run: status
out*: ready: *yes
out*: keeper * yes *
out*: box * yes *
out*: gate* yes *
run: status --json
out: *"ready":true,"roles":[*
run: version
out: restante *
run: nonsense
exit: 2
