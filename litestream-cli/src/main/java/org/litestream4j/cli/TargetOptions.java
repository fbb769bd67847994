package org.litestream4j.cli;

import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

import org.litestream4j.format.Generation;
import org.litestream4j.restore.RestoreTarget;

/** Which state to restore. */
final class TargetOptions {

	@Option(names = "-timestamp", paramLabel = "TIME",
			description = "Restore to a point in time, for example 2026-01-31T12:00:00Z. Default: the newest state.")
	private @Nullable String timestamp;

	@Option(names = "-generation", paramLabel = "NAME",
			description = "Restore from this generation. Default: the one with the newest state.")
	private @Nullable String generation;

	@Option(names = "-index", paramLabel = "HEX",
			description = "Restore up to this hexadecimal WAL index, inclusive. Needs -generation.")
	private @Nullable String index;

	RestoreTarget target(CommonOptions common) {
		try {
			if (this.index != null && this.generation == null) {
				throw new IllegalArgumentException(
						"-index is given without -generation: an index counts within one generation; give -generation too");
			}
			if (this.index != null && this.timestamp != null) {
				throw new IllegalArgumentException("-index and -timestamp are both given: use one of them");
			}
			return new RestoreTarget((this.generation != null) ? new Generation(this.generation) : null,
					(this.index != null) ? Text.parseIndex(this.index) : null, null,
					(this.timestamp != null) ? Text.parseTime(this.timestamp) : null);
		}
		catch (IllegalArgumentException ex) {
			throw new ParameterException(common.spec().commandLine(), String.valueOf(ex.getMessage()), ex);
		}
	}

}
