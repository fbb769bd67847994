package org.litestream4j.cli;

import java.time.Instant;

import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

import org.litestream4j.RestoreTime;

/** Between which two times. */
final class RangeOptions {

	@Option(names = "-from", paramLabel = "TIME",
			description = "Not before this: 5m (ago), 12:02, yesterday 12:02, 2026-01-31 12:02:03.5 or 2026-01-31T12:02:03Z. Default: the oldest restore point.")
	private @Nullable RestoreTime from;

	@Option(names = "-to", paramLabel = "TIME", description = "Not after this. Default: the newest restore point.")
	private @Nullable RestoreTime to;

	/** How times were understood, where they could mean others. */
	void say(CommonOptions common) {
		common.say(this.from);
		common.say(this.to);
	}

	@Nullable Instant from() {
		return (this.from != null) ? this.from.instant() : null;
	}

	@Nullable Instant to() {
		return (this.to != null) ? this.to.instant() : null;
	}

}
