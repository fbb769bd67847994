package org.litestream4j.cli;

import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.Callable;

import com.fasterxml.jackson.annotation.JsonUnwrapped;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

import org.litestream4j.BackupFormat;
import org.litestream4j.ReplicaFormats;
import org.litestream4j.format.Durations;
import org.litestream4j.format.TransactionId;
import org.litestream4j.format.v03.V03Replica;
import org.litestream4j.inspect.StatusReport;

/** Says in one line how a replica stands. */
@Command(name = "status",
		description = { "Says in one line what a replica holds: its newest state and how old that is, its newest"
				+ " snapshot, how far back it reaches, and whose it is. Lists objects and reads none of them:"
				+ " see check." },
		exitCodeListHeading = LitestreamCli.EXIT_CODES,
		exitCodeList = { "0:there is a state to restore, and it is not too old", LitestreamCli.EXIT_1,
				LitestreamCli.EXIT_2, "3:the newest state is older than -max-age",
				"4:the newest state cannot be restored, or there is no backup" })
final class StatusCommand implements Callable<Integer> {

	@Mixin
	private final CommonOptions common = new CommonOptions();

	@Mixin
	private final ReplicaArguments replica = new ReplicaArguments();

	@Option(names = "-max-age", paramLabel = "DURATION",
			description = {
					"Exit with 3 if the newest commit in the replica is older than this, for example 90s or 2h30m.",
					"Only for databases that are written to more often: a replica of an idle one gets no younger." })
	private @Nullable String maxAge;

	@Override
	public Integer call() throws IOException {
		Duration limit = limit();
		try (V03Replica client = this.replica.open(this.common)) {
			StatusReport report = ReplicaFormats.inspector(client.store()).status();
			Instant now = Clock.systemUTC().instant();
			Result result = Result.of(report, now, limit);
			if (this.common.isJson()) {
				this.common.printJson(result);
			}
			else {
				this.common.out().println(sentence(report, result));
				this.common.out().flush();
			}
			return switch (result.verdict()) {
				case "ok" -> LitestreamCli.OK;
				case "tooOld" -> LitestreamCli.LACKING;
				default -> LitestreamCli.NOT_RESTORABLE;
			};
		}
	}

	private @Nullable Duration limit() {
		if (this.maxAge == null) {
			return null;
		}
		Duration limit = Durations.parse(this.maxAge);
		if (limit == null) {
			throw new ParameterException(this.common.spec().commandLine(),
					"-max-age is '%s': a duration is expected, for example 90s, 15m or 2h30m".formatted(this.maxAge));
		}
		return limit;
	}

	private String sentence(StatusReport report, Result result) {
		StatusReport.State newest = report.newest();
		if (newest == null) {
			return "%s: nothing can be restored. %s".formatted(report.url(), report.problem());
		}
		String count = (newest.start() instanceof TransactionId)
				? Text.count(report.snapshots() + report.segments(), "file")
				: Text.count(report.generations(), "generation");
		return "%s: %s%s, %s; last snapshot %s, reaches back to %s; %s, %s%s%s".formatted(report.url(),
				age(newest, result), tooOld(result), StateFields.of(newest.start()).describe(false),
				ago(report.snapshotAt(), result), (report.oldestAt() != null) ? Text.time(report.oldestAt()) : "-",
				count, Text.bytes(report.bytes()), owner(report.owner()), other(report));
	}

	/** Of a replica that was moved from one format to another. */
	private static String other(StatusReport report) {
		StatusReport.OtherFormat other = report.other();
		if (other == null) {
			return "";
		}
		Instant newest = other.newestAt();
		return "; that is in %s, and older states%s are beside it in %s (%s, %s)".formatted(name(report.format()),
				(newest != null) ? ", up to " + Text.time(newest) + "," : "", name(other.format()),
				Text.count(other.objects(), "object"), Text.bytes(other.bytes()));
	}

	private static String name(BackupFormat format) {
		return (format == BackupFormat.LTX) ? "LTX" : "the format of v0.3";
	}

	private String tooOld(Result result) {
		return (this.maxAge != null && result.verdict().equals("tooOld")) ? " (older than %s)".formatted(this.maxAge)
				: "";
	}

	private static String age(StatusReport.State newest, Result result) {
		return "newest state of %s ago (%s)".formatted(
				Text.duration(Duration.between(newest.committedAt(), result.now())), Text.time(newest.committedAt()));
	}

	private static String ago(@Nullable Instant time, Result result) {
		return (time != null) ? Text.duration(Duration.between(time, result.now())) + " ago" : "-";
	}

	private static String owner(StatusReport.@Nullable Owner owner) {
		if (owner == null) {
			return "";
		}
		return owner.released() ? "; handed over by %s".formatted(owner.name())
				: "; owned by %s".formatted(owner.name());
	}

	/**
	 * As JSON.
	 *
	 * @param url where the replica is
	 * @param format v3 or ltx: what it is in, of two formats that of the newest state
	 * @param verdict ok, tooOld or notRestorable
	 * @param problem why nothing can be restored, or null
	 * @param state where the newest object of the newest state begins, or null
	 * @param committedAt when its newest commit was seen, or null
	 * @param ageSeconds how long ago that is, or null
	 * @param restoreBytes to fetch for it, as stored, or null
	 * @param restoreObjects to fetch for it, or null
	 * @param snapshotAt when the newest snapshot of its generation was stored, or null
	 * @param oldestAt when the oldest snapshot of all was stored, in either format, or
	 * null
	 * @param generations how many there are
	 * @param snapshots how many there are
	 * @param segments how many there are
	 * @param bytes of all of them, as stored
	 * @param owner who may write to it, or null
	 * @param otherFormat what it holds in the other format, older than that, or null
	 * @param now when this was said
	 */
	record Result(String url, String format, String verdict, @Nullable String problem,
			@JsonUnwrapped @Nullable StateFields state, @Nullable Instant committedAt, @Nullable Long ageSeconds,
			@Nullable Long restoreBytes, @Nullable Integer restoreObjects, @Nullable Instant snapshotAt,
			@Nullable Instant oldestAt, int generations, int snapshots, int segments, long bytes,
			StatusReport.@Nullable Owner owner, @Nullable OtherFormat otherFormat, Instant now) {

		static Result of(StatusReport report, Instant now, @Nullable Duration limit) {
			StatusReport.State newest = report.newest();
			if (newest == null) {
				return new Result(report.url(), word(report.format()), "notRestorable", report.problem(), null, null,
						null, null, null, null, report.oldestAt(), report.generations(), report.snapshots(),
						report.segments(), report.bytes(), report.owner(), OtherFormat.of(report.other()), now);
			}
			Duration age = Duration.between(newest.committedAt(), now);
			boolean tooOld = limit != null && age.compareTo(limit) > 0;
			return new Result(report.url(), word(report.format()), tooOld ? "tooOld" : "ok", null,
					StateFields.of(newest.start()), newest.committedAt(), Math.max(age.toSeconds(), 0), newest.bytes(),
					newest.objects(), report.snapshotAt(), report.oldestAt(), report.generations(), report.snapshots(),
					report.segments(), report.bytes(), report.owner(), OtherFormat.of(report.other()), now);
		}

	}

	/** As {@link StatusReport.OtherFormat} has it. */
	record OtherFormat(String format, @Nullable Instant oldestAt, @Nullable Instant newestAt, int objects, long bytes) {

		static @Nullable OtherFormat of(StatusReport.@Nullable OtherFormat other) {
			return (other != null) ? new OtherFormat(word(other.format()), other.oldestAt(), other.newestAt(),
					other.objects(), other.bytes()) : null;
		}

	}

	/** As in the configuration. */
	private static String word(BackupFormat format) {
		return (format == BackupFormat.LTX) ? "ltx" : "v3";
	}

}
