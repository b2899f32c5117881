# For those who type make: the same names as ./run, which does the work.
.PHONY: all help demo test test-full build lint format bench crash install docs sizes clean

all: build
help:
	@./run
demo test build lint format bench crash install docs sizes clean:
	@./run $@
test-full:
	@./run test full
