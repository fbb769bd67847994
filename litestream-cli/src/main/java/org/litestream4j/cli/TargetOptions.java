package org.litestream4j.cli;

import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

import org.litestream4j.RestoreTarget;
import org.litestream4j.RestoreTime;
import org.litestream4j.format.Generation;
import org.litestream4j.format.TransactionId;
import org.litestream4j.history.diff.Moment;

/** Which state to restore. */
final class TargetOptions {

	@Option(names = "-timestamp", paramLabel = "TIME", description = {
			"Restore to a point in time: 5m or 2h30m (ago), 12:02, yesterday 12:02, 2026-01-31 12:02:03.5 or 2026-01-31T12:02:03Z.",
			"Without an offset it is in this machine's zone. Default: the newest state." })
	private @Nullable RestoreTime timestamp;

	@Option(names = "-generation", paramLabel = "NAME",
			description = "Restore from this generation. Default: the one with the newest state.")
	private @Nullable String generation;

	@Option(names = "-index", paramLabel = "HEX",
			description = "Restore up to this hexadecimal WAL index, inclusive. Needs -generation.")
	private @Nullable String index;

	@Option(names = "-txid", paramLabel = "HEX",
			description = "Restore an LTX replica up to this transaction, inclusive: 16 hexadecimal digits.")
	private @Nullable String txid;

	@Option(names = "-position", paramLabel = "POSITION", description = {
			"Restore exactly this point, as log prints it: GENERATION/INDEX:OFFSET, or the transaction of an LTX replica.",
			"For points that times do not tell apart." })
	private @Nullable String position;

	/** How a time was understood, where it could mean another. */
	void say(CommonOptions common) {
		common.say(this.timestamp);
	}

	RestoreTarget target(CommonOptions common) {
		try {
			if (this.index != null && this.generation == null) {
				throw new IllegalArgumentException(
						"-index is given without -generation: an index counts within one generation; give -generation too");
			}
			if (this.index != null && this.timestamp != null) {
				throw new IllegalArgumentException("-index and -timestamp are both given: use one of them");
			}
			if (this.txid != null && (this.generation != null || this.timestamp != null)) {
				throw new IllegalArgumentException("-txid is given with %s: use one of them"
					.formatted((this.generation != null) ? "-generation" : "-timestamp"));
			}
			if (this.position != null) {
				return exactly(this.position);
			}
			return RestoreTarget.builder()
				.generation((this.generation != null) ? new Generation(this.generation) : null)
				.index((this.index != null) ? (Integer) Text.parseIndex(this.index) : null)
				.timestamp((this.timestamp != null) ? this.timestamp.instant() : null)
				.txid((this.txid != null) ? TransactionId.parse(this.txid) : null)
				.build();
		}
		catch (IllegalArgumentException ex) {
			throw new ParameterException(common.spec().commandLine(), String.valueOf(ex.getMessage()), ex);
		}
	}

	private RestoreTarget exactly(String given) {
		if (this.timestamp != null || this.generation != null || this.txid != null) {
			throw new IllegalArgumentException(
					"-position is given with -timestamp, -generation or -txid: it says all by itself; leave out the others");
		}
		Moment moment;
		try {
			moment = Moment.of(given);
		}
		catch (IllegalArgumentException ex) {
			throw noPosition(given, ex);
		}
		if (moment.time() != null || moment.equals(Moment.LATEST)) {
			throw noPosition(given, null);
		}
		return moment.target();
	}

	private static IllegalArgumentException noPosition(String given, @Nullable Exception cause) {
		return new IllegalArgumentException(
				"-position is '%s': a position as log prints it is expected, for example 75949f9e3948e859/00000003:000020e0 or 00000000000003e8"
					.formatted(given),
				cause);
	}

}
