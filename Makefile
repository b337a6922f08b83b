# The front door: every target installs what is missing, builds and runs.
.PHONY: all build test clean

BUILD ?= build

all: build

$(BUILD)/build.ninja:
	@tools/install-packages
	@meson setup $(BUILD) >/dev/null

build: $(BUILD)/build.ninja
	@ninja -C $(BUILD)

test: build
	@meson test -C $(BUILD) --print-errorlogs

clean:
	rm -rf $(BUILD)
